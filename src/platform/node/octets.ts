/**
 * What a platform does with octets: memory, texts, base64, hexadecimal digits. This is Node's, whose Buffer is faster than what all
 * platforms have in common; the file of this name in `platform/browser` has the same functions for browsers. Values that programs
 * are given are made by `copyOf` and `fromBase64`: in Node they are Buffers.
 */

import { isUtf8 as isValid } from 'node:buffer';

/** The same octets as a Buffer, which nearly all are: those that sockets read, and those that are made here. */
const bufferOf = (data: Uint8Array): Buffer =>
  data instanceof Buffer ? data : Buffer.from(data.buffer, data.byteOffset, data.length);

/** Memory for so many octets, with any content. */
export const allocate = (length: number): Uint8Array => Buffer.allocUnsafe(length);

/** The same for memory that is kept for long: a small piece does not keep a larger one alive. */
export const allocateKept = (length: number): Uint8Array => Buffer.allocUnsafeSlow(length);

/** A copy of `data` from one place up to another. Default: all of it. */
export const copyOf = (data: Uint8Array, from = 0, to = data.length): Uint8Array => {
  const copy = Buffer.allocUnsafe(to - from);
  bufferOf(data).copy(copy, 0, from, to);
  return copy;
};

/** All parts, one behind the other, in memory of their own. */
export const concat = (parts: readonly Uint8Array[]): Uint8Array => Buffer.concat(parts);

/** A text in UTF-8. Half of a surrogate pair becomes U+FFFD. */
export const fromText = (text: string): Uint8Array => Buffer.from(text);

/** The text of octets that are known to be UTF-8; all of `data` by default. */
export const toText = (data: Uint8Array, from = 0, to = data.length): string =>
  bufferOf(data).toString('utf8', from, to);

/** The text of octets that are known to be ASCII. Octets that are none become characters that are none. */
export const toAscii = (data: Uint8Array, from: number, to: number): string =>
  bufferOf(data).toString('latin1', from, to);

/** Puts a text of ASCII into `data` at `at`, where there is room for it. */
export const writeAscii = (data: Uint8Array, text: string, at: number): void => {
  bufferOf(data).write(text, at, 'latin1');
};

/**
 * Whether octets from one place up to another are valid UTF-8. A decoder would make a text of them, which takes ten times as long,
 * and a hundred times where it is not ASCII.
 */
export const isUtf8 = (data: Uint8Array, from: number, to: number): boolean => isValid(data.subarray(from, to));

/** How many octets a text has in UTF-8. */
export const lengthOfText = (text: string): number => Buffer.byteLength(text);

/** Base64 of `data` from one place up to another. */
export const toBase64 = (data: Uint8Array, from = 0, to = data.length): string =>
  bufferOf(data).toString('base64', from, to);

/** The octets of a text that is known to be base64. */
export const fromBase64 = (text: string): Uint8Array => Buffer.from(text, 'base64');

/** Two hexadecimal digits for each octet, in lower case. */
export const toHex = (data: Uint8Array): string => bufferOf(data).toString('hex');

/** The octets of an even number of hexadecimal digits. */
export const fromHex = (digits: string): Uint8Array => Buffer.from(digits, 'hex');
