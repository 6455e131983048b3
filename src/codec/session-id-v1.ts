/**
 * Session ids of WAMP v1: 16 characters on the wire for the number by which the rest of the router knows the session. The
 * text encodes that number and nothing else, spread over its 12 octets. So no table is needed to read the ids in a PUBLISH,
 * and no other text means the same session.
 */

import type { Id } from '../wamp/id.ts';
import { idFromBytes } from '../wamp/id.ts';

const octets = 12;
const numberOctets = 7;
const form = /^[A-Za-z0-9_-]{16}$/;

/** The text of a session id. */
export const formatV1SessionId = (id: Id): string => {
  const bytes = Buffer.alloc(octets);
  bytes.writeUInt32LE(id % 2 ** 32, 0);
  bytes.writeUIntLE(Math.floor(id / 2 ** 32), 4, 3);
  // Each octet after the number is the sum of two octets of the number, so that no part of the text looks constant.
  for (let at = numberOctets; at < octets; at += 1) {
    bytes[at] = (bytes[at - numberOctets] ?? 0) + (bytes[at - numberOctets + 1] ?? 0);
  }
  return bytes.toString('base64url');
};

/** The number of a session id; undefined if `text` is not one. */
export const parseV1SessionId = (text: string): Id | undefined => {
  if (!form.test(text)) return undefined;
  const id = idFromBytes(Buffer.from(text, 'base64url'));
  return formatV1SessionId(id) === text ? id : undefined;
};
