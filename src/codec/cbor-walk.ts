/** Reads the heads of CBOR values (RFC 8949, 3). */

import type { ReadHead } from './walk.ts';
import { endless, isBreak, isEmpty, readNumber, trait } from './walk.ts';

const major = { octets: 2, text: 3, list: 4, map: 5, tag: 6, simple: 7 } as const;
/** From this number on, the value is in the 1, 2, 4 or 8 octets after the first. */
const firstLong = 24;
const firstReserved = 28;
/** No number: the container ends with a break, or this is the break. */
const indefinite = 31;

/** Reads a head. A tag counts as a container of one value. Texts must be checked, because the decoder repairs invalid UTF-8. */
export const readCborHead: ReadHead = (data, at, head) => {
  const first = data[at] ?? 0;
  const type = first >> 5;
  const info = first & 31;
  const more = info < firstLong || info >= firstReserved ? 0 : 1 << (info - firstLong);
  head.size = 1 + more;
  head.inner = 0;
  head.text = 0;
  if (type < major.octets) return;
  if (type === major.simple) {
    if (info === indefinite) head.inner = isBreak;
    return;
  }
  if (type === major.tag) {
    head.inner = 1;
    return;
  }
  if (info === indefinite) {
    head.inner = endless;
    return;
  }
  const count = more === 0 ? info : readNumber(data, at + 1, more);
  if (type === major.list) head.inner = count || isEmpty;
  else if (type === major.map) head.inner = count * 2 || isEmpty;
  else {
    if (type === major.text) head.text = head.size;
    else head.traits |= trait.binary;
    head.size += count;
  }
};
