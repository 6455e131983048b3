/**
 * WAMP-SCRAM: the router keeps neither password nor anything to log in with, and proves to the peer that it is the router
 * (Advanced Profile, "Salted Challenge Response Authentication Mechanism"). Channel binding is not offered.
 */

import { isDict } from '../wamp/dict.ts';
import type { Dict } from '../wamp/message.ts';
import type { AuthRequest, AuthStart, Credential, Method, Proof } from './authentication.ts';
import { createDecoys } from './decoy.ts';
import { denial } from './denial.ts';
import type { MethodContext, Principals } from './method.ts';
import { toFinder, whenFound } from './method.ts';
import type { ScramParameters, ScramVerifier } from './scram.ts';
import { authMessage, decoyVerifier, isScramNonce, saslprep, serverSignature, verifyClientProof } from './scram.ts';

/** What a router stores of a password, as `createScramVerifier` makes it. */
export type ScramCredential = Credential & ScramVerifier;

/** What principals look like where the realm says nothing else: a salt of 16 octets. */
const defaultParameters: ScramParameters = {
  kdf: 'pbkdf2',
  salt: Buffer.alloc(16).toString('base64'),
  iterations: 100_000,
};

/** Whether a peer binds itself to no channel: then it has nothing to say of one either. */
const isUnbound = ({ channel_binding: binding, cbind_data: data }: Dict): boolean =>
  (binding ?? null) === null && (data ?? null) === null;

const parametersOf = ({ kdf, salt, iterations, memory }: ScramParameters): ScramParameters => ({
  kdf,
  salt,
  iterations,
  ...(typeof memory === 'number' && { memory }),
});

/** A table by prepared names: a client sends its authid prepared (WAMP-SCRAM, "Initial Client Authentication Message"). */
const prepared = (principals: Principals<ScramCredential>): Principals<ScramCredential> =>
  typeof principals === 'function'
    ? principals
    : Object.fromEntries(Object.entries(principals).map(([authid, credential]) => [saslprep(authid), credential]));

/** WAMP-SCRAM over a table or an authenticator. */
export const scramMethod = (
  principals: Principals<ScramCredential>,
  { createText, decoySecret, decoys: shapes, onStrange }: MethodContext,
): Method => {
  const { find, isDynamic } = toFinder(prepared(principals));
  const decoys = createDecoys(
    { secret: decoySecret, onStrange: () => onStrange('wamp-scram') },
    shapes['wamp-scram']?.map(parametersOf),
    defaultParameters,
  );
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
      const { authid, authextra, realm } = request;
      if (!authid) throw denial('wamp-scram needs an authid');
      if (!isScramNonce(authextra.nonce)) throw denial('wamp-scram needs authextra.nonce, some octets in base64');
      if (!isUnbound(authextra)) throw denial('wamp-scram has no channel binding here');
      const decoy = decoyVerifier(decoys.secret, authid, decoys.shapeOf(authid));
      return whenFound(find({ realm, method: 'wamp-scram', authid, authextra }), (found) =>
        start(request, found, decoy),
      );
    },
  };
};
