import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FrameType } from '../../../src/transport/rawsocket/frame.ts';
import {
  announceableLength,
  createFrameReader,
  createRawSocketFraming,
  decodeHandshake,
  encodeFrame,
  encodeHandshake,
  encodeHandshakeError,
  frameType,
  usesReservedBits,
} from '../../../src/transport/rawsocket/frame.ts';

const mebibyte = 1024 * 1024;

/** Reads chunks; keeps copies of what comes out. */
const read = (chunks: readonly Uint8Array[], maxLength = 16 * mebibyte) => {
  const frames: { readonly type: FrameType; readonly payload: Buffer }[] = [];
  const errors: string[] = [];
  const reader = createFrameReader({
    maxLength,
    onFrame: (type, payload) => frames.push({ type, payload: Buffer.from(payload) }),
    onError: (reason) => errors.push(reason),
  });
  for (const chunk of chunks) reader.push(Buffer.from(chunk));
  return { frames, errors };
};

const cutEvery = (octets: Buffer, length: number): Buffer[] =>
  Array.from({ length: Math.ceil(octets.length / length) }, (_, at) => octets.subarray(at * length, (at + 1) * length));

describe('framing', () => {
  const framing = createRawSocketFraming();

  test('puts a type of zero and the length before a payload, text or binary alike', () => {
    const frame = Buffer.from([0, 0, 0, 4, 0x22, 0xc3, 0xa9, 0x22]);
    expect(framing.text('"é"')).toEqual(frame);
    expect(framing.binary(Buffer.from('"é"'))).toEqual(frame);
    expect(framing.text('')).toEqual(Buffer.alloc(4));
  });

  test.each([
    [255, [0, 0, 0, 0xff]],
    [65_536, [0, 1, 0, 0]],
    [16 * mebibyte - 1, [0, 0xff, 0xff, 0xff]],
    [16 * mebibyte, [8, 0, 0, 0]],
  ])('of %i octets begins with %j', (length, header) => {
    const frame = framing.binary(Buffer.alloc(length));
    expect([...frame.subarray(0, 4)]).toEqual(header);
    expect(frame).toHaveLength(4 + length);
  });

  test('of more than 16 MiB does not exist', () => {
    expect(() => framing.binary(Buffer.alloc(16 * mebibyte + 1))).toThrow(RangeError);
  });
});

describe('a handshake', () => {
  test('is what it was when it is read', () => {
    for (let serializer = 0; serializer < 16; serializer += 1) {
      for (let exponent = 9; exponent <= 24; exponent += 1) {
        const handshake = { serializer, maxLength: 2 ** exponent };
        const octets = encodeHandshake(handshake);
        expect([...octets]).toEqual([0x7f, ((exponent - 9) << 4) | serializer, 0, 0]);
        expect(decodeHandshake(octets)).toEqual(handshake);
      }
    }
  });

  test.each([
    ['another first octet', [0x7e, 0xf1, 0, 0]],
    ['an octet too few', [0x7f, 0xf1, 0]],
  ])('with %s is none', (_, octets) => {
    expect(decodeHandshake(Buffer.from(octets))).toBeUndefined();
  });

  test('uses reserved bits where the third or the fourth octet is not zero', () => {
    expect(usesReservedBits(Buffer.from([0x7f, 0xf1, 0, 0]))).toBe(false);
    expect(usesReservedBits(Buffer.from([0x7f, 0xf1, 0x80, 0]))).toBe(true);
    expect(usesReservedBits(Buffer.from([0x7f, 0xf1, 0, 1]))).toBe(true);
  });

  test('that refuses has the error in the upper bits and no serializer', () => {
    expect([...encodeHandshakeError(1)]).toEqual([0x7f, 0x10, 0, 0]);
    expect([...encodeHandshakeError(4)]).toEqual([0x7f, 0x40, 0, 0]);
  });

  test.each([
    [512, 512],
    [1023, 512],
    [1024, 1024],
    [1_000_000, 524_288],
    [mebibyte, mebibyte],
    [16 * mebibyte, 16 * mebibyte],
    [100 * mebibyte, 16 * mebibyte],
  ])('for messages of %i octets announces %i', (size, announced) => {
    expect(announceableLength(size)).toBe(announced);
  });
});

