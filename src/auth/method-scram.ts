/**
 * WAMP-SCRAM: the router keeps neither password nor anything to log in with, and proves to the peer that it is the router
 * (Advanced Profile, "Salted Challenge Response Authentication Mechanism"). Channel binding is not offered.
 */

import { isDict } from '../wamp/dict.ts';
import { WampError } from '../wamp/error.ts';
import type { Dict } from '../wamp/message.ts';
import { reason } from '../wamp/reason.ts';
import type { AuthRequest, AuthStart, Credential, Method, Proof } from './authentication.ts';
import type { MethodContext, Principals } from './method.ts';
import { toFinder, whenFound } from './method.ts';
import type { ScramParameters, ScramVerifier } from './scram.ts';
import {
  authMessage,
  decoyVerifier,
  isScramNonce,
  isScramVerifier,
  serverSignature,
  verifyClientProof,
} from './scram.ts';

/** What a router stores of a password, as `createScramVerifier` makes it. */
export type ScramCredential = Credential & ScramVerifier;

const defaultParameters: ScramParameters = { kdf: 'pbkdf2', salt: '', iterations: 100_000 };
/** Octets of a salt, for decoys before any real user was seen. */
const saltLength = 16;

const refuse = (description: string): never => {
  throw new WampError(reason.authenticationDenied, { description });
};

/** Whether a peer binds itself to no channel: then it has nothing to say of one either. */
const isUnbound = ({ channel_binding: binding, cbind_data: data }: Dict): boolean =>
  (binding ?? null) === null && (data ?? null) === null;

/** WAMP-SCRAM over a table or an authenticator. `decoySecret` keeps the salts of unknown authids the same. */
export const scramMethod = (
  principals: Principals<ScramCredential>,
  { createText }: MethodContext,
  decoySecret: string,
): Method => {
  const { find, isDynamic } = toFinder(principals);
  let like: ScramParameters = { ...defaultParameters, salt: Buffer.alloc(saltLength).toString('base64') };

  const start = (request: AuthRequest, found: ScramCredential | undefined): AuthStart => {
    if (found && !isScramVerifier({ ...found })) throw new TypeError('a credential of wamp-scram must be a verifier');
    const { authid = '', authextra } = request;
    const clientNonce = authextra.nonce as string;
    if (found) like = { kdf: found.kdf, salt: found.salt, iterations: found.iterations, ...memoryOf(found) };
    const verifier = found ?? decoyVerifier(decoySecret, authid, like);
    const { kdf, salt, iterations } = verifier;
    const parameters: ScramParameters = { kdf, salt, iterations, ...memoryOf(verifier) };
    const nonce = clientNonce + Buffer.from(createText()).toString('base64');
    const message = authMessage({ authid, clientNonce, serverNonce: nonce, parameters });
    const verify = (signature: string, extra: unknown): Proof | undefined => {
      const isSameExchange = isDict(extra) && extra.nonce === nonce && isUnbound(extra);
      const isRight = verifyClientProof(verifier, message, signature);
      if (!found || !isSameExchange || !isRight) return undefined;
      return { credential: found, welcomeExtra: { verifier: `v=${serverSignature(verifier, message)}` } };
    };
    return { challenge: { extra: { nonce, salt, kdf, iterations, memory: verifier.memory ?? null }, verify } };
  };
  return {
    name: 'wamp-scram',
    isDynamic,
    begin: (request) => {
      const { authid, authextra, realm } = request;
      if (!authid) refuse('wamp-scram needs an authid');
      if (!isScramNonce(authextra.nonce)) refuse('wamp-scram needs authextra.nonce, some octets in base64');
      if (!isUnbound(authextra)) refuse('wamp-scram has no channel binding here');
      const asked = find({ realm, method: 'wamp-scram', authid: authid ?? '', authextra });
      return whenFound(asked, (found) => start(request, found));
    },
  };
};

const memoryOf = ({ memory }: ScramParameters): { readonly memory?: number } =>
  memory === undefined ? {} : { memory };
