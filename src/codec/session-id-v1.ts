/**
 * Session ids of WAMP v1: 16 unguessable characters on the wire, and the numeric id that the rest of the router knows the
 * same session by. The text is the number and nothing but the number, spread over its 12 octets, so no table has to be kept
 * to read the ids in a PUBLISH, and a text that is off by one character is nobody's id.
 */

import type { FillRandom, Id } from '../wamp/id.ts';
import { idFromBytes } from '../wamp/id.ts';

const octets = 12;
/** The octets that hold the number; those behind them follow from these. */
const numberOctets = 7;
const form = /^[A-Za-z0-9_-]{16}$/;

// Each octet behind the number is the sum of two of the number's, so none of the text looks constant.
const complete = (bytes: Uint8Array): Uint8Array => {
  bytes[numberOctets - 1] = (bytes[numberOctets - 1] ?? 0) & 0x1f;
  for (let at = numberOctets; at < octets; at += 1) {
    bytes[at] = (bytes[at - numberOctets] ?? 0) + (bytes[at - numberOctets + 1] ?? 0);
  }
  return bytes;
};

const toText = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');

/** A new session id in both forms. */
export const createV1SessionId = (fill: FillRandom): { readonly text: string; readonly id: Id } => {
  const bytes = new Uint8Array(octets);
  fill(bytes);
  complete(bytes);
  return { text: toText(bytes), id: idFromBytes(bytes) };
};

/** The number in a session id; undefined for a text that is none. */
export const parseV1SessionId = (text: string): Id | undefined => {
  if (!form.test(text)) return undefined;
  const bytes = complete(Buffer.from(text, 'base64url'));
  return toText(bytes) === text ? idFromBytes(bytes) : undefined;
};
