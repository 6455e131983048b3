/** WAMP-CRA: the challenge is signed with the secret, or with the key that is derived from it. */

import { signCra } from '#platform/proof';
import type { Dict } from '../../base/dict.ts';
import type { MethodAttempt } from '../attempt.ts';
import { mostIterations, refuse } from '../attempt.ts';

const signatureOf = async (secret: string, extra: Dict): Promise<string> => {
  const { challenge, salt, iterations, keylen } = extra;
  if (typeof challenge !== 'string') return refuse('the challenge must be a string');
  if (typeof salt !== 'string') return signCra(secret, challenge);
  if (typeof iterations !== 'number' || typeof keylen !== 'number') return refuse('the challenge is incomplete');
  if (iterations > mostIterations) refuse('the router asks for too many iterations');
  return signCra(secret, challenge, { salt, iterations, keylen });
};

/** Authenticates by a secret. */
export const wampcra = ({ secret }: { readonly method: 'wampcra'; readonly secret: string }): MethodAttempt => ({
  answer: async (extra) => ({ signature: await signatureOf(secret, extra), extra: {} }),
});
