/**
 * Challenge-response authentication: keys, signatures, and the look-up of a stored secret.
 *
 * A key is the secret itself, or for a salted secret the base64 text (not the raw octets) of PBKDF2-HMAC-SHA256. The
 * signature is the base64 text of HMAC-SHA256 over the exact challenge text that was sent. WAMP v1 and v2 agree on both.
 */

import { createHmac, pbkdf2, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import type { Derivation } from './derivation.ts';
import { Derivations } from './derivations.ts';

export type { Derivation };

/** The defaults of both clients of WAMP v1. They are sent explicitly nevertheless, since another server assumed others. */
export const derivationDefaults = { iterations: 10_000, keylen: 32 } as const;

/** What `getAuthSecret` may return: a plain secret, a secret with a salt, or an already derived key. */
export type SecretInput =
  | string
  | { readonly secret: string; readonly salt?: string; readonly iterations?: number; readonly keylen?: number }
  | { readonly derivedKey: string; readonly salt: string; readonly iterations?: number; readonly keylen?: number }
  | null
  | undefined;

/** A key that signatures are made with, and the parameters that a peer needs to derive it. */
export interface Key {
  readonly key: string;
  readonly derivation: Derivation | undefined;
}

const pbkdf2Async = promisify(pbkdf2);

/** The key of a salted secret: PBKDF2 with HMAC-SHA256, in base64, off the event loop. Rejects as `pbkdf2` of `node:crypto` does. */
export const deriveKey = async (secret: string, { salt, iterations, keylen }: Derivation): Promise<string> =>
  (await pbkdf2Async(secret, salt, iterations, keylen, 'sha256')).toString('base64');

// Three of the process's threads, of which there are four by default, because file access and name resolution need one too.
const derivations = new Derivations({ running: 3, waiting: 256 });

/** Derives a key for a peer at `address` when it is its turn. Rejects with `overloaded` if too many logins wait. */
export const deriveKeyFor = (address: string | undefined, secret: string, derivation: Derivation): Promise<string> =>
  derivations.run(address, () => deriveKey(secret, derivation));

/** The signature of `challenge`, by HMAC-SHA256: 44 characters of base64. `key` is the secret, or what `deriveKey` made of it. */
export const signChallenge = (key: string, challenge: string): string =>
  createHmac('sha256', key).update(challenge).digest('base64');

/** Compares two secrets in constant time. Both are hashed first, so that their lengths are not revealed either. */
export const isSameSecret = (expected: string, given: string): boolean => {
  const digest = (text: string): Buffer => createHmac('sha256', 'compare').update(text).digest();
  return timingSafeEqual(digest(expected), digest(given));
};

const isPositiveInteger = (value: unknown): value is number => Number.isInteger(value) && (value as number) > 0;

/** Whether `toKey` has to derive the key, which takes time. */
export const isDerivedHere = (input: SecretInput): boolean =>
  typeof input === 'object' && input !== null && 'secret' in input && input.salt !== undefined;

/**
 * The parameters that a peer needs to derive the key; undefined if the secret is the key. Throws a TypeError for invalid
 * parameters.
 */
export const derivationOf = (input: SecretInput): Derivation | undefined => {
  if (typeof input !== 'object' || input === null || input.salt === undefined) return undefined;
  const { salt, iterations = derivationDefaults.iterations, keylen = derivationDefaults.keylen } = input;
  if (typeof salt !== 'string' || salt === '') throw new TypeError('salt must be a non-empty string');
  if (!isPositiveInteger(iterations)) throw new TypeError('iterations must be a positive integer');
  if (!isPositiveInteger(keylen)) throw new TypeError('keylen must be a positive integer');
  return { salt, iterations, keylen };
};

/**
 * The key for the stored secret of an application; undefined if there is none. An empty secret counts as none, since
 * anybody could log in with it. Throws a TypeError for a value of no accepted shape. Synchronous if nothing has to be
 * derived, so that an exchange without a salt takes no extra turn of the event loop. `address` is that of the peer.
 */
export const toKey = (input: SecretInput, address?: string): Key | undefined | Promise<Key> => {
  if (input === undefined || input === null || input === '') return undefined;
  if (typeof input === 'string') return { key: input, derivation: undefined };
  if (typeof input !== 'object') throw new TypeError('a secret must be a string or an object');
  const name = 'derivedKey' in input ? 'derivedKey' : 'secret';
  const text: unknown = 'derivedKey' in input ? input.derivedKey : input.secret;
  if (typeof text !== 'string') throw new TypeError(`${name} must be a string`);
  if (text === '') return undefined;
  const derivation = derivationOf(input);
  if (name === 'derivedKey' && !derivation) throw new TypeError('salt must be a non-empty string');
  if (name === 'derivedKey' || !derivation) return { key: text, derivation };
  return deriveKeyFor(address, text, derivation).then((key) => ({ key, derivation }));
};
