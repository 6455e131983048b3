/** Proofs in Node, by `node:crypto` and without a detour over its WebCrypto, in which Ed25519 was experimental for long. */

import { randomBytes } from 'node:crypto';
import { publicKeyOf, signCryptosign } from '../../auth/cryptosign.ts';
import type { Derivation } from '../../auth/derivation.ts';
import { clientProof, deriveSaltedPassword, verifyServerSignature } from '../../auth/scram.ts';
import type { AuthMessageInput } from '../../auth/scram-message.ts';
import { authMessage } from '../../auth/scram-message.ts';
import { deriveKey, signChallenge } from '../../auth/wampcra.ts';
import type { ScramProof, SigningKey } from '../../client/proof.ts';

/** 128 random bits in base64, for WAMP-SCRAM. */
export const createNonce = (): string => randomBytes(16).toString('base64');

/** The signature of WAMP-CRA, by the secret or by the key that is derived from it. */
export const signCra = async (secret: string, challenge: string, derivation?: Derivation): Promise<string> =>
  signChallenge(derivation ? await deriveKey(secret, derivation) : secret, challenge);

/** The proof of WAMP-SCRAM. Rejects with a TypeError for parameters that no key derivation accepts. */
export const proveScram = async (password: string, input: AuthMessageInput): Promise<ScramProof> => {
  const salted = await deriveSaltedPassword(password, input.parameters);
  const message = authMessage(input);
  return {
    proof: clientProof(salted, message),
    isProven: (verifier) => verifyServerSignature(salted, message, verifier),
  };
};

/** A private key of 64 digits of hex. Throws, or rejects with, a TypeError for any other. */
export const readSigningKey = (privateKey: string): SigningKey | Promise<SigningKey> => ({
  publicKey: publicKeyOf(privateKey),
  sign: (challenge, channelId) => signCryptosign({ privateKey, challenge, channelId }),
});
