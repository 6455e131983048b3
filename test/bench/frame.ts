/** WebSocket frames (RFC 6455, 5.2), built ahead so that the load generator only writes bytes. */

import type { IdWidth, Wire } from './wire.ts';

/** Opcodes that occur here (RFC 6455, 5.2). */
export const opcode = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

const finalBit = 0x80;
const maskBit = 0x80;
// Clients must mask (RFC 6455, 5.3); whether the key is a good one is of no interest here.
const maskKey = Buffer.from([0x5a, 0xc3, 0x17, 0x9e]);

/** The octets before a payload of this length, a mask not counted. */
const headerOf = (length: number): number => (length < 126 ? 2 : length < 65_536 ? 4 : 10);

/** A frame with its header, and room for `extra` octets and the payload. */
const begin = (code: number, length: number, masked: number, extra: number): Buffer => {
  const head = headerOf(length);
  const frame = Buffer.allocUnsafe(head + extra + length);
  frame[0] = finalBit | code;
  frame[1] = masked | (head === 2 ? length : head === 4 ? 126 : 127);
  if (head === 4) frame.writeUInt16BE(length, 2);
  if (head === 10) frame.writeBigUInt64BE(BigInt(length), 2);
  return frame;
};

/** A message as a server sends it: unmasked, so the same bytes serve every subscriber. */
export const serverFrame = (code: number, payload: Uint8Array): Buffer => {
  const frame = begin(code, payload.length, 0, 0);
  frame.set(payload, headerOf(payload.length));
  return frame;
};

/** Bytes as a client must send them. */
export const maskedFrame = (code: number, payload: Uint8Array): Buffer => {
  const frame = begin(code, payload.length, maskBit, maskKey.length);
  const head = headerOf(payload.length);
  frame.set(maskKey, head);
  const start = head + maskKey.length;
  for (let at = 0; at < payload.length; at++) {
    frame[start + at] = (payload[at] as number) ^ (maskKey[at & 3] as number);
  }
  return frame;
};

/** One message as a client sends it. */
export const clientFrame = (wire: Wire, message: unknown): Buffer => maskedFrame(wire.opcode, wire.encode(message));

/** A frame in which only the request id has to be written anew. */
interface Template {
  readonly frame: Buffer;
  /** Where the id is; -1 when there is none. */
  readonly at: number;
  readonly octets: number;
  /** The place of the id within the masked payload, as the mask depends on it. */
  readonly offset: number;
}

const templateOf = (wire: Wire, { least, most }: IdWidth, build: (id: number) => unknown): Template => {
  const [low, high] = [Buffer.from(wire.encode(build(least))), Buffer.from(wire.encode(build(most)))];
  const offset = low.findIndex((octet, at) => octet !== high[at]);
  const frame = maskedFrame(wire.opcode, low);
  const octets = wire.hasDigits ? String(most).length : most <= 0xff ? 1 : most <= 0xffff ? 2 : 4;
  return { frame, at: offset < 0 ? -1 : frame.length - low.length + offset, octets, offset };
};

/** Messages that go round, each time with new request ids. */
export interface Ring {
  /** `count` frames from place `from` on; the first of them has the request id `id`. */
  take(from: number, count: number, id: number): Buffer;
}

const writeId = (chunk: Buffer, start: number, { at, octets, offset }: Template, id: number, base: number): void => {
  let rest = id;
  for (let place = octets - 1; place >= 0; place--) {
    const octet = base === 10 ? 48 + (rest % 10) : rest & 255;
    rest = Math.floor(rest / base);
    chunk[start + at + place] = octet ^ (maskKey[(offset + place) & 3] as number);
  }
};

/** A ring of `size` messages. */
export const createRing = (wire: Wire, size: number, build: (id: number, index: number) => unknown): Ring => {
  const base = wire.hasDigits ? 10 : 256;
  const templates = wire.widths.map((width) =>
    Array.from({ length: size }, (_, index) => templateOf(wire, width, (id) => build(id, index))),
  );
  const longest = Math.max(...templates.flat().map(({ frame }) => frame.length));
  const widthOf = (id: number): number => wire.widths.findIndex(({ most }) => id <= most);
  return {
    take: (from, count, first) => {
      const chunk = Buffer.allocUnsafe(longest * count);
      let [end, width] = [0, widthOf(first)];
      for (let place = 0; place < count; place++) {
        const id = first + place;
        if (id > (wire.widths[width] as IdWidth).most) width++;
        const template = (templates[width] as Template[])[(from + place) % size] as Template;
        template.frame.copy(chunk, end);
        if (template.at >= 0) writeId(chunk, end, template, id, base);
        end += template.frame.length;
      }
      return chunk.subarray(0, end);
    },
  };
};

const payloadLength = 64;

/** The n-th payload: 64 bytes, or `length`, that say which one it is. */
export const payload = (index: number, length = payloadLength): string =>
  String(index).padStart(8, '0').padEnd(length, ' WAMP');
