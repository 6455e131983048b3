import { describe, expect, test } from 'vitest';
import { signCryptosign, verifyCryptosign } from '../../src/auth/cryptosign.ts';
import {
  createCraSecret,
  createKeyPair,
  createSalt,
  createScramVerifier,
  createTicket,
  deriveKey,
  publicKeyOf,
} from '../../src/index.ts';

describe('a secret of WAMP-CRA', () => {
  test('is kept as the key that its owner derives, with a salt of its own', async () => {
    const [one, other] = await Promise.all([createCraSecret('secret'), createCraSecret('secret')]);
    const { derivedKey, ...derivation } = one;
    expect(derivation).toEqual({ salt: expect.any(String), iterations: 10_000, keylen: 32 });
    expect(await deriveKey('secret', derivation)).toBe(derivedKey);
    expect([other.salt, other.derivedKey]).not.toEqual([one.salt, one.derivedKey]);
  });

  test('has the cost that is asked for', async () => {
    const { iterations, keylen, derivedKey } = await createCraSecret('secret', { iterations: 7, keylen: 64 });
    expect([iterations, keylen, Buffer.from(derivedKey, 'base64').length]).toEqual([7, 64, 64]);
  });

  test('cannot be empty', async () => {
    await expect(createCraSecret('')).rejects.toThrow(new TypeError('a secret must not be empty'));
  });
});

test('a salt is 16 random octets in base64, as a verifier takes it', async () => {
  const salt = createSalt();
  expect(Buffer.from(salt, 'base64')).toHaveLength(16);
  expect(createSalt()).not.toBe(salt);
  expect(await createScramVerifier('p', { kdf: 'pbkdf2', salt, iterations: 1 })).toMatchObject({ salt });
});

test('a key pair is new, and its public key is that of its private key', () => {
  const { privateKey, publicKey } = createKeyPair();
  const challenge = 'ab'.repeat(32);
  const signature = signCryptosign({ privateKey, challenge });
  expect(verifyCryptosign({ publicKey, challenge, signature })).toBe(true);
  expect(publicKeyOf(privateKey)).toBe(publicKey);
  expect(createKeyPair().privateKey).not.toBe(privateKey);
});

test('a ticket has 256 random bits', () => {
  expect(Buffer.from(createTicket(), 'base64url')).toHaveLength(32);
  expect(createTicket()).not.toBe(createTicket());
});
