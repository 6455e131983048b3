/**
 * The computations of WAMP-SCRAM, for both ends: keys, AuthMessage, proof and server signature (advanced profile, "Salted
 * Challenge Response Authentication"; RFC 5802 with the SHA-256 of RFC 7677).
 *
 * A router keeps a ScramVerifier and never sees a password. These functions keep no state and create no random values:
 * nonces and salts are passed as text. Fields on the wire: `HELLO.Details.authextra` has `nonce` and `channel_binding`;
 * `CHALLENGE.Extra` has `nonce`, `salt`, `kdf`, `iterations` and `memory`; `AUTHENTICATE.Signature` is the proof and
 * `AUTHENTICATE.Extra` has `nonce`, `channel_binding` and `cbind_data`; `WELCOME.Details.authextra` has `verifier`.
 */

import { createHash, createHmac, hkdfSync, pbkdf2 } from 'node:crypto';
import { promisify } from 'node:util';

import { argon2id13 } from './argon2.ts';
import { saslprep } from './saslprep.ts';
import type { ScramParameters } from './scram-message.ts';
import { fromBase64, isCount, saltOf } from './scram-message.ts';
import { isSameSecret } from './wampcra.ts';

export type { ScramKdf, ScramParameters } from './scram-message.ts';
export { authMessage, isScramNonce } from './scram-message.ts';
export { saslprep };

/** The default shape of principals. The salt is a pattern: each principal has its own salt, of this length. */
export const scramDefaults: ScramParameters = {
  kdf: 'pbkdf2',
  salt: Buffer.alloc(16).toString('base64'),
  iterations: 100_000,
};

/** What a router stores of a password (WAMP-SCRAM, "Data Stored on the Server"). Both keys are 32 octets in base64. */
export type ScramVerifier = ScramParameters & { readonly storedKey: string; readonly serverKey: string };

const keyLength = 32;
/**
 * The shortest salt that may be stored, in octets (RFC 8018, 4.1; no Argon2 accepts fewer). A client accepts shorter ones
 * from a router.
 */
const leastSalt = 8;
const keyText = 44;
const noKey = Buffer.alloc(keyLength);

const pbkdf2Async = promisify(pbkdf2);
const sha256 = (octets: Uint8Array): Buffer => createHash('sha256').update(octets).digest();
const hmac = (key: Uint8Array | string, text: string): Buffer => createHmac('sha256', key).update(text).digest();
const xor = (left: Buffer, right: Buffer): Buffer => Buffer.from(left.map((octet, at) => octet ^ (right[at] ?? 0)));
const clientKeyOf = (saltedPassword: Uint8Array): Buffer => hmac(saltedPassword, 'Client Key');
const serverKeyOf = (saltedPassword: Uint8Array): Buffer => hmac(saltedPassword, 'Server Key');

const keyFromBase64 = (text: unknown): Buffer | undefined => {
  const octets = typeof text === 'string' && text.length === keyText ? fromBase64(text) : undefined;
  return octets && Buffer.from(octets);
};

/**
 * The SaltedPassword: 32 octets of KDF(Normalize(password), salt) (WAMP-SCRAM, "SCRAM Algorithms"). A client may store it
 * instead of the password. Rejects with a TypeError for parameters that no KDF accepts. Whether their cost is acceptable,
 * neither too low nor too high, must be decided by the client before.
 */
export const deriveSaltedPassword = async (password: string, parameters: ScramParameters): Promise<Buffer> => {
  const { kdf, iterations, memory } = parameters;
  const salt = saltOf(parameters);
  const prepared = Buffer.from(saslprep(password), 'utf8');
  if (!isCount(iterations, 1)) throw new TypeError('iterations must be a positive integer');
  if (kdf === 'pbkdf2') return pbkdf2Async(prepared, salt, iterations, keyLength, 'sha256');
  if (kdf !== 'argon2id13') throw new TypeError('kdf must be pbkdf2 or argon2id13');
  if (salt.length < leastSalt) throw new TypeError(`argon2id13 needs a salt of at least ${leastSalt} octets`);
  if (!isCount(memory, 8)) throw new TypeError('argon2id13 needs a memory of at least 8 KiB');
  return argon2id13({ password: prepared, salt, iterations, memory });
};

/**
 * What a router stores for a new password (WAMP-SCRAM, "Data Stored on the Server"). The salt must be random and used for
 * this authid only. Rejects with a TypeError for an empty password, since anybody could log in with it, and for a salt of
 * less than 8 octets.
 */
