/**
 * The computations of WAMP-Cryptosign, for both ends (advanced profile, "Cryptosign-based Authentication"; RFC 8032).
 *
 * The signed message is the challenge, XORed with the channel id if TLS channel binding is in use. The peer sends the
 * message along with the signature. A router must compare it with the challenge that it issued: a valid signature over
 * another message is a replay. Fields on the wire: `HELLO.Details.authextra.pubkey`, `CHALLENGE.Extra.challenge` and
 * `.channel_binding`, `AUTHENTICATE.Signature`.
 */

import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';

import type { FillRandom } from '../wamp/id.ts';
import { isSameSecret } from './wampcra.ts';

/** The input of a verification. Hex digits may be in either case. */
export interface CryptosignEvidence {
  /** `HELLO.Details.authextra.pubkey`: 64 digits. The caller must check whether this key may log in. */
  readonly publicKey: string;
  /** `CHALLENGE.Extra.challenge` as this router issued it: 64 digits. Never one that the peer sent. */
  readonly challenge: string;
  /** `AUTHENTICATE.Signature`: 192 digits, made of the signature (64 octets) and the message (32 octets). */
  readonly signature: string;
  /** The channel id of the router's end, 32 octets, if `CHALLENGE.Extra.channel_binding` was announced. */
  readonly channelId?: Buffer | undefined;
}

/** The input of a signature: the 32-octet seed in hex, and the challenge that the client received. */
export interface CryptosignTask {
  readonly privateKey: string;
  readonly challenge: string;
  readonly channelId?: Uint8Array | undefined;
}

const keyLength = 32;
const signatureLength = 64;
const hexDigits = /^[0-9a-f]+$/i;

// PKCS #8 for an Ed25519 seed (RFC 8410, section 7): all octets before the seed.
const seedPrefix = Buffer.from('302e020100300506032b657004220420', 'hex');

// Ed25519 (RFC 8032, 5.1): the prime of the field, and the order of the group that the base point generates.
const prime = 2n ** 255n - 19n;
const order = 2n ** 252n + 27742317777372353535851937790883648493n;

/**
 * The y coordinates of the eight points of small order, in their little-endian encoding. With such a point as public key
 * there are signatures that are valid for many messages and need no private key.
 */
const smallOrder: ReadonlySet<string> = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
]);

const octetsOf = (hex: unknown, length: number): Buffer | undefined =>
  typeof hex === 'string' && hex.length === length * 2 && hexDigits.test(hex) ? Buffer.from(hex, 'hex') : undefined;

/** Whether `key` is a public key: 64 hex digits. */
export const isPublicKey = (key: unknown): key is string => octetsOf(key, keyLength) !== undefined;

const messageOf = (challenge: Buffer, channelId: Uint8Array | undefined): Buffer | undefined => {
  if (channelId === undefined) return challenge;
  if (channelId.length !== keyLength) return undefined;
  return Buffer.from(challenge.map((octet, at) => octet ^ (channelId[at] ?? 0)));
};

/** Reads an integer as Ed25519 writes it: the least significant octet first. */
const integerOf = (octets: Buffer): bigint => BigInt(`0x${Buffer.from(octets).reverse().toString('hex')}`);

/** Whether an encoded point is written in its one canonical form (RFC 8032, 5.1.3) and has no small order. */
const isSoundPoint = (point: Buffer): boolean => {
  const y = Buffer.from(point);
  // The highest bit is the sign of x.
  y.writeUInt8(y.readUInt8(keyLength - 1) & 0x7f, keyLength - 1);
  return integerOf(y) < prime && !smallOrder.has(y.toString('hex'));
};

/**
 * Refuses what RFC 8032 leaves to the verifier. Versions of OpenSSL differ in this, and they must not decide who can log
 * in. Refused are a public key or a first half of the signature that is not canonical or of small order, and a second half
 * that is not below the order of the group (RFC 8032, 5.1.7).
 */
const isSound = (signature: Buffer, publicKey: Buffer): boolean =>
  isSoundPoint(publicKey) &&
  isSoundPoint(signature.subarray(0, keyLength)) &&
  integerOf(signature.subarray(keyLength)) < order;

const isSignatureOf = (message: Buffer, signature: Buffer, publicKey: Buffer): boolean => {
  try {
    const x = publicKey.toString('base64url');
    return verify(null, message, createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' }), signature);
  } catch {
    return false;
  }
};

/**
 * Whether the peer holds the private key and signed the challenge of this exchange ("Computing the Signature", "TLS Channel
 * Binding"). False for anything malformed, for a point of small order, and for a number that is not in its canonical form.
 * Never throws.
 */
export const verifyCryptosign = (evidence: CryptosignEvidence): boolean => {
  const publicKey = octetsOf(evidence.publicKey, keyLength);
  const challenge = octetsOf(evidence.challenge, keyLength);
  const signed = octetsOf(evidence.signature, signatureLength + keyLength);
  if (publicKey === undefined || challenge === undefined || signed === undefined) return false;
  const expected = messageOf(challenge, evidence.channelId);
  const signature = signed.subarray(0, signatureLength);
  if (expected === undefined || !isSound(signature, publicKey)) return false;
  const message = signed.subarray(signatureLength);
  if (!isSameSecret(expected.toString('hex'), message.toString('hex'))) return false;
  return isSignatureOf(expected, signature, publicKey);
};

const privateKeyFrom = (seed: string): KeyObject => {
  const octets = octetsOf(seed, keyLength);
  if (octets === undefined) throw new TypeError('a private key must have 64 digits of hex');
  return createPrivateKey({ key: Buffer.concat([seedPrefix, octets]), format: 'der', type: 'pkcs8' });
};

/**
 * Signature and message in 192 hex digits, as a client sends them in `AUTHENTICATE.Signature` ("Computing the Signature").
 * A router that authenticates itself signs `HELLO.Details.authextra.challenge` in the same way. Throws a TypeError if the
 * key, challenge or channel id has another size.
 */
export const signCryptosign = ({ privateKey, challenge, channelId }: CryptosignTask): string => {
  const key = privateKeyFrom(privateKey);
  const octets = octetsOf(challenge, keyLength);
  if (octets === undefined) throw new TypeError('a challenge must have 64 digits of hex');
  const message = messageOf(octets, channelId);
  if (message === undefined) throw new TypeError('a channel id must have 32 octets');
  return Buffer.concat([sign(null, message, key), message]).toString('hex');
};

/**
 * The public key of a seed (RFC 8032, 5.1.5): 64 digits of hex, for `HELLO.Details.authextra.pubkey`. Throws a TypeError for a private
 * key that has not 64 digits of hex.
 */
export const publicKeyOf = (privateKey: string): string => {
  const { x = '' } = createPublicKey(privateKeyFrom(privateKey)).export({ format: 'jwk' });
  return Buffer.from(x, 'base64url').toString('hex');
};

/** A new challenge: 32 octets from `fill` as 64 hex digits ("Computing the Signature"). Each must be used for one exchange only. */
export const createCryptosignChallenge = (fill: FillRandom): string => {
  const octets = Buffer.alloc(keyLength);
  fill(octets);
  return octets.toString('hex');
};
