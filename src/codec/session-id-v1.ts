/**
 * Session ids of WAMP v1: 16 unguessable characters on the wire, and the numeric id that the rest of the router knows the
 * same session by. The text contains the number, so no table has to be kept to read the ids in a PUBLISH.
 */

import type { FillRandom, Id } from '../wamp/id.ts';
import { idFromBytes } from '../wamp/id.ts';

const octets = 12;
const form = /^[A-Za-z0-9_-]{16}$/;

/** A new session id in both forms. */
export const createV1SessionId = (fill: FillRandom): { readonly text: string; readonly id: Id } => {
  const bytes = new Uint8Array(octets);
  fill(bytes);
  return { text: Buffer.from(bytes).toString('base64url'), id: idFromBytes(bytes) };
};

/** The number in a session id; undefined for a text that is none. */
export const parseV1SessionId = (text: string): Id | undefined =>
  form.test(text) ? idFromBytes(Buffer.from(text, 'base64url')) : undefined;
