/** Reads CBOR. What its tags mean is in a file of its own. */

import { readCborHead } from '../cbor-walk.ts';
import { kind, readNumber } from '../walk.ts';
import { createBinaryReader } from './binary-reader.ts';
import { readTagged } from './cbor-tags.ts';
import { halfOf } from './numbers.ts';
import { CannotHold } from './output.ts';
import type { Writer } from './writer.ts';

const code = { false: 0xf4, true: 0xf5, null: 0xf6, float16: 0xf9, float32: 0xfa, float64: 0xfb } as const;
const firstNegative = 0x20;
const firstSimple = 0xe0;
const info = 31;

const readLong = (isNegative: boolean, magnitude: bigint, to: Writer): void => {
  const value = isNegative ? -1n - magnitude : magnitude;
  const number = Number(value);
  if (Number.isSafeInteger(number)) to.integer(number);
  else to.bigInteger(value);
};

const readSimple = (data: Uint8Array, at: number, size: number, to: Writer): void => {
  const first = data[at];
  const view = new DataView(data.buffer, data.byteOffset + at, size);
  if (first === code.float64) to.float(view.getFloat64(1), 8);
  else if (first === code.float32) to.float(view.getFloat32(1), 4);
  else if (first === code.float16) to.float(halfOf(view.getUint16(1)), 4);
  else if (first === code.true || first === code.false) to.boolean(first === code.true);
  else throw new CannotHold(`the simple value ${size === 1 ? view.getUint8(0) & info : view.getUint8(1)}`);
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
    const magnitude = new DataView(data.buffer, data.byteOffset + at, size).getBigUint64(1);
    readLong(first >= firstNegative, magnitude, to);
  } else {
    const value = size === 1 ? first & info : readNumber(data, at + 1, size - 1);
    to.integer(first >= firstNegative ? -1 - value : value);
  }
  return at + size;
});
