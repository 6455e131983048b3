/**
 * Reads the heads of MessagePack values. It also repairs two faults of the library: its decoder drops U+FEFF at the start
 * of a long text, and its encoder writes lone surrogates, which are not UTF-8.
 */

import { concat, fromText } from '#platform/octets';
import type { ReadHead } from './walk.ts';
import { createHead, kind, readNumber } from './walk.ts';

type Kind = (typeof kind)[keyof typeof kind];

// Tables by the first octet of a value.
const kinds = new Uint8Array(256);
/** How many octets follow the first: the value of a scalar, the length or count of all else. */
const widths = new Uint8Array(256);
/** The length or count, where the first octet contains it. */
const counts = new Uint8Array(256);

const fixed = (first: number, of: Kind, most: number): void => {
  for (let count = 0; count <= most; count += 1) {
    kinds[first + count] = of;
    counts[first + count] = count;
  }
};
const long = (first: number, of: Kind, ...sizes: readonly number[]): void => {
  sizes.forEach((size, at) => {
    kinds[first + at] = of;
    widths[first + at] = size;
  });
};
fixed(0x80, kind.dictionary, 15);
fixed(0x90, kind.list, 15);
fixed(0xa0, kind.text, 31);
long(0xc4, kind.binary, 1, 2, 4);
long(0xc7, kind.extension, 1, 2, 4);
long(0xca, kind.scalar, 4, 8);
long(0xcc, kind.scalar, 1, 2, 4, 8);
long(0xd0, kind.scalar, 1, 2, 4, 8);
for (let power = 0; power <= 4; power += 1) {
  kinds[0xd4 + power] = kind.extension;
  counts[0xd4 + power] = 2 ** power;
}
long(0xd9, kind.text, 1, 2, 4);
long(0xdc, kind.list, 2, 4);
long(0xde, kind.dictionary, 2, 4);

kinds[0xc0] = kind.nothing;
kinds[0xc1] = kind.reserved;
const uint64 = 0xcf;
const int64 = 0xd3;
kinds[uint64] = kind.longInteger;
kinds[int64] = kind.longInteger;

/** By this extension of one octet msgpackr, and clients that use it, write JavaScript's undefined. */
const fixext1 = 0xd4;
const isUndefined = (data: Uint8Array, at: number): boolean => data[at + 1] === 0 && data[at + 2] === 0;

/** Reads a head. The head of an extension ends behind its type. */
export const readMsgpackHead: ReadHead = (data, at, head) => {
  const first = data[at] ?? 0;
  const width = widths[first] ?? 0;
  const is = kinds[first] ?? 0;
  head.kind = is;
  head.start = 1 + width;
  head.size = head.start;
  head.count = 0;
  if (is < kind.text || is === kind.reserved) return;
  const count = width === 0 ? (counts[first] ?? 0) : readNumber(data, at + 1, width);
  head.count = count;
  if (is >= kind.list) return;
  if (is === kind.extension) {
    head.start += 1;
    if (first === fixext1 && isUndefined(data, at)) head.kind = kind.nothing;
  }
  head.size = head.start + count;
};

/** Texts of more octets are decoded by a TextDecoder, which drops U+FEFF at their start. */
const longestWithMark = 200;
const head = createHead();
const mark = fromText('\u{feff}');
const markStart = 0xef;
const text32 = 0xdb;

/** `data` with an additional U+FEFF before each text whose first one the decoder would drop. For messages with `trait.mark`. */
export const withSpareMarks = (data: Uint8Array): Uint8Array => {
  const parts: Uint8Array[] = [];
  let copied = 0;
  for (let at = 0; at < data.length; ) {
    readMsgpackHead(data, at, head);
    const { kind: is, start, size, count } = head;
    if (is === kind.text && count > longestWithMark && data[at + start] === markStart) {
      const length = count + mark.length;
      const head = Uint8Array.of(text32, length >>> 24, length >>> 16, length >>> 8, length);
      parts.push(data.subarray(copied, at), head, mark);
      copied = at + start;
    }
    at += size;
  }
  return copied === 0 ? data : concat([...parts, data.subarray(copied)]);
};

/** The first of the three octets that stand for U+D000 to U+DFFF. Those from U+D800 on are surrogates, which UTF-8 does not allow. */
const halfStart = 0xed;
const firstHalf = 0xa0;
const replacement = fromText('\u{fffd}');

/**
 * Overwrites each lone surrogate in a text of `data` with U+FFFD, and returns `data`. A JavaScript string can contain one,
 * and a JSON text can as an escape.
 */
export const replaceHalves = (data: Uint8Array): Uint8Array => {
  // Nearly every message has none.
  if (!data.includes(halfStart)) return data;
  for (let at = 0; at < data.length; at += head.size) {
    readMsgpackHead(data, at, head);
    const end = head.kind === kind.text ? at + head.size : 0;
    for (let octet = at + head.start; octet < end; octet += 1) {
      if (data[octet] === halfStart && (data[octet + 1] ?? 0) >= firstHalf) data.set(replacement, octet);
    }
  }
  return data;
};
