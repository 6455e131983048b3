/**
 * The octets of RawSocket (WAMP, "RawSocket Transport"): four for the handshake, four before each frame. Framing of what
 * the router sends, and a reader of what arrives, cut wherever the wire cuts it. Nothing in here knows a socket.
 */

import { tooMuchTooEarly } from '../hello-limit.ts';
import type { Framing } from '../link.ts';

/** What a frame is. */
export const frameType = { message: 0, ping: 1, pong: 2 } as const;
/** What a frame is. */
export type FrameType = (typeof frameType)[keyof typeof frameType];

/** Why a handshake is refused, as the peer is told. */
export const handshakeError = {
  serializerUnsupported: 1,
  lengthUnacceptable: 2,
  reservedBits: 3,
  maxConnections: 4,
} as const;
/** Why a handshake is refused, as the peer is told. */
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

/** A whole frame of any type, ready for the socket. */
export const encodeFrame = (type: FrameType, payload: Uint8Array): Buffer => {
  const frame = createFrame(type, payload.length);
  frame.set(payload, frameHeaderLength);
  return frame;
};

/** Whole frames, ready for the socket. Throws a RangeError on a payload that no frame can hold: more than 16 MiB. */
export const createRawSocketFraming = (): Framing => ({
  text: (payload) => {
    const frame = createFrame(frameType.message, Buffer.byteLength(payload));
    frame.write(payload, frameHeaderLength);
    return frame;
  },
  binary: (payload) => encodeFrame(frameType.message, payload),
});

/** The limit that can be announced for a `maxMessageSize` of 512 at least: the largest power of two within it, at most 16 MiB. */
export const announceableLength = (maxMessageSize: number): number => {
  let length = smallestLength;
  while (length < largestPayload && length * 2 <= maxMessageSize) length *= 2;
  return length;
};

/** What both sides say in their handshake. */
export interface RawSocketHandshake {
  /** 1 JSON, 2 MessagePack, 3 CBOR; 0 is no serializer. */
  readonly serializer: number;
  /** The largest payload, in octets, that the sender of this handshake takes: a power of two, 512 to 16 MiB. */
  readonly maxLength: number;
}

/** Four octets that request, or accept. */
export const encodeHandshake = ({ serializer, maxLength }: RawSocketHandshake): Buffer =>
  Buffer.from([magicOctet, (Math.log2(maxLength / smallestLength) << 4) | serializer, 0, 0]);

/** Four octets that refuse. */
export const encodeHandshakeError = (error: HandshakeError): Buffer => Buffer.from([magicOctet, error << 4, 0, 0]);

/** Whether the four octets of a handshake use those that are reserved: the last two. */
export const usesReservedBits = ([, , third, fourth]: Uint8Array): boolean => third !== 0 || fourth !== 0;

/** Reads the four octets of a handshake; undefined when they are none. */
export const decodeHandshake = (octets: Uint8Array): RawSocketHandshake | undefined => {
  const [magic, second = 0] = octets;
  if (magic !== magicOctet || octets.length < handshakeLength) return undefined;
  return { serializer: second & 0x0f, maxLength: smallestLength << (second >> 4) };
};

/** What a reader needs. */
export interface FrameReaderOptions {
  /** The largest payload that is taken, in octets. */
  readonly maxLength: number;
  /** Octets of all payloads together that are taken until the limit is lifted. Default: there is none. */
  readonly maxHelloSize?: number;
  /** One whole frame. The payload is not kept and may share its memory with the chunk. */
  readonly onFrame: (type: FrameType, payload: Buffer) => void;
  /** The octets are no frames, or too long a frame is announced. Nothing is read after it. */
  readonly onError: (reason: string) => void;
}

/** Reads frames out of chunks. */
export interface FrameReader {
  push(chunk: Buffer): void;
  /** The peer is somebody now: there is no bound on all frames together any more. */
  liftHelloLimit(): void;
}

interface Header {
  readonly type: FrameType;
  readonly length: number;
}

const knownTypes = new Set<number>(Object.values(frameType));
const isFrameType = (type: number): type is FrameType => knownTypes.has(type);

/** The header, or what is wrong with it. */
const readHeader = (octets: Buffer, maxLength: number): Header | string => {
  const [first = 0] = octets;
  const type = first & 0x07;
  const low = octets.readUIntBE(1, 3);
  const isLargest = (first & extraBit) !== 0;
  if ((first & reservedBits) !== 0) return 'a frame uses reserved bits';
  if (!isFrameType(type)) return `there is no frame type ${type}`;
  if (isLargest && low !== 0) return 'a frame is longer than 16 MiB';
  const length = isLargest ? largestPayload : low;
  return length > maxLength
    ? `a frame of ${length} octets is longer than the ${maxLength} that are taken`
    : { type, length };
};

const firstRoom = 4096;

/** A payload that comes in parts. Its memory grows with what has arrived, whatever was announced. */
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
    /** Takes what belongs to it; returns how many octets that was. */
    take: (chunk: Buffer, at: number): number => {
      const count = Math.min(length - filled, chunk.length - at);
      reserve(filled + count);
      filled += chunk.copy(room, filled, at, at + count);
      return count;
    },
    /** The payload, once all of it is there. */
    whole: (): Buffer | undefined => (filled === length ? room : undefined),
  };
};

/** A reader at the start of a frame. */
export const createFrameReader = (options: FrameReaderOptions): FrameReader => {
  const { maxLength, maxHelloSize = Number.POSITIVE_INFINITY, onFrame, onError } = options;
  const header = Buffer.alloc(frameHeaderLength);
  let headerFilled = 0;
  let body: ReturnType<typeof createBody> | undefined;
  let hasFailed = false;
  /** Octets that may still come. */
  let room = maxHelloSize;

  const fail = (reason: string): void => {
    hasFailed = true;
    onError(reason);
  };
  // Both take what they can from `at` on and return where they stopped.
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
