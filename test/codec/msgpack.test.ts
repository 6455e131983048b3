import { decode as decodeAnything, ExtensionCodec } from '@msgpack/msgpack';
import { describe, expect, test } from 'vitest';
import { readMsgpackHead } from '../../src/codec/msgpack-walk.ts';
import { serializers } from '../../src/codec/serializers.ts';
import { refusalOf } from '../../src/codec/walk.ts';

const { msgpack } = serializers;
const decode = (...octets: number[]): unknown => msgpack.decode(Buffer.from(octets), 64);

describe('MessagePack', () => {
  test('reads the octet by which msgpackr writes undefined, as its clients send it in options', () => {
    expect(decode(0x92, 0x01, 0xd4, 0x00, 0x00)).toEqual([1, undefined]);
  });

  test.each([
    ['a timestamp', [0xd6, 0xff, 0, 0, 0, 0]],
    ['an extension of one octet', [0xd4, 0x00, 0x01]],
    ['an extension of another type', [0xd4, 0x05, 0x00]],
    ['an empty extension', [0xc7, 0x00, 0x00]],
  ])('refuses %s', (_, octets) => {
    expect(() => decode(0x91, ...octets)).toThrow();
  });

  test('keeps integers up to 2^53 - 1 as numbers and larger ones as bigints, whatever stands beside them', () => {
    const values = [2 ** 53 - 1, -(2 ** 53 - 1), 2 ** 32, 5, 2n ** 60n, -(2n ** 60n)];
    expect(msgpack.decode(msgpack.encode(values) as Uint8Array, 64)).toEqual(values);
  });

  test.each([
    ['fixstr', [0xa9]],
    ['str 8', [0xd9, 9]],
    ['str 16', [0xda, 0, 9]],
    ['str 32', [0xdb, 0, 0, 0, 9]],
  ])('reads __proto__ as a key like any other, and changes no prototype: %s', (_, head) => {
    const name = [...head, ...Buffer.from('__proto__')];
    const inner = [0x82, ...name, 0x81, 0xa1, 0x78, 1, 0xa1, 0x61, 0xcf, 0, 0, 0, 0, 0, 0, 0, 5];
    const decoded = decode(0x93, ...name, 0xa9, ...Buffer.from('other_key'), ...inner) as [string, string, object];
    expect(JSON.stringify(decoded)).toBe('["__proto__","other_key",{"__proto__":{"x":1},"a":5}]');
    expect(Object.getPrototypeOf(decoded[2])).toBe(Object.prototype);
  });

  test.each([[2n ** 60n], [-(2n ** 60n)]])('keeps %d exact also where it is the only large one', (value) => {
    expect(msgpack.decode(msgpack.encode([value]) as Uint8Array, 64)).toEqual([value]);
  });

  test('gives a binary value memory of its own', () => {
    const data = Buffer.from([0x91, 0xc4, 0x01, 0x07]);
    const decoded = msgpack.decode(data, 64);
    data.fill(0);
    expect(decoded).toEqual([Buffer.of(7)]);
  });

  test('refuses a message that is nested more deeply than it may be, before it is built', () => {
    const deep = (levels: number): Buffer => Buffer.concat([Buffer.alloc(levels, 0x91), Buffer.from([0x01])]);
    expect(() => msgpack.decode(deep(65), 64)).toThrow('nested too deeply');
    expect(msgpack.decode(deep(64), 64)).toBeInstanceOf(Array);
    const before = process.cpuUsage().user;
    expect(() => msgpack.decode(deep(1024 * 1024), 64)).toThrow('nested too deeply');
    expect(process.cpuUsage().user - before).toBeLessThan(100_000);
  });

  test.each([
    ['a list', [0xdd, 0xff, 0xff, 0xff, 0xff]],
    ['a list of one more than there is', [0x92, 0x01]],
    ['a map', [0xdf, 0xff, 0xff, 0xff, 0xff]],
    ['a map whose last value is missing', [0x81, 0xa1, 0x61]],
    ['a text', [0xdb, 0xff, 0xff, 0xff, 0xff]],
    ['a binary value of one octet more than there is', [0xc4, 0x02, 0x00]],
    ['lists of 65,535 in each other', Array.from({ length: 60 }, () => [0xdc, 0xff, 0xff]).flat()],
  ])('refuses %s that is truncated, before anything is made for it', (_, octets) => {
    expect(() => decode(0x91, ...octets)).toThrow('truncated');
  });
});

