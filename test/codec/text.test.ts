import { describe, expect, test } from 'vitest';
import { serializerNames, serializers } from '../../src/codec/serializers.ts';
import { readV1 } from '../../src/codec/v1.ts';

/** Octets that are no UTF-8 (RFC 3629). */
const broken: readonly (readonly [string, readonly number[]])[] = [
  ['an octet that begins nothing', [0x80]],
  ['an octet that UTF-8 never has', [0xff]],
  ['an overlong form of two octets', [0xc0, 0xaf]],
  ['an overlong form of three octets', [0xe0, 0x80, 0xaf]],
  ['a surrogate', [0xed, 0xa0, 0x80]],
  ['a pair of surrogates, as CESU-8 has it', [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80]],
  ['a code point above U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
  ['a sequence that ends too early', [0xe2, 0x82]],
];

/** How each serializer writes `[text]` and `[{ text: 1 }]`. */
const writers = {
  json: {
    value: (text: Buffer) => Buffer.concat([Buffer.from('["'), text, Buffer.from('"]')]),
    key: (text: Buffer) => Buffer.concat([Buffer.from('[{"'), text, Buffer.from('":1}]')]),
  },
  msgpack: {
    value: (text: Buffer) => Buffer.concat([Buffer.from([0x91, 0xda, 0, text.length]), text]),
    key: (text: Buffer) => Buffer.concat([Buffer.from([0x91, 0x81, 0xd9, text.length]), text, Buffer.from([1])]),
  },
  cbor: {
    value: (text: Buffer) => Buffer.concat([Buffer.from([0x81, 0x79, 0, text.length]), text]),
    key: (text: Buffer) => Buffer.concat([Buffer.from([0x81, 0xa1, 0x78, text.length]), text, Buffer.from([1])]),
  },
} as const;

// Decoders read short texts, longer ones, and those with nothing but ASCII in ways of their own.
const rests = ['', 'a', 'é', '\u{feff}', 'a'.repeat(40), ...[197, 198, 70_000].map((count) => 'é'.padEnd(count - 1))];

describe.each(serializerNames)('a text in %s', (name) => {
  const { value, key } = writers[name];
  const decode = (data: Buffer): unknown => serializers[name].decode(data, 64);

  describe.each([0, 30, 100])('after %i letters', (letters) => {
    const around = (octets: readonly number[]): Buffer =>
      Buffer.concat([Buffer.alloc(letters, 'a'), Buffer.from(octets), Buffer.from('b')]);

    test.each(broken)('is refused with %s, as a value and as a key', (_, octets) => {
      expect(() => decode(value(around(octets)))).toThrow('not UTF-8');
      expect(() => decode(key(around(octets)))).toThrow('not UTF-8');
    });

    test('is read as it is written, the replacement character as well', () => {
      const text = `${'a'.repeat(letters)}\u{fffd}é€😀`;
      expect(decode(value(Buffer.from(text)))).toEqual([text]);
      expect(decode(key(Buffer.from(text)))).toEqual([{ [text]: 1 }]);
    });
  });

  test.each([
    ['U+FEFF', '\u{feff}'],
    ['U+FF21, which has the same first octet,', '\u{ff21}'],
  ])('arrives with %s at its start, as a value and as a key', (_, beginning) => {
    for (const text of rests.map((rest) => beginning + rest)) {
      const list = [text, { [text]: text }, [[text, 7]], Buffer.from(text), text];
      expect(decode(Buffer.from(serializers[name].encode(list) as Uint8Array))).toEqual(list);
    }
  });
});

test.each([
  ['msgpack', [0x91, 0xa1, 0xff]],
  ['cbor', [0x81, 0x61, 0xff]],
] as const)('a short text in %s is refused where it is no UTF-8', (name, octets) => {
  expect(() => serializers[name].decode(Buffer.from(octets), 64)).toThrow('not UTF-8');
});

test.each([
  ['msgpack', [0x91, 0xdb, 0, 0, 0, 1, 0xff]],
  ['cbor', [0x81, 0x7a, 0, 0, 0, 1, 0xff]],
] as const)('a text with a long length in %s is refused where it is no UTF-8', (name, octets) => {
  expect(() => serializers[name].decode(Buffer.from(octets), 64)).toThrow('not UTF-8');
});

test.each([
  ['msgpack', [0x91, 0xc4, 0x01, 0xff]],
  ['cbor', [0x81, 0x41, 0xff]],
] as const)('a binary value in %s may be any octets', (name, octets) => {
  expect(serializers[name].decode(Buffer.from(octets), 64)).toEqual([Buffer.from([0xff])]);
});

test.each(broken)('a text of WAMP v1 is no message with %s in it', (_, octets) => {
  const text = Buffer.concat([Buffer.from('[5,"http://example.com/'), Buffer.from(octets), Buffer.from('"]')]);
  const limits = { maxUriLength: 512, maxDepth: 64, maxElements: 1000 };
  expect(readV1(text, limits)).toMatchObject({ closeCode: 1007 });
  expect(readV1(Buffer.from('[5,"http://example.com/é"]'), limits)).toEqual([5, 'http://example.com/é']);
});

test('a binary value in a dictionary goes through JSON', () => {
  const list = [1, { inner: { octets: Buffer.of(7) } }];
  expect(serializers.json.decode(Buffer.from(serializers.json.encode(list)), 64)).toEqual(list);
});
