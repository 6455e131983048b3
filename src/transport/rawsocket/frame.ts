/**
 * RawSocket on the wire (WAMP, "RawSocket Transport"): a handshake of four octets, and a header of four octets before each
 * payload. This file frames what is sent, and reads frames from chunks that may be cut anywhere. It does not use sockets.
 */

import { tooMuchTooEarly } from '../hello-limit.ts';
import type { Framing } from '../link.ts';

/** The types of frames, as the header encodes them. */
export const frameType = { message: 0, ping: 1, pong: 2 } as const;
/** The type of a frame. */
export type FrameType = (typeof frameType)[keyof typeof frameType];

/** The codes that tell a peer why its handshake is refused. */
export const handshakeError = {
  serializerUnsupported: 1,
  lengthUnacceptable: 2,
  reservedBits: 3,
  maxConnections: 4,
} as const;
/** The code that tells a peer why its handshake is refused. */
export type HandshakeError = (typeof handshakeError)[keyof typeof handshakeError];

/** The first octet of every handshake; no HTTP request and no TLS record begins with it. */
export const magicOctet = 0x7f;
/** Octets of a handshake. */
export const handshakeLength = 4;

/** Octets before the payload of a frame. */
export const frameHeaderLength = 4;
const largestPayload = 2 ** 24;
/** The 25th bit of the length: set for a payload of exactly 16 MiB. */
const extraBit = 0x08;
const reservedBits = 0xf0;
/** The smallest limit that can be announced, in octets. */
export const smallestLength = 512;

const createFrame = (type: FrameType, length: number): Buffer => {
  if (length > largestPayload) throw new RangeError(`a RawSocket frame holds 16 MiB at most, not ${length} octets`);
  const frame = Buffer.allocUnsafe(frameHeaderLength + length);
  frame.writeUIntBE(length % largestPayload, 1, 3);
  frame[0] = length === largestPayload ? type | extraBit : type;
  return frame;
};

/** Encodes a whole frame of any type. Throws a RangeError on a payload of more than 16 MiB. */
export const encodeFrame = (type: FrameType, payload: Uint8Array): Buffer => {
  const frame = createFrame(type, payload.length);
  frame.set(payload, frameHeaderLength);
  return frame;
};

/** Creates the framing of messages. It throws a RangeError on a payload that no frame can hold: more than 16 MiB. */
export const createRawSocketFraming = (): Framing => ({
  text: (payload) => {
    const frame = createFrame(frameType.message, Buffer.byteLength(payload));
    frame.write(payload, frameHeaderLength);
    return frame;
  },
  binary: (payload) => encodeFrame(frameType.message, payload),
  room: (octets) => createFrame(frameType.message, octets),
});

/** The limit to announce for a `maxMessageSize` of at least 512: the largest power of two that is not greater, at most 16 MiB. */
export const announceableLength = (maxMessageSize: number): number => {
  let length = smallestLength;
  while (length < largestPayload && length * 2 <= maxMessageSize) length *= 2;
  return length;
};

/** What both sides say in their handshake. */
export interface RawSocketHandshake {
  /** The number of a serializer, 1 to 15; 0 is none. */
  readonly serializer: number;
  /** The largest payload, in octets, that the sender of this handshake accepts: a power of two, 512 to 16 MiB. */
  readonly maxLength: number;
}

/** Encodes a handshake that requests a connection, or accepts one. */
export const encodeHandshake = ({ serializer, maxLength }: RawSocketHandshake): Buffer =>
  Buffer.from([magicOctet, (Math.log2(maxLength / smallestLength) << 4) | serializer, 0, 0]);

/** Encodes the answer to a handshake that is refused. */
export const encodeHandshakeError = (error: HandshakeError): Buffer => Buffer.from([magicOctet, error << 4, 0, 0]);

/** Whether a handshake uses its reserved octets, the last two. */
export const usesReservedBits = ([, , third, fourth]: Uint8Array): boolean => third !== 0 || fourth !== 0;

/** Reads the four octets of a handshake; undefined when they are not one. */
export const decodeHandshake = (octets: Uint8Array): RawSocketHandshake | undefined => {
  const [magic, second = 0] = octets;
  if (magic !== magicOctet || octets.length < handshakeLength) return undefined;
  return { serializer: second & 0x0f, maxLength: smallestLength << (second >> 4) };
};

