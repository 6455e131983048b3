/** Payloads: which octets are well-formed, and what becomes of them between serializers. */

import { Decoder, decode as decodeMsgpack, ExtensionCodec, encode as encodeMsgpack } from '@msgpack/msgpack';
import { decode as decodeCbor, encode as encodeCbor } from 'cborg';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readCborHead } from '../../src/codec/cbor-walk.ts';
import { endOfElements, startOfElement } from '../../src/codec/json-walk.ts';
import { readMsgpackHead } from '../../src/codec/msgpack-walk.ts';
import type { SerializerName } from '../../src/codec/serializers.ts';
import { serializerNames } from '../../src/codec/serializers.ts';
import { formatTime, parseTime } from '../../src/codec/translate/time.ts';
import { found, refusalOf } from '../../src/codec/walk.ts';
import { isWellFormedCbor } from '../support/cbor-judge.ts';
import { cborOctets, jsonOctets, msgpackOctets, plainJsonOctets } from '../support/payload-octets.ts';
import { translate } from '../support/translate.ts';
import { runs } from './settings.ts';

const octetsIn = { json: jsonOctets, msgpack: msgpackOctets, cbor: cborOctets } as const;
const heads = { msgpack: readMsgpackHead, cbor: readCborHead } as const;
type Binary = keyof typeof heads;

const pairs = serializerNames.flatMap((from) =>
  serializerNames.flatMap((to) => (from === to ? [] : [[from, to] as const])),
);

const walk = (name: Binary, data: Uint8Array): string | undefined =>
  refusalOf(data, heads[name], 64, Number.POSITIVE_INFINITY);

const succeeds = (action: () => unknown): boolean => {
  try {
    action();
    return true;
  } catch {
    return false;
  }
};

const readMsgpack = (data: Uint8Array): unknown => {
  const extensionCodec = new ExtensionCodec();
  for (let type = -128; type < 128; type += 1) {
    extensionCodec.register({ type, encode: () => null, decode: () => null });
  }
  // The library refuses one key that the format has.
  const known = Buffer.from(data).toString('latin1').replaceAll('__proto__', '__PROTO__');
  return new Decoder({ extensionCodec, mapKeyConverter: () => 'key' }).decode(Buffer.from(known, 'latin1'));
};

/** Whether octets are one value, as somebody else judges. The one for MessagePack does not look at UTF-8. */
const isValue: Readonly<Record<SerializerName, (data: Uint8Array) => boolean>> = {
  json: (data) => succeeds(() => JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(data))),
  cbor: isWellFormedCbor,
  msgpack: (data) => succeeds(() => readMsgpack(data)),
};

/** Some octets changed, left out or put in. */
const damaged = (octets: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> =>
  fc
    .tuple(
      octets,
      fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }), fc.nat(2)), { minLength: 1, maxLength: 3 }),
    )
    .map(([data, changes]) => {
      const list = [...data];
      for (const [place, octet, way] of changes) {
        list.splice(place % (list.length + 1), way === 0 ? 0 : 1, ...(way === 2 ? [] : [octet]));
      }
      return Buffer.from(list);
    });

/** A list in a serializer, CBOR without a length too. */
const listOf = (name: SerializerName, values: readonly Uint8Array[], isEndless: boolean): Buffer => {
  if (name === 'json') return Buffer.from(` [ ${values.join(' , ')} ] `);
  const first = name === 'msgpack' ? 0x90 : isEndless ? 0x9f : 0x80;
  const hasBreak = name === 'cbor' && isEndless;
  return Buffer.concat([
    Buffer.of(first + (hasBreak ? 0 : values.length)),
    ...values,
    Buffer.from(hasBreak ? [0xff] : []),
  ]);
};

describe.each(['msgpack', 'cbor'] as const)('octets of %s', (name) => {
  test('are well-formed where somebody else says so', () => {
    fc.assert(
      fc.property(octetsIn[name], (data) => {
        expect(walk(name, data)).toBeUndefined();
        expect(isValue[name](data)).toBe(true);
      }),
      runs(2000, 100_000),
    );
  });

  test('that are damaged are well-formed where somebody else says so, and else refused', () => {
    fc.assert(
      fc.property(damaged(octetsIn[name]), (data) => {
        const refusal = walk(name, data);
        if (name === 'cbor' || refusal !== 'a text is not UTF-8')
          expect(refusal === undefined).toBe(isValue[name](data));
      }),
      runs(5000, 500_000),
    );
  });

  test('of a list are found element by element', () => {
    fc.assert(
      fc.property(fc.array(octetsIn[name], { maxLength: 10 }), fc.boolean(), (values, isEndless) => {
        const data = listOf(name, values, isEndless);
        expect(walk(name, data)).toBeUndefined();
        expect(found.elements).toBe(values.length);
        values.slice(0, 8).forEach((value, element) => {
          const start = found.starts[element]!;
          expect(data.subarray(start, start + value.length)).toEqual(value);
        });
        const all = Buffer.concat([...values]);
        expect(data.subarray(found.end - all.length, found.end)).toEqual(all);
      }),
      runs(1000, 20_000),
    );
  });
});

