/** Reads the heads of CBOR values (RFC 8949, 3). */

import type { ReadHead } from './walk.ts';
import { endless, kind, readNumber } from './walk.ts';

const major = { octets: 2, list: 4, tag: 6, simple: 7 } as const;
/** What a value of each major type is; those that are simple are looked at closer. */
const kinds: readonly number[] = [
  kind.scalar,
  kind.scalar,
  kind.binary,
  kind.text,
  kind.list,
  kind.dictionary,
  kind.tag,
  kind.scalar,
];
/** From this number on, the value is in the 1, 2, 4 or 8 octets after the first. */
const firstLong = 24;
const longest = 27;
/** No number: the container ends with a break, or this is the break. */
const indefinite = 31;

const null_ = 0xf6;
const undefined_ = 0xf7;
const simpleInOctet = 0xf8;
/** Smaller ones have to be written in the first octet (RFC 8949, 3.3). */
const firstInOctet = 32;
const break_ = 0xff;

const kindOfSimple = (first: number, next: number): number => {
  if (first === null_ || first === undefined_) return kind.nothing;
  if (first === break_) return kind.break;
  return first === simpleInOctet && next < firstInOctet ? kind.reserved : kind.scalar;
};

/** What a value without a length is: integers and tags always have one. */
const kindOfEndless = (type: number): number =>
  type < major.octets || type === major.tag ? kind.reserved : (kinds[type] as number);

/** Reads a head. The count of a tag is its number. */
export const readCborHead: ReadHead = (data, at, head) => {
  const first = data[at] ?? 0;
  const type = first >> 5;
  const info = first & 31;
  const more = info < firstLong ? 0 : info > longest ? 0 : 1 << (info - firstLong);
  head.start = 1 + more;
  head.size = head.start;
  head.count = 0;
  if (type === major.simple) {
    head.kind = info > longest && info < indefinite ? kind.reserved : kindOfSimple(first, data[at + 1] ?? 0);
    return;
  }
  if (info > longest) {
    head.kind = info === indefinite ? kindOfEndless(type) : kind.reserved;
    head.count = endless;
    return;
  }
  if (type < major.octets) {
    head.kind = info === longest ? kind.longInteger : kind.scalar;
    return;
  }
  head.kind = kinds[type] as number;
  head.count = more === 0 ? info : readNumber(data, at + 1, more);
  if (type < major.list) head.size += head.count;
};
