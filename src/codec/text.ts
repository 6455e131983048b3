/** Text from the wire: valid UTF-8 only (RFC 3629: no overlong forms, no surrogates). */

import { isUtf8 } from '#platform/octets';

import { ProtocolViolation } from '../wamp/error.ts';

/** Why octets are refused as a text. */
export const notUtf8 = 'a text is not UTF-8';

// A byte order mark is kept: it is a character of the text like any other.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Decodes `data` as UTF-8. Throws a ProtocolViolation if it is invalid. */
export const readText = (data: Uint8Array): string => {
  try {
    return decoder.decode(data);
  } catch {
    throw new ProtocolViolation(notUtf8);
  }
};

/** How many octets are checked here for ASCII. Most texts are short ASCII and then need no decoder. */
const fewOctets = 128;

/** Whether the octets of `data` from `from` up to `to`, or up to its end, are valid UTF-8. */
export const isText = (data: Uint8Array, from: number, to: number): boolean => {
  const end = Math.min(to, data.length);
  const near = Math.min(end, from + fewOctets);
  let at = from;
  while (at < near && (data[at] ?? 0) < 0x80) at += 1;
  return at >= end || isUtf8(data, at, end);
};