test('the elements of a JSON text are found where they begin', () => {
  fc.assert(
    fc.property(fc.array(jsonOctets, { minLength: 1, maxLength: 8 }), (values) => {
      const data = listOf('json', values, false);
      const end = endOfElements(data);
      values.forEach((value, element) => {
        const rest = JSON.parse(`[${data.subarray(startOfElement(data, element), end)}]`) as unknown[];
        expect(rest).toEqual(values.slice(element).map((inner) => JSON.parse(String(inner))));
        expect(String(value)).toContain(String(data.subarray(startOfElement(data, element))).slice(0, 1));
      });
    }),
    runs(1000, 20_000),
  );
});

describe.each(pairs)('octets of %s in %s', (from, to) => {
  test('are well-formed, or there are none', () => {
    fc.assert(
      fc.property(octetsIn[from], (data) => {
        const result = translate(data, from, to);
        if (typeof result === 'string')
          expect(result).toMatch(new RegExp(`^${to} cannot hold (?!what is not well-formed)`));
        else expect(isValue[to](result)).toBe(true);
      }),
      runs(2000, 100_000),
    );
  });

  test('that are not well-formed throw nothing', () => {
    fc.assert(
      fc.property(damaged(octetsIn[from]), (data) => {
        expect(() => translate(data, from, to)).not.toThrow();
      }),
      runs(3000, 200_000),
    );
  });

  test('come back as they were, where both can hold all of it', () => {
    fc.assert(
      fc.property(plainJsonOctets, (json) => {
        const data = translate(json, 'json', from) as Uint8Array;
        const result = translate(data, from, to) as Uint8Array;
        expect(String(translate(result, to, from))).toBe(String(data));
        expect(String(translate(result, to, 'json'))).toBe(String(json));
      }),
      runs(1000, 50_000),
    );
  });

  test('have the room they are given, and no more', () => {
    fc.assert(
      fc.property(octetsIn[from], (data) => {
        const result = translate(data, from, to);
        if (typeof result === 'string') return;
        expect(translate(data, from, to, result.length)).toEqual(result);
        const least = result.length - 1;
        expect(translate(data, from, to, least)).toBe(`${to} cannot hold it in ${least} octets`);
      }),
      runs(500, 10_000),
    );
  });
});

describe('a value of JavaScript', () => {
  // Integers beyond 2^53 are exact in payloads, and not in libraries.
  const value = fc
    .jsonValue({ maxDepth: 4, stringUnit: 'binary' })
    .filter((given) => !JSON.stringify(given).match(/(?<![.e\d])\d{16}/));
  const codecs = {
    json: {
      encode: (given: unknown) => Buffer.from(JSON.stringify(given)),
      decode: (data: Uint8Array) => JSON.parse(Buffer.from(data).toString()) as unknown,
    },
    msgpack: { encode: encodeMsgpack, decode: (data: Uint8Array) => decodeMsgpack(data) },
    cbor: { encode: encodeCbor, decode: (data: Uint8Array) => decodeCbor(data) as unknown },
  } as const;

  test.each(pairs)('from %s to %s is what libraries write and read', (from, to) => {
    fc.assert(
      fc.property(value, (given) => {
        const text = JSON.stringify(given);
        // The libraries have no halves of characters, and none for U+0000 before base64 in JSON.
        fc.pre(!text.includes('\\ud') && !text.includes('"\\u0000') && !text.includes('__proto__'));
        const result = translate(codecs[from].encode(given), from, to);
        expect(codecs[to].decode(result as Uint8Array)).toEqual(JSON.parse(text));
      }),
      runs(1000, 20_000),
    );
  });
});

