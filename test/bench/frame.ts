/** WebSocket frames (RFC 6455, 5.2) of WAMP v1 messages, built ahead so that the load generator only writes bytes. */

import { randomBytes } from 'node:crypto';

/** Opcodes that occur here (RFC 6455, 5.2). */
export const opcode = { text: 1, close: 8, ping: 9, pong: 10 } as const;

const finalBit = 0x80;
const maskBit = 0x80;

const header = (code: number, length: number, masked: number): Buffer => {
  const first = finalBit | code;
  if (length < 126) return Buffer.from([first, masked | length]);
  if (length < 65_536) return Buffer.from([first, masked | 126, length >> 8, length & 255]);
  const long = Buffer.alloc(10);
  long[0] = first;
  long[1] = masked | 127;
  long.writeBigUInt64BE(BigInt(length), 2);
  return long;
};

/** One message as a server sends it: unmasked, so the same bytes serve every subscriber. */
export const serverFrame = (message: unknown): Buffer => {
  const text = JSON.stringify(message);
  const length = Buffer.byteLength(text);
  const head = header(opcode.text, length, 0);
  const frame = Buffer.allocUnsafe(head.length + length);
  frame.set(head);
  frame.write(text, head.length);
  return frame;
};

/** Bytes as a client must send them: masked with a key of their own (RFC 6455, 5.3). */
export const maskedFrame = (code: number, payload: Buffer): Buffer => {
  const key = randomBytes(4);
  const masked = Buffer.from(payload.map((byte, index) => byte ^ (key[index & 3] ?? 0)));
  return Buffer.concat([header(code, payload.length, maskBit), key, masked]);
};

/** One message as a client sends it. */
export const clientFrame = (message: unknown): Buffer => maskedFrame(opcode.text, Buffer.from(JSON.stringify(message)));

/** Frames of one length, laid end to end so that any run of them is one slice. */
export interface Ring {
  readonly size: number;
  /** `count` frames from place `from` on; more than one piece where the ring is passed round. */
  slices(from: number, count: number): Buffer[];
}

/** Lays the messages end to end. They must encode to the same length. */
export const createRing = (messages: readonly unknown[]): Ring => {
  const frames = messages.map(clientFrame);
  const length = frames[0]?.length ?? 0;
  if (frames.some((frame) => frame.length !== length)) throw new Error('the frames of a ring must have one length');
  const bytes = Buffer.concat(frames);
  const size = messages.length;
  return {
    size,
    slices: (from, count) => {
      const slices: Buffer[] = [];
      for (let at = from % size, left = count; left > 0; at = 0) {
        const run = Math.min(left, size - at);
        slices.push(bytes.subarray(at * length, (at + run) * length));
        left -= run;
      }
      return slices;
    },
  };
};

const payloadLength = 64;

/** The n-th payload: 64 bytes that say which one it is. */
export const payload = (index: number): string => String(index).padStart(8, '0').padEnd(payloadLength, ' WAMP');
