/**
 * What a principal may look like, in a table and in the answer of an authenticator. It is checked whole, as its parts go into
 * WELCOME, the meta API and events; and a key that is misspelt must not be taken for one that is left out.
 */

import { isDict, isMissing } from '../wamp/dict.ts';
import type { Dict } from '../wamp/message.ts';
import { isPublicKey } from './cryptosign.ts';
import { isScramVerifier } from './scram.ts';

/** Octets of an authid. */
export const maxAuthidLength = 512;

/** Whether a text may be an authid, or what else names a principal: 1 to 512 octets. */
export const isName = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && Buffer.byteLength(value) <= maxAuthidLength;

const name = `a text of 1 to ${maxAuthidLength} octets`;
const commonKeys = ['role', 'permissions', 'authid', 'provider', 'extra'];

/** What a method looks at: the keys of its credentials, whether they are right, and what they must be. */
interface Evidence {
  readonly keys: readonly string[];
  readonly isRight: (credential: Dict) => boolean;
  readonly expected: string;
}

const nothing: Evidence = { keys: [], isRight: () => true, expected: '' };

const evidence = {
  ticket: {
    keys: ['ticket'],
    // The empty column of a row is no authenticator's own comparison.
    isRight: (credential) => !('ticket' in credential) || typeof credential.ticket === 'string',
    expected: 'a text as ticket, or no such key',
  },
  // What else a secret must be is seen where a key is made of it.
  wampcra: { ...nothing, keys: ['secret'] },
  'wamp-scram': {
    keys: ['kdf', 'salt', 'iterations', 'memory', 'storedKey', 'serverKey'],
    isRight: isScramVerifier,
    expected: 'a verifier, as createScramVerifier makes it',
  },
  cryptosign: {
    keys: ['authorizedKeys'],
    isRight: ({ authorizedKeys: keys }) => Array.isArray(keys) && keys.every(isPublicKey),
    expected: 'authorizedKeys, each 64 hex digits',
  },
  cookie: nothing,
  tls: nothing,
} satisfies Readonly<Record<string, Evidence>>;

/** A method that looks principals up: all but `anonymous`. */
export type CredentialMethod = keyof typeof evidence;

/**
 * What a credential for `method` must be and is not, in words that quote nothing of it, since anything in it may be secret;
 * undefined where nothing is wrong. Whether the realm has the role is not for here.
 */
export const credentialFault = (given: unknown, method: CredentialMethod): string | undefined => {
  if (!isDict(given) || !isName(given.role)) return `an object with a role, ${name}`;
  const { keys, isRight, expected }: Evidence = evidence[method];
  const known = [...commonKeys, ...keys];
  if (Object.keys(given).some((key) => !known.includes(key))) return `an object without keys but ${known.join(', ')}`;
  if (!isMissing(given.authid) && !isName(given.authid)) return `an object whose authid is ${name}`;
  if (!isMissing(given.provider) && !isName(given.provider)) return `an object whose provider is ${name}`;
  if (!isMissing(given.extra) && !isDict(given.extra)) return 'an object whose extra is a dictionary';
  return isRight({ ...given }) ? undefined : `an object that has ${expected}`;
};
