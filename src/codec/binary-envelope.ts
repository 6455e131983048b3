/**
 * Envelopes of the binary serializers. Nearly all of them are ids, a URI, and options or details without entries, which are read
 * and written here: the libraries take two to five times as long for a message. All else is left to them.
 */

import { allocateKept, toText } from '#platform/octets';
import { noDetails } from '../base/dict.ts';
import type { ReadHead } from './walk.ts';
import { createHead, found, kind, readNumber } from './walk.ts';

/** What a binary serializer has in common with the others, as its first octets say it. */
export interface BinaryHeads {
  /** Numbers below this are their own first octet. */
  readonly firstLong: number;
  /** The first octet of a number in the octet behind it. Those of numbers in 2, 4 and 8 octets follow. */
  readonly octetNumber: number;
  /** The first octet of an empty list. That of a list of a few elements is as many more. */
  readonly emptyList: number;
  /** An empty dictionary. */
  readonly emptyDictionary: number;
  readonly readHead: ReadHead;
}

const head = createHead();

/** The number at `at` that is not negative and in the range of ids; undefined if there is another value. */
const readId = (data: Uint8Array, at: number, { firstLong, octetNumber }: BinaryHeads): number | undefined => {
  const first = data[at] as number;
  if (first < firstLong) return first;
  const power = first - octetNumber;
  if (power < 0 || power > 3) return undefined;
  const id = readNumber(data, at + 1, 1 << power);
  return id <= Number.MAX_SAFE_INTEGER ? id : undefined;
};

/** The text at `at`, which is known to be one of UTF-8; undefined if it is in parts. */
const readPlainText = (data: Uint8Array, at: number, readHead: ReadHead): string | undefined => {
  readHead(data, at, head);
  if (head.count < 0) return undefined;
  return toText(data, at + head.start, at + head.size);
};

/**
 * The first `count` elements of the message `data`, which was walked over last. Undefined if one of them is no id, no text and
 * no empty dictionary.
 */
export const readPlain = (data: Uint8Array, count: number, heads: BinaryHeads): unknown[] | undefined => {
  const list: unknown[] = [];
  for (let at = 0; at < count; at += 1) {
    const start = found.starts[at] as number;
    const is = found.kinds[at];
    let element: unknown;
    if (is === kind.scalar || is === kind.longInteger) element = readId(data, start, heads);
    else if (is === kind.text) element = readPlainText(data, start, heads.readHead);
    else if (is === kind.dictionary && found.areEmpty[at] === 1) element = noDetails;
    if (element === undefined) return undefined;
    list.push(element);
  }
  return list;
};

/** The most elements that are written here, and room for them: a number takes nine octets at most. */
const mostElements = 8;
const room = allocateKept(1 + 9 * mostElements);

/** Writes a number in `size` octets. */
const putNumber = (value: number, at: number, size: number): void => {
  for (let octet = at + size - 1, rest = value; octet >= at; octet -= 1, rest = Math.floor(rest / 256)) {
    room[octet] = rest % 256;
  }
};

/** Writes an id, and returns where it ends. */
const putId = (id: number, at: number, { firstLong, octetNumber }: BinaryHeads): number => {
  if (id < firstLong) {
    room[at] = id;
    return at + 1;
  }
  const power = id <= 0xff ? 0 : id <= 0xffff ? 1 : id <= 0xffff_ffff ? 2 : 3;
  room[at] = octetNumber + power;
  putNumber(id, at + 1, 1 << power);
  return at + 1 + (1 << power);
};

/**
 * The beginning of a message of `list` and `more` elements behind it. It is good until the next one is made. Undefined if an
 * element is no number from 0 on and not `noDetails`.
 */
export const writePlain = (list: readonly unknown[], more: number, heads: BinaryHeads): Uint8Array | undefined => {
  if (list.length > mostElements) return undefined;
  room[0] = heads.emptyList + list.length + more;
  let end = 1;
  for (const element of list) {
    if (element === noDetails) {
      room[end] = heads.emptyDictionary;
      end += 1;
    } else if (Number.isSafeInteger(element) && (element as number) >= 0) {
      end = putId(element as number, end, heads);
    } else return undefined;
  }
  return room.subarray(0, end);
};
