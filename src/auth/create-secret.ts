/** Creates secrets of principals: the part that the router keeps, and the part that only the peer may know. */

import { randomBytes } from 'node:crypto';
import { publicKeyOf } from './cryptosign.ts';
import type { Derivation } from './wampcra.ts';
import { derivationDefaults, deriveKey } from './wampcra.ts';

/** What a router keeps instead of a WAMP-CRA secret. */
export interface CraSecret extends Derivation {
  /** In base64. */
  readonly derivedKey: string;
}

/** A key pair of cryptosign, 64 hex digits each. Only the peer may know the private key; the router keeps the public one. */
export interface KeyPair {
  readonly privateKey: string;
  readonly publicKey: string;
}

/** A random salt: 16 octets in base64, as `createScramVerifier` takes it. */
export const createSalt = (): string => randomBytes(16).toString('base64');

/**
 * What a router keeps of a WAMP-CRA secret, with a random salt. It does not reveal the secret, which its owner may use
 * elsewhere. The derived key itself is still enough to log in with (Advanced Profile, "Challenge Response Authentication").
 * Defaults: 10,000 rounds, 32 octets. Throws a TypeError for an empty secret, since anybody could log in with it.
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

/** A new key pair of cryptosign, at random. */
export const createKeyPair = (): KeyPair => {
  const privateKey = randomBytes(32).toString('hex');
  return { privateKey, publicKey: publicKeyOf(privateKey) };
};

/** A random ticket: 256 bits in base64url. */
export const createTicket = (): string => randomBytes(32).toString('base64url');
