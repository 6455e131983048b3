/**
 * What the decoder of MessagePack does not refuse, or too late, or loses, found by walking the heads of a message: texts that
 * are no UTF-8, which it would read as something else; levels, each of which it would build first: for a hostile message of
 * 1 MiB that takes half a second and 200 MB; and U+FEFF at the start of a long text.
 */

import { isText, notUtf8 } from './text.ts';

/** Octets behind the first one of each fixed-size type from 0xc0 on; undefined for those that carry a length. */
const fixedSizes: Readonly<Record<number, number>> = {
  192: 0,
  194: 0,
  195: 0,
  202: 4,
  203: 8,
  204: 1,
  205: 2,
  206: 4,
  207: 8,
  208: 1,
  209: 2,
  210: 4,
  211: 8,
  212: 2,
  213: 3,
  214: 5,
  215: 9,
  216: 17,
};
/** Octets of the length of extensions; one more says of what kind they are. */
const extensionSizes: Readonly<Record<number, number>> = { 199: 1, 200: 2, 201: 4 };
/** Octets of the length of binary and text types. */
const lengthSizes: Readonly<Record<number, number>> = { 196: 1, 197: 2, 198: 4, 217: 1, 218: 2, 219: 4 };
/** The least of `lengthSizes` that is a text. */
const firstTextType = 217;
/** Octets of the count of lists and maps. */
const countSizes: Readonly<Record<number, number>> = { 220: 2, 221: 4, 222: 2, 223: 4 };

interface Head {
  /** Octets of the head and, for what is no container, of the value. */
  readonly size: number;
  /** Values inside. */
  readonly inner: number;
  /** Where in it a text begins; undefined for what is no text. */
  readonly text?: number;
}

const readNumber = (data: Uint8Array, at: number, size: number): number => {
  let value = 0;
  for (let octet = 0; octet < size; octet += 1) value = value * 256 + (data[at + octet] ?? 0);
  return value;
};

const headAt = (data: Uint8Array, at: number): Head => {
  const first = data[at] ?? 0;
  if (first < 0x80 || first >= 0xe0) return { size: 1, inner: 0 };
  if (first < 0x90) return { size: 1, inner: (first & 0x0f) * 2 };
  if (first < 0xa0) return { size: 1, inner: first & 0x0f };
  if (first < 0xc0) return { size: 1 + (first & 0x1f), inner: 0, text: 1 };
  const lengthSize = lengthSizes[first];
  if (lengthSize !== undefined) {
    const size = 1 + lengthSize + readNumber(data, at + 1, lengthSize);
    return first < firstTextType ? { size, inner: 0 } : { size, inner: 0, text: 1 + lengthSize };
  }
  const extensionSize = extensionSizes[first];
  if (extensionSize !== undefined)
    return { size: 2 + extensionSize + readNumber(data, at + 1, extensionSize), inner: 0 };
  const countSize = countSizes[first];
  if (countSize === undefined) return { size: 1 + (fixedSizes[first] ?? 0), inner: 0 };
  const count = readNumber(data, at + 1, countSize);
  return { size: 1 + countSize, inner: first >= 0xde ? count * 2 : count };
};

/** Why `data` is refused before it is decoded. What is no MessagePack at all is left for the decoder to refuse. */
export const refusalOf = (data: Uint8Array, maxDepth: number): string | undefined => {
  const open: number[] = [];
  let at = 0;
  while (at < data.length) {
    const { size, inner, text } = headAt(data, at);
    if (text !== undefined && !isText(data, at + text, at + size)) return notUtf8;
    at += size;
    if (inner > 0) {
      if (open.length === maxDepth) return 'nested too deeply';
      open.push(inner);
      continue;
    }
    while (open.length > 0) {
      const left = (open.at(-1) ?? 0) - 1;
      open[open.length - 1] = left;
      if (left > 0) break;
      open.pop();
    }
    if (open.length === 0) return undefined;
  }
  return undefined;
};

/** Texts of more octets are read by a TextDecoder, which drops U+FEFF at their start. */
const longestWithMark = 200;
const mark = Buffer.from('\u{feff}');
const markStart = 0xef;
const text32 = 0xdb;

/** `data` with U+FEFF put before each text that may begin with it, where the decoder drops one. */
export const withSpareMarks = (data: Uint8Array): Uint8Array => {
  // Nearly every message has none.
  if (!data.includes(markStart)) return data;
  const parts: Uint8Array[] = [];
  let copied = 0;
  for (let at = 0; at < data.length; ) {
    const { size, text } = headAt(data, at);
    if (text !== undefined && size - text > longestWithMark && data[at + text] === markStart) {
      const head = Buffer.alloc(5, text32);
      head.writeUInt32BE(size - text + mark.length, 1);
      parts.push(data.subarray(copied, at), head, mark);
      copied = at + text;
    }
    at += size;
  }
  return copied === 0 ? data : Buffer.concat([...parts, data.subarray(copied)]);
};
