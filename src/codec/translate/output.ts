/** The octets that writers write: one piece of memory for all translations, of which the result is copied. */

import { allocateKept, copyOf, writeAscii } from '#platform/octets';

/** Thrown by readers and writers of this folder where the target has no place for a value; `translate` says it in words. */
export class CannotHold extends Error {}

/** Memory of this size is kept; what larger translations need is given back. */
const kept = allocateKept(65_536);
/** Above this many octets copying by the engine is faster than a loop. */
const fewOctets = 24;

/** What has been written: the octets of `data` up to `at`. */
export const out = { data: kept, at: 0 };

let mostOctets = Number.POSITIVE_INFINITY;

const checkSize = (): void => {
  if (out.at > mostOctets) throw new CannotHold(`it in ${mostOctets} octets`);
};

/** Begins a result of at most `most` octets, probably of about `likely`. */
export const beginOutput = (likely: number, most: number): void => {
  mostOctets = most;
  out.at = 0;
  if (likely > out.data.length) out.data = allocateKept(Math.min(likely, most));
};

/** A copy of what has been written since the beginning. Throws if it is too large. */
export const endOutput = (): Uint8Array => {
  checkSize();
  return copyOf(out.data, 0, out.at);
};

/** Gives large memory back. */
export const freeOutput = (): void => {
  out.data = kept;
};

/** Makes room for `octets` more. Throws if what has been written is too large already. */
export const room = (octets: number): void => {
  if (out.at + octets <= out.data.length) return;
  checkSize();
  const larger = allocateKept(Math.max(out.data.length * 2, out.at + octets));
  larger.set(out.data.subarray(0, out.at));
  out.data = larger;
};

/** Writes one octet, for which there is room. */
export const putOctet = (octet: number): void => {
  out.data[out.at] = octet;
  out.at += 1;
};

/** Writes an unsigned big-endian number in `size` octets, for which there is room. */
export const putNumber = (value: number, size: 2 | 4): void => {
  const { data, at } = out;
  if (size === 2) {
    data[at] = value >>> 8;
    data[at + 1] = value;
  } else {
    data[at] = value >>> 24;
    data[at + 1] = value >>> 16;
    data[at + 2] = value >>> 8;
    data[at + 3] = value;
  }
  out.at = at + size;
};

/** Writes a number of 64 bits, of which the upper half may be negative, into octets for which there is room. */
export const putLong = (value: number): void => {
  const upper = Math.floor(value / 2 ** 32);
  putNumber(upper, 4);
  putNumber(value - upper * 2 ** 32, 4);
};

/** Writes a floating-point number of `size` octets, for which there is room. */
export const putFloat = (value: number, size: 4 | 8): void => {
  if (size === 4) view.setFloat32(0, value);
  else view.setFloat64(0, value);
  putNumber(view.getUint32(0), 4);
  if (size === 8) putNumber(view.getUint32(4), 4);
};
const view = new DataView(new ArrayBuffer(8));

/** Writes an unsigned integer of 64 bits into octets for which there is room. */
export const putHalves = (value: bigint): void => {
  putNumber(Number(value >> 32n), 4);
  putNumber(Number(value & 0xffff_ffffn), 4);
};

/** Writes octets of `data`. */
export const putOctets = (data: Uint8Array, from: number, to: number): void => {
  const count = to - from;
  room(count);
  const { data: target, at } = out;
  if (count > fewOctets) target.set(data.subarray(from, to), at);
  else for (let octet = 0; octet < count; octet += 1) target[at + octet] = data[from + octet] as number;
  out.at = at + count;
};

/** Writes all octets of `data`. */
export const putWhole = (data: Uint8Array): void => putOctets(data, 0, data.length);

/** Writes a text of ASCII. */
export const putAscii = (text: string): void => {
  room(text.length);
  const { data, at } = out;
  if (text.length > fewOctets) writeAscii(data, text, at);
  else for (let index = 0; index < text.length; index += 1) data[at + index] = text.charCodeAt(index);
  out.at = at + text.length;
};
