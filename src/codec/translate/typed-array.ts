/** Typed arrays of CBOR (RFC 8746, 2.1): the octets of many numbers of one type, which the tag tells. */

import { halfOf, writeInteger } from './numbers.ts';
import { CannotHold } from './output.ts';
import type { Writer } from './writer.ts';

const first = 64;
const last = 87;
/** Octets, and octets that were clamped. */
const octetTags = [64, 68];
/** The first is reserved, the others have floating-point numbers of 16 octets. */
const refused = [76, 83, 87];
/** Bits of the tag: the last two are the logarithm of the size, which floating-point numbers have one larger. */
const bit = { float: 0b10000, signed: 0b01000, little: 0b00100, size: 0b00011 } as const;

/** Whether a tag is that of a typed array. */
export const isTypedArray = (tag: number): boolean => tag >= first && tag <= last;

/** Writes one element. */
type WriteElement = (view: DataView, at: number, isLittle: boolean, to: Writer) => void;

/** By the bits of the tag without that for the order of octets. */
const elements: Readonly<Record<number, WriteElement>> = {
  1: (view, at, isLittle, to) => to.integer(view.getUint16(at, isLittle)),
  2: (view, at, isLittle, to) => to.integer(view.getUint32(at, isLittle)),
  3: (view, at, isLittle, to) => writeInteger(view.getBigUint64(at, isLittle), to),
  8: (view, at, _, to) => to.integer(view.getInt8(at)),
  9: (view, at, isLittle, to) => to.integer(view.getInt16(at, isLittle)),
  10: (view, at, isLittle, to) => to.integer(view.getInt32(at, isLittle)),
  11: (view, at, isLittle, to) => writeInteger(view.getBigInt64(at, isLittle), to),
  16: (view, at, isLittle, to) => to.float(halfOf(view.getUint16(at, isLittle)), 4),
  17: (view, at, isLittle, to) => to.float(view.getFloat32(at, isLittle), 4),
  18: (view, at, isLittle, to) => to.float(view.getFloat64(at, isLittle), 8),
};

/** Writes the typed array of a tag: octets as a binary value, all else as a list of numbers. */
export const writeTypedArray = (tag: number, octets: Uint8Array, to: Writer): void => {
  if (octetTags.includes(tag)) return to.binary(octets, 0, octets.length);
  const bits = tag - first;
  const size = 2 ** ((bits & bit.size) + (bits & bit.float ? 1 : 0));
  const write = elements[bits & ~bit.little];
  if (!write || refused.includes(tag)) throw new CannotHold(`the tag ${tag}`);
  if (octets.length % size !== 0) throw new CannotHold(`the tag ${tag} of what it is not for`);
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  const count = octets.length / size;
  to.open(false, count);
  for (let at = 0; at < octets.length; at += size) write(view, at, (bits & bit.little) !== 0, to);
  to.close(count);
};
