/** WAMP-SCRAM: the client proves that it knows the password, and has the router prove the same. */

import { createNonce, proveScram } from '#platform/proof';
import { saslprep } from '../../auth/saslprep.ts';
import type { ScramParameters } from '../../auth/scram-message.ts';
import type { Dict } from '../../base/dict.ts';
import { isDict } from '../../base/dict.ts';
import type { AttemptContext, MethodAttempt } from '../attempt.ts';
import { mostIterations, refuse } from '../attempt.ts';
import type { ScramProof } from '../proof.ts';

/** The least iterations of PBKDF2 that a router may ask for. Fewer would give the password away. */
const leastIterations = 1_000;
/** The most memory that a router may ask for, in KiB. More would stop this process. */
const mostMemory = 1024 * 1024;

const parametersOf = (extra: Dict): ScramParameters => {
  const { kdf, salt, iterations, memory } = extra;
  const isKnown = kdf === 'pbkdf2' || kdf === 'argon2id13';
  if (!isKnown || typeof salt !== 'string' || typeof iterations !== 'number')
    return refuse('the challenge is incomplete');
  if (kdf === 'pbkdf2' && iterations < leastIterations) refuse('the router asks for too few iterations');
  if (iterations > mostIterations) refuse('the router asks for too many iterations');
  if (typeof memory === 'number' && memory > mostMemory) refuse('the router asks for too much memory');
  return typeof memory === 'number' ? { kdf, salt, iterations, memory } : { kdf, salt, iterations };
};

/** Authenticates by a password. */
export const scram = (
  { password }: { readonly method: 'wamp-scram'; readonly password: string },
  { authid: given }: AttemptContext,
): MethodAttempt => {
  const clientNonce = createNonce();
  const authid = given === undefined ? undefined : saslprep(given);
  let proof: ScramProof | undefined;
  return {
    authid,
    authextra: { nonce: clientNonce, channel_binding: null },
    answer: async (extra) => {
      const { nonce } = extra;
      if (typeof nonce !== 'string' || !nonce.startsWith(clientNonce)) {
        return refuse('the nonce of the router is wrong');
      }
      const parameters = parametersOf(extra);
      proof = await proveScram(password, { authid: authid ?? '', clientNonce, serverNonce: nonce, parameters });
      return { signature: proof.proof, extra: { nonce, channel_binding: null, cbind_data: null } };
    },
    distrust: ({ authextra }) => {
      if (!proof || (isDict(authextra) && proof.isProven(authextra.verifier))) return undefined;
      return 'the router could not prove that it knows the password';
    },
  };
};
