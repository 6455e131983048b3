/** Frames a message whose payload is there in octets: these are copied once, into the frame. */

import type { Framing } from '../transport/link.ts';

/** A frame of `head`, `octets` and `tail`; a text message if the head is a text. The tail is ASCII. */
export const frameParts = (
  head: string | Uint8Array,
  octets: Uint8Array,
  tail: string,
  framing: Framing,
): Uint8Array => {
  const isText = typeof head === 'string';
  const headLength = isText ? Buffer.byteLength(head) : head.length;
  const length = headLength + octets.length + tail.length;
  const frame = framing.room(length, isText);
  const start = frame.length - length;
  if (isText) frame.write(head, start);
  else frame.set(head, start);
  frame.set(octets, start + headLength);
  // At most one octet, for which a call of the engine would take longer.
  for (let at = 0; at < tail.length; at += 1) frame[frame.length - tail.length + at] = tail.charCodeAt(at);
  return frame;
};
