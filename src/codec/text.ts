/** Text as it comes from the wire: UTF-8 and nothing else (RFC 3629: no overlong forms, no surrogates). */

import { ProtocolViolation } from '../wamp/error.ts';

/** Why octets that should be a text are none. */
export const notUtf8 = 'a text is not UTF-8';

// A byte order mark is a character like any other: nothing of a text may get lost.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text that `data` is. Throws where it is no UTF-8. */
export const readText = (data: Uint8Array): string => {
  try {
    return decoder.decode(data);
  } catch {
    throw new ProtocolViolation(notUtf8);
  }
};

/** Octets that are looked at here: what is short and ASCII, as most texts are, needs no decoder. */
const fewOctets = 128;

/** Whether the octets of `data` from `from` to `to`, as far as they are there, are UTF-8. */
export const isText = (data: Uint8Array, from: number, to: number): boolean => {
  const end = Math.min(to, data.length);
  const near = Math.min(end, from + fewOctets);
  let at = from;
  while (at < near && (data[at] ?? 0) < 0x80) at += 1;
  if (at >= end) return true;
  try {
    decoder.decode(data.subarray(at, end));
    return true;
  } catch {
    return false;
  }
};