describe('a frame reader', () => {
  test('finds the same frames wherever the octets are cut', () => {
    const frame = fc.record({
      type: fc.constantFrom(frameType.message, frameType.ping, frameType.pong),
      payload: fc.uint8Array({ maxLength: 10_000, size: 'max' }).map((octets) => Buffer.from(octets)),
    });
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 8 }), fc.array(fc.nat(80_000), { maxLength: 20 }), (frames, cuts) => {
        const octets = Buffer.concat(frames.map(({ type, payload }) => encodeFrame(type, payload)));
        const edges = [0, ...cuts.filter((at) => at < octets.length).sort((a, b) => a - b), octets.length];
        const chunks = edges.slice(1).map((end, at) => octets.subarray(edges[at], end));
        expect(read(chunks)).toEqual({ frames, errors: [] });
      }),
      { numRuns: 60 },
    );
  });

  test('takes one octet at a time', () => {
    const frames = [
      { type: frameType.message, payload: Buffer.from('x'.repeat(5000)) },
      { type: frameType.ping, payload: Buffer.alloc(0) },
      { type: frameType.message, payload: Buffer.alloc(0) },
      { type: frameType.pong, payload: Buffer.from('last') },
    ];
    const octets = Buffer.concat(frames.map(({ type, payload }) => encodeFrame(type, payload)));
    expect(read(cutEvery(octets, 1))).toEqual({ frames, errors: [] });
  });

  test('takes exactly 16 MiB', () => {
    const payload = Buffer.alloc(16 * mebibyte, 'postmaster');
    const { frames, errors } = read(cutEvery(encodeFrame(frameType.message, payload), 65_536));
    expect(errors).toEqual([]);
    expect(frames).toHaveLength(1);
    expect(payload.equals(frames[0]!.payload)).toBe(true);
  });

  test.each([
    ...[0x10, 0x20, 0x40, 0x80].map((bit) => [`the reserved bit ${bit}`, [bit, 0, 0, 1], /reserved/] as const),
    ...[3, 4, 5, 6, 7].map((type) => [`the type ${type}`, [type, 0, 0, 1], new RegExp(`type ${type}`)] as const),
    ['more than 16 MiB', [0x08, 0, 0, 1], /16 MiB/],
    ['one octet more than allowed', [0, 0, 0x02, 0x01], /513/],
    ['16 MiB where less is allowed', [0x08, 0, 0, 0], /16777216/],
    ['a PING longer than allowed', [0x01, 0, 0x02, 0x01], /513/],
  ] as const)('fails on %s as soon as the header is there, and reads no more', (_, header, reason) => {
    const good = encodeFrame(frameType.message, Buffer.from('good'));
    for (const size of [1, 3, 1000]) {
      const { frames, errors } = read(cutEvery(Buffer.concat([good, Buffer.from(header), good, good]), size), 512);
      expect(frames).toHaveLength(1);
      expect(errors).toEqual([expect.stringMatching(reason)]);
      expect(read(cutEvery(Buffer.from(header), size), 512).errors).toHaveLength(1);
    }
  });

  test('takes a payload of exactly what is allowed', () => {
    expect(read([encodeFrame(frameType.message, Buffer.alloc(512))], 512)).toMatchObject({ errors: [] });
  });

  test('takes no memory for what is only announced', () => {
    const before = process.memoryUsage().arrayBuffers;
    const readers = Array.from({ length: 200 }, () => {
      const reader = createFrameReader({ maxLength: 16 * mebibyte, onFrame: () => {}, onError: () => {} });
      reader.push(Buffer.from([0, 0xff, 0xff, 0xff, 0x20]));
      return reader;
    });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * mebibyte);
    expect(readers).toHaveLength(200);
  });

  test('copies each octet a few times at most, however small the chunks are', () => {
    let copied = 0;
    const copy = Buffer.prototype.copy;
    Buffer.prototype.copy = function (this: Buffer, ...args: Parameters<typeof copy>) {
      const count = copy.apply(this, args);
      copied += count;
      return count;
    };
    try {
      const payload = Buffer.alloc(2 * mebibyte);
      expect(read(cutEvery(encodeFrame(frameType.message, payload), 7)).frames).toHaveLength(1);
      expect(copied).toBeLessThan(3 * payload.length);
    } finally {
      Buffer.prototype.copy = copy;
    }
  });
});
