import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SerializerName } from '../../src/codec/serializers.ts';
import { serializerNames, serializers } from '../../src/codec/serializers.ts';
import { readV1 } from '../../src/codec/v1.ts';

/** Values and keys in a value, itself included. */
const countOf = (value: unknown): number => {
  if (typeof value !== 'object' || value === null) return 1;
  const inner = Object.values(value).map(countOf);
  const keys = Array.isArray(value) ? 0 : inner.length;
  return inner.reduce((sum, count) => sum + count, 1 + keys);
};

const payload = fc.array(
  fc.oneof(
    fc.jsonValue({ maxDepth: 4, depthSize: 'large', stringUnit: 'binary-ascii' }),
    fc.array(fc.constantFrom({}, [], '', '"', '\\', '\\"', '[1,2]', -1.5e-7, null, true, 'a\\')),
  ),
);

const encode = (name: SerializerName, list: readonly unknown[]): Buffer =>
  Buffer.from(serializers[name].encode(list) as Uint8Array);

/** The first octets of the smallest values. */
const smallest: Readonly<Record<SerializerName, readonly (readonly [string, number])[]>> = {
  json: [
    ['lists', 0x5b],
    ['dictionaries', 0x7b],
  ],
  msgpack: [
    ['lists', 0x90],
    ['dictionaries', 0x80],
    ['numbers', 0x00],
  ],
  cbor: [
    ['lists', 0x80],
    ['dictionaries', 0xa0],
    ['numbers', 0x00],
  ],
};

/** A megabyte of the smallest values there are, in a list. */
const megabyte = (name: SerializerName, octet: number): Buffer => {
  const count = 1024 * 1024 - 5;
  if (name === 'json')
    return Buffer.from(
      `[${Array(Math.floor(count / 3))
        .fill(String.fromCharCode(octet, octet + 2))
        .join()}]`,
    );
  const head = Buffer.from([name === 'cbor' ? 0x9a : 0xdd, 0, 0, 0, 0]);
  head.writeUInt32BE(count, 1);
  return Buffer.concat([head, Buffer.alloc(count, octet)]);
};

describe.each(serializerNames)('the values and keys of a message in %s', (name) => {
  const { decode } = serializers[name];

  test('are counted as they are decoded, whatever they are', () => {
    fc.assert(
      fc.property(payload, (list) => {
        const data = encode(name, list);
        const count = countOf(list);
        expect(decode(data, 64, count)).toEqual(decode(data, 64));
        expect(() => decode(data, 64, count - 1)).toThrow('too many values');
      }),
    );
  });

  test.each(smallest[name])('are counted before they are built: a megabyte of %s', (_, octet) => {
    const data = megabyte(name, octet);
    const before = process.cpuUsage().user;
    for (let turn = 0; turn < 10; turn += 1) expect(() => decode(data, 64, 131_072)).toThrow('too many values');
    expect(process.cpuUsage().user - before).toBeLessThan(200_000);
  });
});

test('the values of CBOR without a length are counted without the breaks', () => {
  const list = Buffer.from([0x9f, 0xbf, 0x61, 0x61, 0x9f, 0x01, 0xff, 0xff, 0x02, 0xff]);
  expect(serializers.cbor.decode(list, 64, 6)).toEqual([{ a: [1] }, 2]);
  expect(() => serializers.cbor.decode(list, 64, 5)).toThrow('too many values');
});

test('white space is no value, nor is what stands in a text', () => {
  const text = ' [ 1 ,\n\t{ "a,[\\",1" : [ ] }\r] ';
  expect(serializers.json.decode(Buffer.from(text), 64, 5)).toEqual([1, { 'a,[",1': [] }]);
  expect(() => serializers.json.decode(Buffer.from(text), 64, 4)).toThrow('too many values');
});

test('a text of WAMP v1 with more values than it may have is no message', () => {
  const limits = { maxUriLength: 512, maxDepth: 64, maxElements: 10 };
  const publish = (values: number): Buffer => Buffer.from(JSON.stringify([7, 'urn:t', Array(values).fill(1)]));
  expect(readV1(publish(6), limits)).toEqual([7, 'urn:t', Array(6).fill(1)]);
  expect(readV1(publish(7), limits)).toMatchObject({ message: 'the message has more than 10 values', closeCode: 1002 });
});