/** Each first octet of MessagePack, with a value that begins so; what stands in texts and binary values is 'a' or 0x91. */
const values = Array.from({ length: 256 }, (_, first): readonly [string, Buffer] => {
  const head = (...octets: number[]): Buffer => Buffer.from([first, ...octets]);
  const filled = (start: Buffer, count: number, filler = 0x91): Buffer =>
    Buffer.concat([start, Buffer.alloc(count, filler)]);
  /** The length, or count, of 3 in as many octets as these types have. */
  const three = (octets: number): number[] => [...Array<number>(octets - 1).fill(0), 3];
  const sized = (types: readonly number[], make: (octets: number) => Buffer): Buffer | undefined => {
    const at = types.indexOf(first);
    return at < 0 ? undefined : make(2 ** at);
  };
  const value =
    (first < 0x80 || first >= 0xe0 ? head() : undefined) ??
    (first < 0x90 ? filled(head(), (first & 0x0f) * 2, 1) : undefined) ??
    (first < 0xa0 ? filled(head(), first & 0x0f, 1) : undefined) ??
    (first < 0xc0 ? filled(head(), first & 0x1f, 0x61) : undefined) ??
    sized([0xc4, 0xc5, 0xc6], (octets) => filled(head(...three(octets)), 3)) ??
    sized([0xc7, 0xc8, 0xc9], (octets) => filled(head(...three(octets), 5), 3)) ??
    sized([0xd9, 0xda, 0xdb], (octets) => filled(head(...three(octets)), 3, 0x61)) ??
    sized([0xcc, 0xcd, 0xce, 0xcf], (octets) => filled(head(), octets)) ??
    sized([0xd0, 0xd1, 0xd2, 0xd3], (octets) => filled(head(), octets)) ??
    sized([0xd4, 0xd5, 0xd6, 0xd7, 0xd8], (octets) => filled(head(5), octets)) ??
    (first === 0xca || first === 0xcb ? filled(head(), first === 0xca ? 4 : 8) : undefined) ??
    (first === 0xdc || first === 0xdd ? filled(head(...three(first === 0xdc ? 2 : 4)), 3, 1) : undefined) ??
    (first === 0xde || first === 0xdf ? filled(head(...three(first === 0xde ? 2 : 4)), 6, 1) : undefined) ??
    head();
  return [`0x${first.toString(16).padStart(2, '0')}`, value];
});

// 0xc1 begins nothing.
test.each(values.filter(([first]) => first !== '0xc1'))(
  'the levels of MessagePack behind a value that begins with %s are counted as the decoder reads them',
  (_, value) => {
    const levels = (count: number): Buffer =>
      Buffer.concat([Buffer.from([0x92]), value, Buffer.alloc(count - 1, 0x91), Buffer.of(1)]);
    // Any extension is a value here: it is the reading that is compared.
    const extensionCodec = new ExtensionCodec();
    extensionCodec.register({ type: 5, encode: () => null, decode: () => null });
    const decoded = decodeAnything(levels(5), { extensionCodec, mapKeyConverter: String }) as unknown[];
    expect(decoded).toHaveLength(2);
    expect(decoded[1]).toEqual([[[[1]]]]);
    expect(refusalOf(levels(5), readMsgpackHead, 5, 1000)).toBeUndefined();
    expect(refusalOf(levels(6), readMsgpackHead, 5, 1000)).toBe('nested too deeply');
  },
);
