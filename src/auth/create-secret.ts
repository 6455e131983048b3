/** New secrets of principals: what the router keeps, and what is for the peer alone. */

import { randomBytes } from 'node:crypto';
import { publicKeyOf } from './cryptosign.ts';
import type { Derivation } from './wampcra.ts';
import { derivationDefaults, deriveKey } from './wampcra.ts';

/** What a router keeps of a secret of WAMP-CRA, instead of the secret. */
export interface CraSecret extends Derivation {
  readonly derivedKey: string;
}

/** A key pair of cryptosign, 64 hex digits each: the private key is for the peer alone, the public one for the router. */
export interface KeyPair {
  readonly privateKey: string;
  readonly publicKey: string;
}

/** A random salt: 16 octets in base64. */
export const createSalt = (): string => randomBytes(16).toString('base64');

/**
 * What a router keeps of a secret of WAMP-CRA, with a random salt. It does not tell the secret, which its owner may use elsewhere; but whoever
 * has the key can log in with it (Advanced Profile, "Challenge Response Authentication"). Default: 10,000 rounds, 32 octets. Throws a
 * TypeError on an empty secret, or anybody could log in with it.
 */
export const createCraSecret = async (
  secret: string,
  {
    iterations = derivationDefaults.iterations,
    keylen = derivationDefaults.keylen,
  }: Partial<Omit<Derivation, 'salt'>> = {},
): Promise<CraSecret> => {
  if (secret === '') throw new TypeError('a secret must not be empty');
  const derivation = { salt: createSalt(), iterations, keylen };
  return { derivedKey: await deriveKey(secret, derivation), ...derivation };
};

/** A new key pair of cryptosign. */
export const createKeyPair = (): KeyPair => {
  const privateKey = randomBytes(32).toString('hex');
  return { privateKey, publicKey: publicKeyOf(privateKey) };
};

/** A ticket that nobody can guess: 256 random bits in base64url. */
export const createTicket = (): string => randomBytes(32).toString('base64url');
