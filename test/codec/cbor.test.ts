import { decode as decodeAnything } from 'cborg';
import { describe, expect, test } from 'vitest';
import { readCborHead } from '../../src/codec/cbor-walk.ts';
import { serializers } from '../../src/codec/serializers.ts';
import { refusalOf } from '../../src/codec/walk.ts';

const { cbor } = serializers;
const decode = (...octets: number[]): unknown => cbor.decode(Buffer.from(octets), 64);

/** What begins a level, and what ends it. A tag is a level, too: the decoder goes as deep for it. */
const levels: readonly (readonly [string, readonly number[], readonly number[]])[] = [
  ['lists', [0x81], []],
  ['lists without a length', [0x9f], [0xff]],
  ['maps', [0xa1, 0x61, 0x61], []],
  ['maps without a length', [0xbf, 0x61, 0x61], [0xff]],
  ['tags', [0xd9, 0xd9, 0xf7], []],
  ['keys that are maps', [0xa1], [0x00]],
];

describe('CBOR', () => {
  test.each(levels)(
    'of %s that is nested more deeply than it may be is refused before it is built',
    (_, begin, end) => {
      const deep = (count: number): Buffer =>
        Buffer.concat([
          Buffer.from(Array(count).fill(begin).flat()),
          Buffer.of(0x01),
          Buffer.from(Array(count).fill(end).flat()),
        ]);
      expect(refusalOf(deep(64), readCborHead, 64, 1000)).toBeUndefined();
      expect(() => cbor.decode(deep(65), 64)).toThrow('nested too deeply');
      const [whole, begun] = [deep(100_000), Buffer.from(Array(100_000).fill(begin).flat())];
      const before = process.cpuUsage().user;
      expect(() => cbor.decode(whole, 64)).toThrow('nested too deeply');
      expect(() => cbor.decode(begun, 64)).toThrow('nested too deeply');
      expect(process.cpuUsage().user - before).toBeLessThan(100_000);
    },
  );

  test.each([
    ['a list', [0x9a, 0xff, 0xff, 0xff, 0xff]],
    ['a list of 2^64 - 1', [0x9b, ...Array<number>(8).fill(0xff)]],
    ['a list of one more than there is', [0x82, 0x01]],
    ['a list without a length and without a break', [0x9f, 0x01]],
    ['a map', [0xba, 0xff, 0xff, 0xff, 0xff]],
    ['a map whose last value is missing', [0xa1, 0x61, 0x61]],
    ['a text', [0x7a, 0xff, 0xff, 0xff, 0xff]],
    ['a binary value of one octet more than there is', [0x42, 0x00]],
    ['a tag of nothing', [0xd9, 0xd9, 0xf7]],
    ['a number', [0x1b, 0x00]],
  ])('refuses %s that is truncated, before anything is made for it', (_, octets) => {
    expect(() => decode(0x81, ...octets)).toThrow('truncated');
  });

  test.each([
    ['a break outside', [0xff]],
    ['a break in a list that has a length', [0x82, 0x01, 0xff]],
    ['a break in the place of a value', [0xbf, 0x61, 0x61, 0xff]],
    ['what follows the message', [0x80, 0x80]],
    ['reserved lengths', [0x81, 0x1c]],
    ['texts in parts', [0x81, 0x7f, 0x61, 0x61, 0xff]],
  ])('refuses %s', (_, octets) => {
    expect(() => decode(...octets)).toThrow();
  });

  test('reads lists and maps without a length, and the tag that says this is CBOR', () => {
    const octets = [0xd9, 0xd9, 0xf7, 0x9f, 0x9f, 0xff, 0xbf, 0x61, 0x61, 0x82, 0x01, 0x9f, 0xff, 0xff, 0x02, 0xff];
    expect(decode(...octets)).toEqual([[], { a: [1, []] }, 2]);
  });
});

/** The first octets of CBOR that its decoder takes, with a value that begins so; what stands in texts and binary values is 'a'. */
const values = Array.from({ length: 256 }, (_, first): readonly [string, Buffer] | undefined => {
  const [type, info] = [first >> 5, first & 31];
  const size = info < 24 ? 0 : 2 ** (info - 24);
  const count = info < 24 ? info : 3;
  const head = Buffer.from([first, ...Array<number>(size).fill(0)]);
  if (info < 28 && size > 0 && type < 6) head[size] = 3;
  const inside = (pair: readonly number[]): Buffer => Buffer.from(Array(count).fill(pair).flat());
  const isSimple = type === 7 && [20, 21, 22, 23, 25, 26, 27].includes(info);
  const body = [
    Buffer.alloc(0),
    Buffer.alloc(0),
    Buffer.alloc(count, 'a'),
    Buffer.alloc(count, 'a'),
    inside([1]),
    Buffer.concat(Array.from({ length: count }, (__, key) => Buffer.from([0x61, 0x61 + key, 1]))),
    undefined,
    isSimple ? Buffer.alloc(0) : undefined,
  ][type];
  const isKnown = body !== undefined && (info < 28 || (info === 31 && (type === 4 || type === 5)));
  if (!isKnown) return undefined;
  const end = Buffer.from(info === 31 ? [0xff] : []);
  const start = info === 31 ? Buffer.of(first) : head;
  return [`0x${first.toString(16).padStart(2, '0')}`, Buffer.concat([start, body, end])];
}).flatMap((value) => (value ? [value] : []));

test.each(values)(
  'the levels of CBOR behind a value that begins with %s are counted as the decoder reads them',
  (_, value) => {
    const behind = (count: number): Buffer =>
      Buffer.concat([Buffer.from([0x82]), value, Buffer.alloc(count - 1, 0x81), Buffer.of(1)]);
    const decoded = decodeAnything(behind(5)) as unknown[];
    expect(decoded).toHaveLength(2);
    expect(decoded[1]).toEqual([[[[1]]]]);
    expect(refusalOf(behind(5), readCborHead, 5, 1000)).toBeUndefined();
    expect(refusalOf(behind(6), readCborHead, 5, 1000)).toBe('nested too deeply');
  },
);