export const createScramVerifier = async (password: string, parameters: ScramParameters): Promise<ScramVerifier> => {
  if (saslprep(password) === '') throw new TypeError('a password must not be empty');
  if (saltOf(parameters).length < leastSalt) throw new TypeError(`a salt must have at least ${leastSalt} octets`);
  const saltedPassword = await deriveSaltedPassword(password, parameters);
  const { kdf, salt, iterations, memory } = parameters;
  return {
    kdf,
    salt,
    iterations,
    ...(kdf === 'argon2id13' && memory !== undefined ? { memory } : {}),
    storedKey: sha256(clientKeyOf(saltedPassword)).toString('base64'),
    serverKey: serverKeyOf(saltedPassword).toString('base64'),
  };
};

/** The ClientProof in base64, as a client sends it in `AUTHENTICATE.Signature` (WAMP-SCRAM, "ClientProof"). */
export const clientProof = (saltedPassword: Uint8Array, message: string): string => {
  const clientKey = clientKeyOf(saltedPassword);
  return xor(clientKey, hmac(sha256(clientKey), message)).toString('base64');
};

/**
 * Whether `WELCOME.Details.authextra.verifier` proves that the router has the verifier of this password (WAMP-SCRAM,
 * "ServerSignature"). The chapter specifies bare base64, but its example has `v=` before it; both are accepted.
 */
export const verifyServerSignature = (saltedPassword: Uint8Array, message: string, verifier: unknown): boolean => {
  if (typeof verifier !== 'string') return false;
  const given = keyFromBase64(verifier.startsWith('v=') ? verifier.slice(2) : verifier);
  const expected = hmac(serverKeyOf(saltedPassword), message).toString('base64');
  return isSameSecret(expected, (given ?? noKey).toString('base64')) && given !== undefined;
};

/**
 * Whether `AUTHENTICATE.Signature` proves knowledge of the password (WAMP-SCRAM, "ClientProof"). A malformed proof is
 * refused in the same time as a wrong one. The caller must check that nonce and channel binding in `AUTHENTICATE.Extra` are
 * those of this exchange.
 */
export const verifyClientProof = (verifier: ScramVerifier, message: string, proof: unknown): boolean => {
  const given = keyFromBase64(proof);
  const storedKey = Buffer.from(verifier.storedKey, 'base64');
  const clientKey = xor(hmac(storedKey, message), given ?? noKey);
  const isSame = isSameSecret(storedKey.toString('base64'), sha256(clientKey).toString('base64'));
  return isSame && given !== undefined;
};

/** Whether `value` is a verifier as `createScramVerifier` makes it. A router checks this before it sends any part of it. */
export const isScramVerifier = (value: Readonly<Record<string, unknown>>): boolean => {
  const { kdf, salt, iterations, memory, storedKey, serverKey } = value;
  const isCostly = kdf === 'pbkdf2' || (kdf === 'argon2id13' && isCount(memory, 8));
  const isSalted = typeof salt === 'string' && (fromBase64(salt)?.length ?? 0) >= leastSalt;
  return isCostly && isSalted && isCount(iterations, 1) && [storedKey, serverKey].every(keyFromBase64);
};

/** The ServerSignature in base64, for `WELCOME.Details.authextra.verifier` after a correct proof. */
export const serverSignature = (verifier: ScramVerifier, message: string): string =>
  hmac(Buffer.from(verifier.serverKey, 'base64'), message).toString('base64');

/**
 * A verifier for an unknown authid, so that its challenge looks like any other. No proof is accepted for it (WAMP-SCRAM,
 * "Initial Client Authentication Message": the salt is always the same for an authid). `secretKey` must survive restarts
 * and be the same on every node, since otherwise the changing salt would reveal the decoy. `like` must be the parameters of
 * real users. Throws a TypeError if `secretKey` is empty.
 */
export const decoyVerifier = (secretKey: Uint8Array | string, authid: string, like: ScramParameters): ScramVerifier => {
  if (secretKey.length === 0) throw new TypeError('the secret key of decoys must not be empty');
  const seed = hmac(secretKey, authid);
  const drawn = (purpose: string, length: number): string =>
    Buffer.from(hkdfSync('sha256', seed, '', `wamp-scram decoy ${purpose}`, length)).toString('base64');
  const salt = drawn('salt', saltOf(like).length);
  return { ...like, salt, storedKey: drawn('stored key', keyLength), serverKey: drawn('server key', keyLength) };
};
