/** Reads MessagePack. */

import { readMsgpackHead } from '../msgpack-walk.ts';
import type { Head } from '../walk.ts';
import { kind, readNumber } from '../walk.ts';
import { createBinaryReader } from './binary-reader.ts';
import { CannotHold } from './output.ts';
import type { Writer } from './writer.ts';

const code = { nil: 0xc0, false: 0xc2, true: 0xc3, float32: 0xca, float64: 0xcb, uint8: 0xcc, int8: 0xd0 } as const;
const firstNegative = 0xe0;
const timestamp = 0xff;
const mostNanoseconds = 999_999_999;

/** An integer of eight octets. */
const readLong = (upper: number, lower: number, to: Writer): void => {
  const value = upper * 2 ** 32 + lower;
  if (Number.isSafeInteger(value)) to.integer(value);
  else to.bigInteger(BigInt(upper) * 2n ** 32n + BigInt(lower));
};

const readTime = (data: DataView, to: Writer): void => {
  const size = data.byteLength;
  if (size === 4) return to.time(data.getUint32(0), 0);
  const upper = size === 8 ? data.getUint32(0) : data.getInt32(4);
  const lower = data.getUint32(size - 4);
  const seconds = (size === 8 ? upper % 4 : upper) * 2 ** 32 + lower;
  const nanoseconds = size === 8 ? Math.floor(upper / 4) : data.getUint32(0);
  if (nanoseconds > mostNanoseconds || !Number.isSafeInteger(seconds)) throw new CannotHold('a time that is none');
  to.time(seconds, nanoseconds);
};

const readExtension = (data: Uint8Array, at: number, { start, count }: Head, to: Writer): void => {
  const type = data[at + start - 1] as number;
  const isTime = type === timestamp && (count === 4 || count === 8 || count === 12);
  if (!isTime) throw new CannotHold(`an extension of type ${type < 128 ? type : type - 256}`);
  readTime(new DataView(data.buffer, data.byteOffset + at + start, count), to);
};

const readScalar = (data: Uint8Array, at: number, size: number, to: Writer): void => {
  const first = data[at] as number;
  if (first < 0x80) return to.integer(first);
  if (first >= firstNegative) return to.integer(first - 256);
  if (first === code.false || first === code.true) return to.boolean(first === code.true);
  if (first === code.float32 || first === code.float64) {
    const view = new DataView(data.buffer, data.byteOffset + at + 1, size - 1);
    return size === 5 ? to.float(view.getFloat32(0), 4) : to.float(view.getFloat64(0), 8);
  }
  const value = readNumber(data, at + 1, size - 1);
  to.integer(first < code.int8 || value < 2 ** (8 * size - 9) ? value : value - 2 ** (8 * size - 8));
};

/** The reader of MessagePack. */
export const readMsgpack = createBinaryReader(readMsgpackHead, (data, at, head, to) => {
  const { kind: is, size } = head;
  if (is === kind.scalar) readScalar(data, at, size, to);
  else if (is === kind.extension) readExtension(data, at, head, to);
  else if (is === kind.longInteger) {
    const view = new DataView(data.buffer, data.byteOffset + at, size);
    readLong(data[at] === 0xcf ? view.getUint32(1) : view.getInt32(1), view.getUint32(5), to);
  } else if (data[at] === code.nil) to.null();
  else to.undefined();
  return at + size;
});
