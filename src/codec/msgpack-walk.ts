/** The heads of MessagePack, and what its decoder loses: U+FEFF at the start of a long text. */

import type { Head, ReadHead } from './walk.ts';
import { createHead, readNumber } from './walk.ts';

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
/** The least of `countSizes` that is a map. */
const firstMapType = 222;

/** Reads a head. Texts are to be checked, as the decoder reads what is no UTF-8 as something else. */
export const readMsgpackHead: ReadHead = (data, at, head) => {
  const first = data[at] ?? 0;
  head.size = 1;
  head.inner = 0;
  head.text = 0;
  if (first < 0x80 || first >= 0xe0) return;
  if (first < 0x90) head.inner = (first & 0x0f) * 2;
  else if (first < 0xa0) head.inner = first & 0x0f;
  else if (first < 0xc0) {
    head.size = 1 + (first & 0x1f);
    head.text = 1;
  } else readLongHead(data, at, head, first);
};

const readLongHead = (data: Uint8Array, at: number, head: Head, first: number): void => {
  const lengthSize = lengthSizes[first];
  const extensionSize = extensionSizes[first];
  const countSize = countSizes[first];
  if (lengthSize !== undefined) {
    head.size = 1 + lengthSize + readNumber(data, at + 1, lengthSize);
    if (first >= firstTextType) head.text = 1 + lengthSize;
  } else if (extensionSize !== undefined) {
    head.size = 2 + extensionSize + readNumber(data, at + 1, extensionSize);
  } else if (countSize !== undefined) {
    const count = readNumber(data, at + 1, countSize);
    head.size = 1 + countSize;
    head.inner = first >= firstMapType ? count * 2 : count;
  } else head.size = 1 + (fixedSizes[first] ?? 0);
};

/** Texts of more octets are read by a TextDecoder, which drops U+FEFF at their start. */
const longestWithMark = 200;
const head = createHead();
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
    readMsgpackHead(data, at, head);
    const { size, text } = head;
    if (text > 0 && size - text > longestWithMark && data[at + text] === markStart) {
      const head = Buffer.alloc(5, text32);
      head.writeUInt32BE(size - text + mark.length, 1);
      parts.push(data.subarray(copied, at), head, mark);
      copied = at + text;
    }
    at += size;
  }
  return copied === 0 ? data : Buffer.concat([...parts, data.subarray(copied)]);
};
