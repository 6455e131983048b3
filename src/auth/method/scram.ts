/**
 * WAMP-SCRAM: the router keeps neither a password nor anything that could be used to log in, and proves to the peer that it
 * is the router (Advanced Profile, "Salted Challenge Response Authentication Mechanism"). Channel binding is not offered.
 */

import type { Dict } from '../../base/dict.ts';
import { isDict } from '../../base/dict.ts';
import { object, ruled } from '../../kind/compound.ts';
import { required } from '../../kind/kind.ts';
import { oneOf, text, whole } from '../../kind/plain.ts';
import type { AuthRequest, AuthStart, Credential, Method, Proof } from '../authentication.ts';
import type { CredentialShape } from '../credential.ts';
import { createDecoys } from '../decoy.ts';
import { denial } from '../denial.ts';
import type { MethodContext, MethodDescription } from '../method-description.ts';
import { namesFault } from '../method-description.ts';
import type { PrincipalRequest, Principals } from '../principals.ts';
import { requestOf, toFinder, whenFound } from '../principals.ts';
import type { ScramParameters, ScramVerifier } from '../scram.ts';
import {
  authMessage,
  decoyVerifier,
  isScramNonce,
  isScramVerifier,
  saslprep,
  scramDefaults,
  serverSignature,
  verifyClientProof,
} from '../scram.ts';

/** A principal with what the router stores of its password, as `createScramVerifier` makes it. */
export type ScramCredential = Credential & ScramVerifier;

const parameters = {
  /** How the key is derived from the password. */
  kdf: required(oneOf(['pbkdf2', 'argon2id13'])),
  /** At least 8 octets in base64. */
  salt: required(text),
  /** The cost in time. */
  iterations: required(whole(1, undefined, 'rounds')),
  /** The cost in memory, for argon2id13 alone. */
  memory: whole(1, undefined, 'KiB'),
};
const anyKey = Buffer.alloc(32).toString('base64');

const credential: CredentialShape = {
  evidence: {
    ...parameters,
    /** 32 octets in base64, as `createScramVerifier` makes them. */
    storedKey: required(text),
    /** 32 octets in base64, as `createScramVerifier` makes them. */
    serverKey: required(text),
  },
  fault: (given) => (isScramVerifier(given) ? undefined : 'a verifier, as createScramVerifier makes it'),
};

const decoy = ruled(object(parameters, { hidesKeys: true }), (given, place) => {
  if (isScramVerifier({ ...given, storedKey: anyKey, serverKey: anyKey })) return;
  place.refuse('must be what createScramVerifier makes, without its keys');
});

// Refuses names that a client can never send, and names that a client sends in the same form.
const keysFault = (keys: readonly string[]): string | undefined => {
  const names = new Set<string>();
  try {
    for (const key of keys) names.add(saslprep(key));
  } catch (error) {
    return `keys can all be prepared with SASLprep: ${(error as Error).message}`;
  }
  if (!names.has('') && names.size === keys.length) return namesFault(keys);
  return 'keys differ from each other and are not empty after they are prepared with SASLprep';
};

/** Whether a peer asks for no channel binding, and accordingly sends no data for one. */
const isUnbound = ({ channel_binding: binding, cbind_data: data }: Dict): boolean =>
  (binding ?? null) === null && (data ?? null) === null;

const parametersOf = ({ kdf, salt, iterations, memory }: ScramParameters): ScramParameters => ({
  kdf,
  salt,
  iterations,
  ...(typeof memory === 'number' && { memory }),
});

/** The table by prepared names, because a client sends its authid prepared (WAMP-SCRAM, "Initial Client Authentication Message"). */
const prepared = <Request extends PrincipalRequest>(
  principals: Principals<ScramCredential, Request>,
): Principals<ScramCredential, Request> =>
  typeof principals === 'function'
    ? principals
    : Object.fromEntries(Object.entries(principals).map(([authid, credential]) => [saslprep(authid), credential]));

const create = (
  principals: Principals<ScramCredential, PrincipalRequest<'wamp-scram'>>,
  { createText, decoySecret: secret, decoys: shapes, onUnlikeDecoys }: MethodContext<ScramParameters>,
): Method => {
  const { find, isDynamic } = toFinder(prepared(principals), credential);
  const decoys = createDecoys({ secret, onUnlikeDecoys }, shapes?.map(parametersOf), scramDefaults);
  if (typeof principals !== 'function') for (const each of Object.values(principals)) decoys.check(parametersOf(each));

  const start = (request: AuthRequest, found: ScramCredential | undefined, decoy: ScramVerifier): AuthStart => {
    const { authid = '', authextra } = request;
    const clientNonce = authextra.nonce as string;
    const verifier = found ?? decoy;
    const parameters = parametersOf(verifier);
    decoys.check(parameters);
    const { kdf, salt, iterations } = parameters;
    const nonce = clientNonce + Buffer.from(createText()).toString('base64');
    const message = authMessage({ authid, clientNonce, serverNonce: nonce, parameters });
    const verify = (signature: string, extra: unknown): Proof | undefined => {
      const isSameExchange = isDict(extra) && extra.nonce === nonce && isUnbound(extra);
      const isRight = verifyClientProof(verifier, message, signature);
      if (!found || !isSameExchange || !isRight) return undefined;
      return { credential: found, authid, welcomeExtra: { verifier: `v=${serverSignature(verifier, message)}` } };
    };
    return { challenge: { extra: { nonce, salt, kdf, iterations, memory: verifier.memory ?? null }, verify } };
  };
  return {
    name: 'wamp-scram',
    isDynamic,
    begin: (request) => {
      const { authid, authextra } = request;
      if (!authid) throw denial('wamp-scram needs an authid');
      if (!isScramNonce(authextra.nonce)) throw denial('wamp-scram needs authextra.nonce, octets in base64');
      if (!isUnbound(authextra)) throw denial('wamp-scram is not offered with channel binding');
      const decoy = decoyVerifier(decoys.secret, authid, decoys.shapeOf(authid));
      return whenFound(find(requestOf('wamp-scram', request)), (found) => start(request, found, decoy));
    },
  };
};

/** See `MethodDescription`. */
export const scram = { credential, keysFault, decoy, create } satisfies MethodDescription;
