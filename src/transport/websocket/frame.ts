/**
 * WebSocket framing of what the router sends (RFC 6455, 5.2), and the error texts for frames that cannot be read. Frames of a
 * server are not masked, so one framed buffer serves every link. Links that negotiated compression get the bare payload, and
 * `ws` frames it.
 */

import type { Framing } from '../link.ts';

/** Octets before the payload of a client's control frame (RFC 6455, 5.2). */
export const clientHeaderLength = 6;

const finalText = 0x81;
const finalBinary = 0x82;

const headerLength = (payload: number): number => (payload < 126 ? 2 : payload < 65_536 ? 4 : 10);

const writeHeader = (frame: Buffer, first: number, payload: number): void => {
  frame[0] = first;
  if (payload < 126) {
    frame[1] = payload;
  } else if (payload < 65_536) {
    frame[1] = 126;
    frame.writeUInt16BE(payload, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(payload), 2);
  }
};

const room: Framing['room'] = (octets, isText) => {
  const frame = Buffer.allocUnsafe(headerLength(octets) + octets);
  writeHeader(frame, isText ? finalText : finalBinary, octets);
  return frame;
};

/** Whole WebSocket frames, ready for the socket. */
export const websocketFraming: Framing = {
  text: (payload) => {
    const length = Buffer.byteLength(payload);
    const frame = room(length, true);
    frame.write(payload, frame.length - length);
    return frame;
  },
  binary: (payload) => {
    const frame = room(payload.length, false);
    frame.set(payload, frame.length - payload.length);
    return frame;
  },
  room,
};

/** Bare payloads, for links that frame by themselves. */
export const payloadFraming: Framing = {
  text: (payload) => Buffer.from(payload),
  binary: (payload) => payload,
  room: (octets) => Buffer.allocUnsafe(octets),
};

const faults: Readonly<Record<number, string>> = {
  1002: 'the data is not a valid WebSocket frame',
  1007: 'a message is not valid UTF-8, or cannot be decompressed',
  1008: 'a message has too many fragments',
  1009: 'a message is too large',
};

/** What a peer did wrong when `ws` closes with this code (RFC 6455, 7.4.1). */
export const faultOf = (code: number): string => faults[code] ?? 'the data cannot be read';
