/** Reads MessagePack. */

import { readMsgpackHead } from '../msgpack-walk.ts';
import type { Head } from '../walk.ts';
import { kind, readNumber } from '../walk.ts';
import { createBinaryReader } from './binary-reader.ts';
import { floatAt, writeLong } from './numbers.ts';
import { CannotHold } from './output.ts';
import type { Writer } from './writer.ts';

const code = { nil: 0xc0, false: 0xc2, true: 0xc3, float32: 0xca, float64: 0xcb, uint64: 0xcf, int8: 0xd0 } as const;
const firstNegative = 0xe0;
const timestamp = 0xff;
const mostNanoseconds = 999_999_999;

/** Reads a timestamp of 4, 8 or 12 octets (MessagePack specification, "Timestamp extension type"). */
const readTime = (data: Uint8Array, at: number, size: number, to: Writer): void => {
  const lower = readNumber(data, at + size - 4, 4);
  if (size === 4) return to.time(lower, 0);
  const first = readNumber(data, at, 4);
  // Of 8 octets the first 30 bits are the nanoseconds; of 12 the first 4, and the seconds have a sign.
  const upper = size === 8 ? first % 4 : readNumber(data, at + 4, 4) | 0;
  const seconds = upper * 2 ** 32 + lower;
  const nanoseconds = size === 8 ? Math.floor(first / 4) : first;
  if (nanoseconds > mostNanoseconds || !Number.isSafeInteger(seconds)) throw new CannotHold('a time that is none');
  to.time(seconds, nanoseconds);
};

const readExtension = (data: Uint8Array, at: number, { start, count }: Head, to: Writer): void => {
  const type = data[at + start - 1] as number;
  const isTime = type === timestamp && (count === 4 || count === 8 || count === 12);
  if (!isTime) throw new CannotHold(`an extension of type ${type < 128 ? type : type - 256}`);
  readTime(data, at + start, count, to);
};

const readScalar = (data: Uint8Array, at: number, size: number, to: Writer): void => {
  const first = data[at] as number;
  if (first < 0x80) return to.integer(first);
  if (first >= firstNegative) return to.integer(first - 256);
  if (first === code.false || first === code.true) return to.boolean(first === code.true);
  if (first === code.float32 || first === code.float64) {
    return to.float(floatAt(data, at + 1, size - 1), size === 5 ? 4 : 8);
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
    const upper = readNumber(data, at + 1, 4);
    writeLong(data[at] === code.uint64 ? upper : upper | 0, readNumber(data, at + 5, 4), to);
  } else if (data[at] === code.nil) to.null();
  else to.undefined();
  return at + size;
});
