import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noDetails } from '../../src/base/dict.ts';
import { serializerNames, serializers } from '../../src/codec/serializers.ts';

const widths = [0, 1, 0x17, 0x18, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x1_0000, 0xffff_ffff, 2 ** 32, 2 ** 53 - 1];
const id = fc.oneof(fc.constantFrom(...widths), fc.maxSafeNat());
const text = fc.oneof(fc.constant('com.example.topic'), fc.constant('\u{feff}mark'), fc.string({ unit: 'grapheme' }));
const dictionary = fc.oneof(fc.constant(noDetails), fc.constant({}), fc.dictionary(fc.string(), fc.jsonValue()));

describe.each(serializerNames)('an envelope in %s', (name) => {
  const serializer = serializers[name];

  it('is written ahead of its payload as the whole message is written', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(id, text, dictionary), { minLength: 1, maxLength: 10 }), (list) => {
        const whole = Buffer.from(serializer.encode([...list, 7]));
        const head = Buffer.from(serializer.encodeHead(list, 1));
        expect(Buffer.concat([head, Buffer.from(`7${serializer.tail}`)]).length).toBe(whole.length);
        expect(head).toEqual(whole.subarray(0, head.length));
      }),
    );
  });

  it('is read without its payload as with it', () => {
    const payloads = fc.oneof(fc.tuple(fc.constant([1])), fc.tuple(fc.constant([]), fc.constant({ a: 1 })));
    const envelopes = [
      fc.tuple(fc.constantFrom(16, 48), id, dictionary, text),
      fc.tuple(fc.constant(70), id, dictionary),
      fc.tuple(fc.constant(8), fc.constant(68), id, dictionary, text),
    ];
    fc.assert(
      fc.property(fc.oneof(...envelopes), payloads, (envelope, payload) => {
        const data = Buffer.from(serializer.encode([...envelope, ...payload]));
        const list = serializer.decodeEnvelope(data, 64, 1000) as unknown[];
        expect(list.length).toBe(envelope.length + payload.length);
        expect(list.slice(0, envelope.length)).toEqual(
          (serializer.decode(data, 64) as unknown[]).slice(0, envelope.length),
        );
      }),
    );
  });

  it('shares no memory with the message, nor with the envelope that is written next', () => {
    const data = Buffer.from(serializer.encode([48, 1, {}, 'com.example.procedure', [1]]));
    const list = serializer.decodeEnvelope(data, 64, 1000) as unknown[];
    data.fill(0);
    expect(list[3]).toBe('com.example.procedure');
    const first = Buffer.from(serializer.encodeHead([68, 300, 1, noDetails], 1));
    serializer.encodeHead([50, 2, noDetails], 1);
    expect(Buffer.from(serializer.encodeHead([68, 300, 1, noDetails], 1))).toEqual(first);
  });
});

describe.each(['msgpack', 'cbor'] as const)('an id in %s', (name) => {
  const { decodeEnvelope } = serializers[name];
  const message = (number: readonly number[]): Buffer =>
    name === 'msgpack'
      ? Buffer.from([0x95, 48, ...number, 0x80, 0xa1, 0x61, 0x91, 7])
      : Buffer.from([0x85, 0x18, 48, ...number, 0xa0, 0x61, 0x61, 0x81, 7]);

  it('may be written longer than it needs to be', () => {
    const first = name === 'msgpack' ? 0xcc : 0x18;
    for (const power of [0, 1, 2, 3]) {
      const octets = [first + power, ...Array((1 << power) - 1).fill(0), 5];
      expect((decodeEnvelope(message(octets), 64, 1000) as unknown[])[1]).toBe(5);
    }
  });

  it('is not rounded beyond 2^53', () => {
    const octets = [(name === 'msgpack' ? 0xcc : 0x18) + 3, 0x80, 0, 0, 0, 0, 0, 0, 1];
    expect((decodeEnvelope(message(octets), 64, 1000) as unknown[])[1]).toBe(2n ** 63n + 1n);
  });

  it('is none if it is negative, a fraction or a name', () => {
    const negative = name === 'msgpack' ? [0xff] : [0x20];
    const half = name === 'msgpack' ? [0xca, 0x3f, 0, 0, 0] : [0xf9, 0x38, 0];
    const yes = name === 'msgpack' ? [0xc3] : [0xf5];
    const ids = [negative, half, yes].map((octets) => (decodeEnvelope(message(octets), 64, 1000) as unknown[])[1]);
    expect(ids).toEqual([-1, 0.5, true]);
  });
});

it('a text in parts in the envelope of a message in CBOR is refused', () => {
  const data = Buffer.from([0x85, 0x18, 48, 1, 0xa0, 0x7f, 0x61, 0x61, 0x61, 0x62, 0xff, 0x81, 7]);
  expect(() => serializers.cbor.decodeEnvelope(data, 64, 1000)).toThrow('indefinite length');
});
