/**
 * What a principal may look like, in a table and in the answer of an authenticator. It is checked whole, as its parts go into
 * WELCOME, the meta API and events; and a key that is misspelt must not be taken for one that is left out.
 */

import type { Dict } from '../base/dict.ts';
import { isDict, isMissing } from '../base/dict.ts';
import type { Description } from '../kind/kind.ts';

/** Octets of an authid. */
export const maxAuthidLength = 512;

/** Whether a text may be an authid, or what else names a principal: 1 to 512 octets. */
export const isName = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && Buffer.byteLength(value) <= maxAuthidLength;

const name = `a text of 1 to ${maxAuthidLength} octets`;
const commonKeys = ['role', 'permissions', 'authid', 'provider', 'extra'];

/** What the credentials of one method have beside what all credentials have: a role, and what else stands in `Credential`. */
export interface CredentialShape {
  /** What it is in a table. An authenticator may answer otherwise: there `fault` alone judges. */
  readonly evidence: Description;
  /** Keys that there once were in a table, and what is written instead. */
  readonly elsewhere?: Readonly<Record<string, string>>;
  /** What a credential must have and has not, to be put behind "an object that has"; undefined where nothing is wrong. */
  readonly fault?: (credential: Dict) => string | undefined;
}

/**
 * What a credential must be and is not, in words that quote nothing of it, since anything in it may be secret; undefined where
 * nothing is wrong. Whether the realm has the role is not for here.
 */
export const credentialFault = (given: unknown, { evidence, fault }: CredentialShape): string | undefined => {
  if (!isDict(given) || !isName(given.role)) return `an object with a role, ${name}`;
  const known = [...commonKeys, ...Object.keys(evidence)];
  if (Object.keys(given).some((key) => !known.includes(key))) return `an object without keys but ${known.join(', ')}`;
  if (!isMissing(given.authid) && !isName(given.authid)) return `an object whose authid is ${name}`;
  if (!isMissing(given.provider) && !isName(given.provider)) return `an object whose provider is ${name}`;
  if (!isMissing(given.extra) && !isDict(given.extra)) return 'an object whose extra is a dictionary';
  const missing = fault?.({ ...given });
  return missing && `an object that has ${missing}`;
};
