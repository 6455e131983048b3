/** Reads CBOR. What its tags mean is in a file of its own. */

import { readCborHead } from '../cbor-walk.ts';
import { kind, readNumber } from '../walk.ts';
import { createBinaryReader } from './binary-reader.ts';
import { readTagged } from './cbor-tags.ts';
import { floatAt, halfOf, writeLong } from './numbers.ts';
import { CannotHold } from './output.ts';
import type { Writer } from './writer.ts';

const code = { false: 0xf4, true: 0xf5, null: 0xf6, float16: 0xf9, float32: 0xfa, float64: 0xfb } as const;
const firstNegative = 0x20;
const firstSimple = 0xe0;
const info = 31;
const allBits = 2 ** 32 - 1;

const readSimple = (data: Uint8Array, at: number, size: number, to: Writer): void => {
  const first = data[at] as number;
  if (first === code.float64) to.float(floatAt(data, at + 1, 8), 8);
  else if (first === code.float32) to.float(floatAt(data, at + 1, 4), 4);
  else if (first === code.float16) to.float(halfOf(readNumber(data, at + 1, 2)), 4);
  else if (first === code.true || first === code.false) to.boolean(first === code.true);
  else throw new CannotHold(`the simple value ${size === 1 ? first & info : data[at + 1]}`);
};

/** The reader of CBOR. */
export const readCbor = createBinaryReader(readCborHead, (data, at, head, to) => {
  const { kind: is, size } = head;
  const first = data[at] as number;
  if (is === kind.tag) return readTagged(data, at + size, head.count, to);
  if (is === kind.nothing) {
    if (first === code.null) to.null();
    else to.undefined();
  } else if (first >= firstSimple) readSimple(data, at, size, to);
  else if (is === kind.longInteger) {
    const [upper, lower] = [readNumber(data, at + 1, 4), readNumber(data, at + 5, 4)];
    // A negative integer n is written as -1 - n, which changes all its bits.
    if (first >= firstNegative) writeLong(-1 - upper, allBits - lower, to);
    else writeLong(upper, lower, to);
  } else {
    const value = size === 1 ? first & info : readNumber(data, at + 1, size - 1);
    to.integer(first >= firstNegative ? -1 - value : value);
  }
  return at + size;
});
