/**
 * What both ends of WAMP-SCRAM say, as text: parameters, nonces and AuthMessage (advanced profile, "Salted Challenge Response
 * Authentication"; RFC 5802). What is computed of it is in `scram.ts`, and for browsers in `platform/browser/proof.ts`.
 */

import { concat, fromBase64 as decode, fromText, toBase64 } from '#platform/octets';

/** The key derivation functions, named as in `CHALLENGE.Extra.kdf` (WAMP-SCRAM, "Key Derivation Functions"). */
export type ScramKdf = 'pbkdf2' | 'argon2id13';

/** How a password is salted: `CHALLENGE.Extra.kdf`, `.salt` (base64), `.iterations` and `.memory` (KiB, argon2id13 only). */
export interface ScramParameters {
  readonly kdf: ScramKdf;
  readonly salt: string;
  readonly iterations: number;
  readonly memory?: number;
}

/** The parts of an AuthMessage. */
export interface AuthMessageInput {
  /** `HELLO.Details.authid` exactly as it was sent. A client sends it prepared with `saslprep`. */
  readonly authid: string;
  /** `HELLO.Details.authextra.nonce`. */
  readonly clientNonce: string;
  /** The whole `CHALLENGE.Extra.nonce`: the client's nonce with the router's appended. */
  readonly serverNonce: string;
  /** The parameters in the challenge; for an unknown authid those of its decoy. */
  readonly parameters: ScramParameters;
  /** `AUTHENTICATE.Extra.channel_binding` and the octets of `.cbind_data`. A router passes those of its own end of the channel. */
  readonly channelBinding?: { readonly type: string; readonly data: Uint8Array } | undefined;
}

const mostIterations = 2 ** 31 - 1;

/** The octets of canonical base64 (WAMP-SCRAM, "Base64 encoding"); undefined for any other text. */
export const fromBase64 = (text: string): Uint8Array | undefined => {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) return undefined;
  const octets = decode(text);
  return toBase64(octets) === text ? octets : undefined;
};

/** Whether a parameter is a whole number from `least` to the most that a KDF takes. */
export const isCount = (value: unknown, least: number): value is number =>
  Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= mostIterations;

/** The octets of the salt. Throws a TypeError if it is not base64, or empty. */
export const saltOf = ({ salt }: ScramParameters): Uint8Array => {
  const octets = typeof salt === 'string' ? fromBase64(salt) : undefined;
  if (octets === undefined || octets.length === 0) throw new TypeError('salt must be base64 of at least one octet');
  return octets;
};

/**
 * Whether a nonce is valid in WAMP-SCRAM: at least one octet, in canonical base64 (deviation 4 from RFC 5802). A router
 * checks `HELLO.Details.authextra.nonce` with it before using that in an AuthMessage.
 */
export const isScramNonce = (nonce: unknown): nonce is string =>
  typeof nonce === 'string' && nonce !== '' && fromBase64(nonce) !== undefined;

const escapeName = (name: string): string => name.replaceAll('=', '=3D').replaceAll(',', '=2C');

// RFC 5802, section 7: `printable` excludes the comma, so that a nonce cannot contain attributes.
const isPrintable = (text: string): boolean => /^[\x21-\x2B\x2D-\x7E]+$/.test(text);

/**
 * The AuthMessage, from which both proof and server signature are computed (WAMP-SCRAM, "AuthMessage"; syntax of RFC 5802,
 * section 7). Throws a TypeError if a nonce is not printable or if the router's nonce does not continue the client's. A
 * client answers that with ABORT; a router has checked `isScramNonce` before.
 */
export const authMessage = (input: AuthMessageInput): string => {
  const { authid, clientNonce, serverNonce, parameters, channelBinding } = input;
  if (!isPrintable(clientNonce) || !isPrintable(serverNonce)) throw new TypeError('a nonce must be printable');
  if (!serverNonce.startsWith(clientNonce) || serverNonce === clientNonce) {
    throw new TypeError('the nonce of the router must begin with that of the client and be longer');
  }
  if (channelBinding && !/^[\w.-]+$/.test(channelBinding.type))
    throw new TypeError('the channel binding type has an invalid character');
  const flag = channelBinding ? `p=${channelBinding.type}` : 'n';
  const bound = concat([fromText(`${flag},,`), channelBinding?.data ?? new Uint8Array()]);
  const clientFirstBare = `n=${escapeName(authid)},r=${clientNonce}`;
  const serverFirst = `r=${serverNonce},s=${parameters.salt},i=${parameters.iterations}`;
  const clientFinalNoProof = `c=${toBase64(bound)},r=${serverNonce}`;
  return `${clientFirstBare},${serverFirst},${clientFinalNoProof}`;
};
