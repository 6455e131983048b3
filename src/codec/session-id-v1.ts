/**
 * Session ids of WAMP v1: 16 characters on the wire for the number that the rest of the router knows the session by. The
 * text is that number and nothing else, spread over its 12 octets, so no table has to be kept to read the ids in a PUBLISH,
 * and no other text means the same session.
 */

import type { Id } from '../wamp/id.ts';
import { idFromBytes } from '../wamp/id.ts';

const octets = 12;
const numberOctets = 7;
const form = /^[A-Za-z0-9_-]{16}$/;

/** The text for a number. */
export const formatV1SessionId = (id: Id): string => {
  const bytes = Buffer.alloc(octets);
  bytes.writeUInt32LE(id % 2 ** 32, 0);
  bytes.writeUIntLE(Math.floor(id / 2 ** 32), 4, 3);
  // Each octet behind the number is the sum of two of the number's, so that no part of the text looks constant.
  for (let at = numberOctets; at < octets; at += 1) {
    bytes[at] = (bytes[at - numberOctets] ?? 0) + (bytes[at - numberOctets + 1] ?? 0);
  }
  return bytes.toString('base64url');
};

/** The number in a session id; undefined for a text that is none. */
export const parseV1SessionId = (text: string): Id | undefined => {
  if (!form.test(text)) return undefined;
  const id = idFromBytes(Buffer.from(text, 'base64url'));
  return formatV1SessionId(id) === text ? id : undefined;
};
