/** Frames a message whose payload is there in octets: these are copied once, into the frame. */

import type { Framing } from '../transport/link.ts';

/** Up to this length, octets and characters are written one by one: a call of the engine would take longer. */
const short = 64;

const putOctets = (frame: Buffer, octets: Uint8Array, start: number): void => {
  if (octets.length > short) frame.set(octets, start);
  else for (let at = 0; at < octets.length; at += 1) frame[start + at] = octets[at] as number;
};

/** Writes a text that takes `length` octets in UTF-8: as many as it has characters if it is ASCII. */
const putText = (frame: Buffer, text: string, length: number, start: number): void => {
  if (length > short || length > text.length) frame.write(text, start);
  else for (let at = 0; at < length; at += 1) frame[start + at] = text.charCodeAt(at);
};

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
  if (isText) putText(frame, head, headLength, start);
  else putOctets(frame, head, start);
  putOctets(frame, octets, start + headLength);
  putText(frame, tail, tail.length, frame.length - tail.length);
  return frame;
};