/** Options of a frame reader. */
export interface FrameReaderOptions {
  /** The largest payload that is accepted, in octets. */
  readonly maxLength: number;
  /** Octets that all payloads together may have until `liftHelloLimit` is called. Default: no limit. */
  readonly maxHelloSize?: number;
  /** One whole frame. The payload is not kept and may share its memory with the chunk. */
  readonly onFrame: (type: FrameType, payload: Buffer) => void;
  /** The octets are no frames, or a frame exceeds a limit. Nothing is read after it. */
  readonly onError: (reason: string) => void;
}

/** Reads frames out of chunks. */
export interface FrameReader {
  push(chunk: Buffer): void;
  /** Ends the limit on all payloads together. */
  liftHelloLimit(): void;
}

interface Header {
  readonly type: FrameType;
  readonly length: number;
}

const knownTypes = new Set<number>(Object.values(frameType));
const isFrameType = (type: number): type is FrameType => knownTypes.has(type);

/** Returns the header, or a sentence that says what is wrong with it. */
const readHeader = (octets: Buffer, maxLength: number): Header | string => {
  const [first = 0] = octets;
  const type = first & 0x07;
  const low = octets.readUIntBE(1, 3);
  const isLargest = (first & extraBit) !== 0;
  if ((first & reservedBits) !== 0) return 'a frame uses reserved bits';
  if (!isFrameType(type)) return `unknown frame type ${type}`;
  if (isLargest && low !== 0) return 'a frame is longer than 16 MiB';
  const length = isLargest ? largestPayload : low;
  return length > maxLength
    ? `a frame of ${length} octets is longer than the limit of ${maxLength} octets`
    : { type, length };
};

const firstRoom = 4096;

/** A payload that arrives in several chunks. Its memory grows with what has arrived, not with the length that was announced. */
const createBody = ({ type, length }: Header) => {
  let room = Buffer.allocUnsafe(Math.min(length, firstRoom));
  let filled = 0;
  const reserve = (needed: number): void => {
    if (needed <= room.length) return;
    const larger = Buffer.allocUnsafe(Math.min(length, Math.max(needed, room.length * 2)));
    room.copy(larger, 0, 0, filled);
    room = larger;
  };
  return {
    type,
    /** Copies what belongs to this payload from `chunk`, beginning at `at`. Returns the number of octets. */
    take: (chunk: Buffer, at: number): number => {
      const count = Math.min(length - filled, chunk.length - at);
      reserve(filled + count);
      filled += chunk.copy(room, filled, at, at + count);
      return count;
    },
    /** The payload once it is complete; undefined before. */
    whole: (): Buffer | undefined => (filled === length ? room : undefined),
  };
};

/** Creates a reader that begins at the start of a frame. */
export const createFrameReader = (options: FrameReaderOptions): FrameReader => {
  const { maxLength, maxHelloSize = Number.POSITIVE_INFINITY, onFrame, onError } = options;
  const header = Buffer.alloc(frameHeaderLength);
  let headerFilled = 0;
  let body: ReturnType<typeof createBody> | undefined;
  let hasFailed = false;
  /** Octets of payload that the limit still allows. */
  let room = maxHelloSize;

  const fail = (reason: string): void => {
    hasFailed = true;
    onError(reason);
  };
  // Both read what they can, beginning at `at`, and return where they stopped.
  const takeHeader = (chunk: Buffer, at: number): number => {
    const count = chunk.copy(header, headerFilled, at);
    headerFilled += count;
    const next = at + count;
    if (headerFilled < frameHeaderLength) return next;
    headerFilled = 0;
    const read = readHeader(header, maxLength);
    if (typeof read === 'string') {
      fail(read);
      return next;
    }
    room -= read.length;
    if (room < 0) {
      fail(tooMuchTooEarly(maxHelloSize));
      return next;
    }
    const end = next + read.length;
    if (end > chunk.length) {
      body = createBody(read);
      return next;
    }
    onFrame(read.type, chunk.subarray(next, end));
    return end;
  };
  const takeBody = (started: NonNullable<typeof body>, chunk: Buffer, at: number): number => {
    const next = at + started.take(chunk, at);
    const payload = started.whole();
    if (payload) {
      body = undefined;
      onFrame(started.type, payload);
    }
    return next;
  };
  return {
    push: (chunk) => {
      let at = 0;
      while (at < chunk.length && !hasFailed) at = body ? takeBody(body, chunk, at) : takeHeader(chunk, at);
    },
    liftHelloLimit: () => {
      room = Number.POSITIVE_INFINITY;
    },
  };
};
