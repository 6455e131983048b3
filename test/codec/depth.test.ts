import { describe, expect, test } from 'vitest';
import { serializerNames, serializers } from '../../src/codec/serializers.ts';
import { readV1 } from '../../src/codec/v1.ts';

const most = 64;

/** What surrounds a value with one level. */
const inList = (value: unknown): unknown => [value];
const inDictionary = (value: unknown): unknown => ({ a: value });
const beside = (value: unknown): unknown => [[], value, {}];

const wrap = (levels: number, innermost: unknown, around: (value: unknown) => unknown): readonly unknown[] => {
  let value = innermost;
  for (let level = 0; level < levels - 1; level += 1) value = around(value);
  return [value];
};

/** Values of so many levels, a list outside. */
const nestings: readonly (readonly [string, (levels: number) => readonly unknown[]])[] = [
  ['lists', (levels) => wrap(levels, 1, inList)],
  ['lists, an empty one innermost', (levels) => wrap(levels - 1, [], inList)],
  ['lists, an empty dictionary innermost', (levels) => wrap(levels - 1, {}, inList)],
  ['dictionaries', (levels) => wrap(levels, 1, inDictionary)],
  ['dictionaries, an empty one innermost', (levels) => wrap(levels - 1, {}, inDictionary)],
  ['dictionaries, an empty list innermost', (levels) => wrap(levels - 1, [], inDictionary)],
  ['lists beside empty ones', (levels) => wrap(levels - 1, [], beside)],
];

describe.each(serializerNames)('a message in %s', (name) => {
  const { encode, decode } = serializers[name];

  test.each(nestings)('has as many levels as in the other serializers: %s', (_, nested) => {
    const octets = (levels: number): Buffer => Buffer.from(encode(nested(levels)) as Uint8Array);
    expect(decode(octets(most), most)).toEqual(nested(most));
    expect(() => decode(octets(most + 1), most)).toThrow('nested too deeply');
    for (const levels of [3, 4]) expect(decode(octets(levels), levels)).toEqual(nested(levels));
    for (const levels of [3, 4]) expect(() => decode(octets(levels + 1), levels)).toThrow('nested too deeply');
  });
});

test.each(nestings)('a message of WAMP v1 has as many levels as in WAMP v2: %s', (_, nested) => {
  const limits = { maxUriLength: 512, maxDepth: most, maxElements: 1000 };
  const publish = (levels: number): Buffer => Buffer.from(JSON.stringify([7, 'urn:t', nested(levels - 1)]));
  expect(readV1(publish(most), limits)).toEqual([7, 'urn:t', nested(most - 1)]);
  expect(readV1(publish(most + 1), limits)).toMatchObject({ closeCode: 1002 });
});

test('an empty container of CBOR is a level whether it says its length or not', () => {
  const behind = (levels: number, ...innermost: number[]): Buffer =>
    Buffer.concat([Buffer.alloc(levels - 1, 0x81), Buffer.from(innermost)]);
  for (const innermost of [[0x80], [0x9f, 0xff], [0xa0], [0xbf, 0xff]]) {
    expect(serializers.cbor.decode(behind(most, ...innermost), most)).toBeInstanceOf(Array);
    expect(() => serializers.cbor.decode(behind(most + 1, ...innermost), most)).toThrow('nested too deeply');
  }
});

test('an empty container of MessagePack is a level however its count is written', () => {
  const behind = (levels: number, ...innermost: number[]): Buffer =>
    Buffer.concat([Buffer.alloc(levels - 1, 0x91), Buffer.from(innermost)]);
  const empty = [[0x80], [0x90], [0xdc, 0, 0], [0xdd, 0, 0, 0, 0], [0xde, 0, 0], [0xdf, 0, 0, 0, 0]];
  for (const innermost of empty) {
    expect(serializers.msgpack.decode(behind(most, ...innermost), most)).toBeInstanceOf(Array);
    expect(() => serializers.msgpack.decode(behind(most + 1, ...innermost), most)).toThrow('nested too deeply');
  }
});
