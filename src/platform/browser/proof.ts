/** Proofs in browsers, by their WebCrypto. `platform/node/proof.ts` says what each function is for. */

import { concat, fromBase64, fromHex, fromText, toBase64, toHex } from '#platform/octets';
import type { Derivation } from '../../auth/derivation.ts';
import { saslprep } from '../../auth/saslprep.ts';
import type { AuthMessageInput } from '../../auth/scram-message.ts';
import { authMessage, isCount, saltOf } from '../../auth/scram-message.ts';
import { refuse } from '../../client/attempt.ts';
import type { ScramProof, SigningKey } from '../../client/proof.ts';

const sha256 = 'SHA-256';
const hmacSha256 = { name: 'HMAC', hash: sha256 };
const keyLength = 32;

/** Octets as WebCrypto takes them: in memory that no other thread has. */
const own = (octets: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(octets);

// Browsers have it where nobody between could have changed the page.
const subtle = (): typeof globalThis.crypto.subtle =>
  globalThis.crypto.subtle ?? refuse('this page has no WebCrypto: it must be loaded by https, or from localhost');

// HMAC fills a key up with zeros (RFC 2104, 2), and browsers take none that is empty.
const keyOf = (secret: Uint8Array): Uint8Array<ArrayBuffer> => own(secret.length === 0 ? Uint8Array.of(0) : secret);

const hmac = async (secret: Uint8Array, text: string): Promise<Uint8Array> => {
  const key = await subtle().importKey('raw', keyOf(secret), hmacSha256, false, ['sign']);
  return new Uint8Array(await subtle().sign('HMAC', key, own(fromText(text))));
};

const pbkdf2 = async (secret: string, salt: Uint8Array, iterations: number, length: number): Promise<Uint8Array> => {
  const key = await subtle().importKey('raw', keyOf(fromText(secret)), 'PBKDF2', false, ['deriveBits']);
  const how = { name: 'PBKDF2', hash: sha256, salt: own(salt), iterations };
  return new Uint8Array(await subtle().deriveBits(how, key, length * 8));
};

export const createNonce = (): string => toBase64(globalThis.crypto.getRandomValues(new Uint8Array(16)));

export const signCra = async (secret: string, challenge: string, derivation?: Derivation): Promise<string> => {
  if (!derivation) return toBase64(await hmac(fromText(secret), challenge));
  const { salt, iterations, keylen } = derivation;
  const key = toBase64(await pbkdf2(secret, fromText(salt), iterations, keylen));
  return toBase64(await hmac(fromText(key), challenge));
};

export const proveScram = async (password: string, input: AuthMessageInput): Promise<ScramProof> => {
  const { kdf, iterations } = input.parameters;
  if (kdf !== 'pbkdf2') return refuse('browsers have no argon2id13: the router must offer pbkdf2');
  if (!isCount(iterations, 1)) throw new TypeError('iterations must be a positive integer');
  const salted = await pbkdf2(saslprep(password), saltOf(input.parameters), iterations, keyLength);
  const message = authMessage(input);
  const clientKey = await hmac(salted, 'Client Key');
  const storedKey = new Uint8Array(await subtle().digest(sha256, own(clientKey)));
  const mask = await hmac(storedKey, message);
  const expected = toBase64(await hmac(await hmac(salted, 'Server Key'), message));
  return {
    proof: toBase64(clientKey.map((octet, at) => octet ^ (mask[at] ?? 0))),
    // The chapter specifies bare base64, but its example has `v=` before it.
    isProven: (verifier) => verifier === expected || verifier === `v=${expected}`,
  };
};

// PKCS #8 for an Ed25519 seed (RFC 8410, section 7): all octets before the seed.
const seedPrefix = fromHex('302e020100300506032b657004220420');

const octetsOf = (hex: string, what: string): Uint8Array => {
  if (!/^[0-9a-f]{64}$/i.test(hex)) throw new TypeError(`a ${what} must have 64 digits of hex`);
  return fromHex(hex);
};

export const readSigningKey = async (privateKey: string): Promise<SigningKey> => {
  const key = await subtle()
    .importKey('pkcs8', own(concat([seedPrefix, octetsOf(privateKey, 'private key')])), 'Ed25519', true, ['sign'])
    .catch((error: unknown) => {
      if ((error as Error).name !== 'NotSupportedError') throw error;
      return refuse('this browser has no Ed25519, which cryptosign needs');
    });
  const { x = '' } = await subtle().exportKey('jwk', key);
  return {
    publicKey: toHex(fromBase64(`${x.replaceAll('-', '+').replaceAll('_', '/')}=`)),
    sign: async (challenge) => {
      const message = octetsOf(challenge, 'challenge');
      return toHex(concat([new Uint8Array(await subtle().sign('Ed25519', key, own(message))), message]));
    },
  };
};
