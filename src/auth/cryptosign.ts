/**
 * The arithmetic of WAMP-Cryptosign, for both ends (advanced profile, "Cryptosign-based Authentication"; RFC 8032).
 *
 * The signed message is the challenge, XORed with the channel id where TLS channel binding is in use, and the peer sends it
 * along. A router must compare it with the challenge it issued: a good signature over another message is a replay.
 * Fields on the wire: `HELLO.Details.authextra.pubkey`, `CHALLENGE.Extra.challenge` and `.channel_binding`,
 * `AUTHENTICATE.Signature`.
 */

import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';

import type { FillRandom } from '../wamp/id.ts';
import { isSameSecret } from './wampcra.ts';

/** What a router checks; hex in either case. */
export interface CryptosignEvidence {
  /** `HELLO.Details.authextra.pubkey`: 64 digits. That it may log in is for the caller to know. */
  readonly publicKey: string;
  /** `CHALLENGE.Extra.challenge` as this router issued it: 64 digits, never one the peer sent. */
  readonly challenge: string;
  /** `AUTHENTICATE.Signature`: 192 digits, the signature (64 octets) and the message (32 octets). */
  readonly signature: string;
  /** 32 octets of the router's own end of the channel, where `CHALLENGE.Extra.channel_binding` was announced. */
  readonly channelId?: Buffer | undefined;
}

/** What a client signs with: the 32-octet seed in hex, and the challenge it was sent. */
export interface CryptosignTask {
  readonly privateKey: string;
  readonly challenge: string;
  readonly channelId?: Buffer | undefined;
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
 * The y coordinates of the eight points of small order, little-endian as they are encoded. With such a point for a public
 * key there are signatures that hold for many messages, and nobody needs a private key for them.
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

/** Whether something may be kept as a public key: 64 hex digits. */
export const isPublicKey = (key: unknown): key is string => octetsOf(key, keyLength) !== undefined;

const messageOf = (challenge: Buffer, channelId: Buffer | undefined): Buffer | undefined => {
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
 * What a verifier may take or refuse is refused here, so that versions of OpenSSL, which differ in it, cannot decide who is
 * let in: a point that is not canonical or of small order, be it the public key or the first half of the signature, and a
 * second half that is not below the order of the group (RFC 8032, 5.1.7).
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
 * Binding"). Anything malformed is false, as is a point of small order and a number that is not in its one canonical form.
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
 * Signature and message in 192 digits of hex, as a client sends them in `AUTHENTICATE.Signature` ("Computing the
 * Signature"); a router that authenticates itself signs `HELLO.Details.authextra.challenge` the same way. Throws a TypeError
 * on a key, challenge or channel id of another size.
 */
export const signCryptosign = ({ privateKey, challenge, channelId }: CryptosignTask): string => {
  const key = privateKeyFrom(privateKey);
  const octets = octetsOf(challenge, keyLength);
  if (octets === undefined) throw new TypeError('a challenge must have 64 digits of hex');
  const message = messageOf(octets, channelId);
  if (message === undefined) throw new TypeError('a channel id must have 32 octets');
  return Buffer.concat([sign(null, message, key), message]).toString('hex');
};

/** The public key of a seed (RFC 8032, 5.1.5): 64 digits of hex, for `HELLO.Details.authextra.pubkey`. */
export const publicKeyOf = (privateKey: string): string => {
  const { x = '' } = createPublicKey(privateKeyFrom(privateKey)).export({ format: 'jwk' });
  return Buffer.from(x, 'base64url').toString('hex');
};

/** A new challenge: 32 octets from `fill` in 64 digits of hex ("Computing the Signature"). Each must serve one exchange. */
export const createCryptosignChallenge = (fill: FillRandom): string => {
  const octets = Buffer.alloc(keyLength);
  fill(octets);
  return octets.toString('hex');
};