const megabyte = 1024 * 1024;
const nested = (name: SerializerName): Buffer => {
  let data: Buffer = Buffer.from(name === 'json' ? '0' : [0]);
  const zeros = Array<Uint8Array>(30).fill(data);
  const open = { json: '[', msgpack: [0xdc, 0, 31], cbor: [0x9f] } as const;
  for (let level = 0; level < 60; level += 1) {
    data =
      name === 'json'
        ? Buffer.from(`[${zeros.join()},${data}]`)
        : Buffer.concat([Buffer.from(open[name]), ...zeros, data, Buffer.from(name === 'cbor' ? [0xff] : [])]);
  }
  return data;
};
const repeated = (name: SerializerName, value: Buffer): Buffer =>
  Buffer.from(
    name === 'json'
      ? Array<string>(Math.floor(megabyte / (value.length + 1)))
          .fill(String(value))
          .join()
      : Buffer.concat(Array<Buffer>(Math.floor(megabyte / value.length)).fill(value)),
  );
const dear: readonly (readonly [string, SerializerName, Buffer])[] = [
  ['lists in lists', 'json', repeated('json', nested('json'))],
  ['lists in lists', 'msgpack', repeated('msgpack', nested('msgpack'))],
  ['lists without a length in lists', 'cbor', repeated('cbor', nested('cbor'))],
  ['lists without an end', 'json', Buffer.alloc(megabyte, '[')],
  ['lists without an end', 'cbor', Buffer.alloc(megabyte, 0x9f)],
  ['the largest list', 'json', Buffer.from(`[${repeated('json', Buffer.from('0'))}]`)],
  ['one integer', 'json', Buffer.alloc(megabyte, '1')],
  ['the largest integers', 'json', repeated('json', Buffer.alloc(2466, '1'))],
  ['one bignum', 'cbor', Buffer.concat([Buffer.from([0xc2, 0x5a, 0, 0x10, 0, 0]), Buffer.alloc(megabyte, 1)])],
  [
    'the largest bignums',
    'cbor',
    repeated('cbor', Buffer.concat([Buffer.from([0xc2, 0x59, 4, 0]), Buffer.alloc(1024, 1)])),
  ],
  ['decimals of the largest exponents', 'cbor', repeated('cbor', Buffer.from('c4821b7fffffffffffffff01', 'hex'))],
  ['one text of escapes', 'json', Buffer.from(`"${'\\u00e9'.repeat(megabyte / 6)}"`)],
  ['short texts of escapes', 'json', repeated('json', Buffer.from('"\\n"'))],
  ['one binary value', 'json', Buffer.from(`"\\u0000${'A'.repeat(megabyte)}"`)],
  ['a text that is nearly binary', 'json', Buffer.from(`"\\u0000${'A'.repeat(megabyte)}!"`)],
  [
    'one text in parts of nothing',
    'cbor',
    Buffer.concat([Buffer.of(0x7f), Buffer.alloc(megabyte, 0x60), Buffer.of(0xff)]),
  ],
  [
    'one text of control characters',
    'msgpack',
    Buffer.concat([Buffer.from([0xdb, 0, 0x10, 0, 0]), Buffer.alloc(megabyte, 1)]),
  ],
  ['typed arrays of nothing', 'cbor', repeated('cbor', Buffer.from('d84840', 'hex'))],
  ['times', 'cbor', repeated('cbor', Buffer.from('c100', 'hex'))],
  ['numbers of 16 bits', 'cbor', repeated('cbor', Buffer.from('f90001', 'hex'))],
  ['long fractions', 'json', repeated('json', Buffer.from('0.1234567890123456789'))],
];

test.each(dear)('a megabyte is never dear: %s in %s', (_, from, data) => {
  for (const to of serializerNames) {
    const before = process.cpuUsage();
    translate(data, from, to);
    const { user, system } = process.cpuUsage(before);
    expect(user + system).toBeLessThan(700_000);
    if (process.env.SHOW) process.stdout.write(`${_} ${from} ${to} ${Math.round((user + system) / 1000)} ms\n`);
  }
});

test('a time is written as Date writes it', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -62_167_219_200, max: 253_402_300_799 }),
      fc.integer({ min: 0, max: 999 }),
      (seconds, ms) => {
        const text = new Date(seconds * 1000 + ms).toISOString();
        expect(String(formatTime(seconds, ms * 1e6))).toBe(ms === 0 ? text.replace('.000', '') : text);
        expect(parseTime(Buffer.from(text), 0, text.length)).toEqual([seconds, ms * 1e6]);
      },
    ),
    runs(2000, 100_000),
  );
});
