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

const writeHeader = (frame: Buffer, first: number, payload: number): number => {
  frame[0] = first;
  if (payload < 126) {
    frame[1] = payload;
    return 2;
  }
  if (payload < 65_536) {
    frame[1] = 126;
    return frame.writeUInt16BE(payload, 2);
  }
  frame[1] = 127;
  return frame.writeBigUInt64BE(BigInt(payload), 2);
};

/** Whole WebSocket frames, ready for the socket. */
export const websocketFraming: Framing = {
  text: (payload) => {
    const length = Buffer.byteLength(payload);
    const frame = Buffer.allocUnsafe(headerLength(length) + length);
    frame.write(payload, writeHeader(frame, finalText, length));
    return frame;
  },
  binary: (payload) => {
    const { length } = payload;
    const frame = Buffer.allocUnsafe(headerLength(length) + length);
    frame.set(payload, writeHeader(frame, finalBinary, length));
    return frame;
  },
};

/** Bare payloads, for links that frame by themselves. */
export const payloadFraming: Framing = { text: (payload) => Buffer.from(payload), binary: (payload) => payload };

const faults: Readonly<Record<number, string>> = {
  1002: 'the data is not a valid WebSocket frame',
  1007: 'a message is not valid UTF-8, or cannot be decompressed',
  1008: 'a message has too many fragments',
  1009: 'a message is too large',
};

/** What a peer did wrong when `ws` closes with this code (RFC 6455, 7.4.1). */
export const faultOf = (code: number): string => faults[code] ?? 'the data cannot be read';
