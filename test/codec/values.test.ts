/**
 * What a program sees of each kind of value, and what becomes of it when it goes out again: the first table of PROTOCOL.md,
 * "Payloads between serializers".
 */

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { SerializerName } from '../../src/codec/serializers.ts';
import { serializerNames, serializers } from '../../src/codec/serializers.ts';
import { EncodedValue } from '../../src/wamp/encoded-value.ts';
import { argsOf } from '../support/octets-peer.ts';
import type { PayloadValue } from '../support/payload-values.ts';
import { payloadValues } from '../support/payload-values.ts';

/** The value that a program gets of one argument. */
const decode = (octets: Uint8Array, from: SerializerName): unknown =>
  serializers[from].readPayload({ octets: argsOf(octets, from), count: 1, reader: serializers[from] }).args[0];

/** A list of one value, encoded. */
const encode = (value: unknown, to: SerializerName): Buffer => Buffer.from(serializers[to].encode([value]));

const textOf = ({ from, octets, becomes }: PayloadValue): string => {
  const text = from === 'json' ? octets : becomes.json;
  return Buffer.isBuffer(text) ? text.toString() : '';
};

const isInexact: Readonly<Record<string, number>> = {
  'float 64, NaN': Number.NaN,
  'float, NaN': Number.NaN,
  'float 32, infinite': Number.POSITIVE_INFINITY,
  'float, infinite': Number.NEGATIVE_INFINITY,
};
const numberOf = (value: PayloadValue): number => isInexact[value.name] ?? Number(textOf(value));

const integerOf = (digits: string): number | bigint => {
  const number = Number(digits);
  return Number.isSafeInteger(number) ? number : BigInt(digits);
};

/** Half a character is U+FFFD. */
const readText = (value: PayloadValue): unknown => {
  const parsed = JSON.parse(textOf(value)) as unknown;
  return typeof parsed === 'string' ? Buffer.from(parsed).toString() : parsed;
};
const binaryOf = (value: PayloadValue): Buffer => Buffer.from(JSON.parse(textOf(value)).slice(1) as string, 'base64');

const stays = ({ from, octets }: PayloadValue): EncodedValue => new EncodedValue(from, octets);

const exactly: Readonly<Record<string, unknown>> = {
  'map with integer keys': new Map<unknown, unknown>([
    [1, 2],
    [3, ''],
  ]),
  'map with keys in 64 bits': new Map([[18_446_744_073_709_551_615n, 1]]),
  'map with a boolean as key': new Map([[true, 1]]),
  'map with nil as key': new Map([[null, 1]]),
  'map with a float as key': new Map([[1, 1]]),
  'map with a bin as key': new Map([[Buffer.of(0), 1]]),
  'map with an array as key': new Map([[[], 1]]),
  'map with 1 and "1" as keys': new Map<unknown, unknown>([
    [1, 1],
    ['1', 1],
  ]),
  'integers as keys': new Map([
    [1, 2],
    [-1, 2],
  ]),
  'boolean as key': new Map([[true, 1]]),
  'binary value as key': new Map([[Buffer.of(0), 1]]),
  'time as key': new Map([[new Date(0), 1]]),
  '1 and "1" as keys': new Map<unknown, unknown>([
    [1, 1],
    ['1', 1],
  ]),
  'map (tag 259)': new Map([[1, 2]]),
  'conversion hint (tag 21)': Buffer.of(0, 1),
  'encoded CBOR (tag 24)': Buffer.of(1),
  'octets (tag 64)': Buffer.of(0, 1),
  'clamped octets (tag 68)': Buffer.of(0, 1),
  'numbers of 64 bits (tag 71)': [18_446_744_073_709_551_615n],
  'signed numbers of 64 bits (tag 75)': [-9_223_372_036_854_775_808n],
  'timestamp 96, beyond year 9999': new Date((2 ** 40 - 1) * 1000),
};

/** What a program sees, by the kind of the value. What has no value of JavaScript stays as it is. */
const seen: Readonly<Record<string, (value: PayloadValue) => unknown>> = {
  null: () => null,
  undefined: () => null,
  boolean: readText,
  integer: (value) => integerOf(textOf(value)),
  'floating-point number': numberOf,
  decimal: numberOf,
  'number to the base of two': numberOf,
  text: readText,
  'binary value': binaryOf,
  list: readText,
  dictionary: readText,
  key: readText,
  time: (value) => new Date(JSON.parse(textOf(value)) as string),
  date: readText,
  UUID: readText,
  'typed array': readText,
  'tag that says nothing of its own': readText,
  'anything else': stays,
};

/** For what reason a value has no value of JavaScript. */
const hasNone = new Set([
  'number too large for 64 bits',
  'timestamp 64 with too many nanoseconds',
  'time as text that is none',
  'leap second',
  '30th of February',
  'time finer than nanoseconds',
  'time that is NaN',
  'time that is no number',
  'number to the base of two, not exact',
  'UUID of a wrong length',
  'floats of 128 bits (tag 83)',
  'numbers of a wrong length',
]);

const expectedOf = (value: PayloadValue): unknown => {
  if (hasNone.has(value.name)) return stays(value);
  const { [value.name]: exact } = exactly;
  if (exact !== undefined) return exact;
  // A text of MessagePack that JSON would take for a binary value is a text.
  if (value.name === 'str like a binary value in JSON') return '\0AAEC';
  return seen[value.kind]!(value);
};

/** Values by what they are, so that 0 and -0, and 1 and 1n, are different, and a Buffer is no list. */
const kindOf = (value: unknown): unknown => {
  if (value instanceof EncodedValue) return ['encoded', value.serializer, Buffer.from(value.octets).toString('hex')];
  if (Buffer.isBuffer(value)) return ['Buffer', value.toString('hex')];
  if (value instanceof Date) return ['Date', value.getTime()];
  if (value instanceof Map) return ['Map', [...value].map((entry) => entry.map(kindOf))];
  if (Array.isArray(value)) return ['list', value.map(kindOf)];
  if (typeof value === 'object' && value !== null)
    return ['dictionary', Object.entries(value).map((entry) => entry.map(kindOf))];
  return [typeof value, Object.is(value, -0) ? '-0' : String(value)];
};

const cases = payloadValues.map((value) => [value.from, value.kind, value.name, value] as const);

describe('a program', () => {
  test.each(cases)('that gets a payload in %s sees %s, %s, as the table says', (from, _, __, value) => {
    const args = argsOf(value.octets, from);
    expect(kindOf(decode(value.octets, from))).toEqual(kindOf(expectedOf(value)));
    // The same within a list, behind and before other values, and its octets are not the memory of the message.
    const nested = serializers[from].readPayload({
      octets: argsOf(args, from),
      count: 1,
      reader: serializers[from],
    }).args[0];
    args.fill(0);
    expect(kindOf(nested)).toEqual(kindOf([expectedOf(value)]));
  });

  test.each(cases)('that sends on what it sees in %s of %s, %s, sends what the table says', (from, _, __, value) => {
    const sent = decode(value.octets, from);
    for (const to of serializerNames) {
      const expected = arriving(sent, to, value);
      if (expected === refused)
        expect(() => encode(sent, to), to).toThrow(
          /key|digits|of more than 64 bits|tag|simple|extension|time|beyond|base of two/,
        );
      else
        expect(kindOf(decode(encode(sent, to).subarray(1, to === 'json' ? -1 : undefined), to)), to).toEqual(
          kindOf(expected),
        );
      if (to === from && sent instanceof EncodedValue) expect(encode(sent, to).includes(value.octets)).toBe(true);
    }
  });
});

const refused = Symbol('refused');

/** What a program sees of a value that another has sent on in a serializer; `refused` if that cannot hold it. */
function arriving(sent: unknown, to: SerializerName, value: PayloadValue): unknown {
  if (sent instanceof EncodedValue && sent.serializer !== to) {
    const { [to]: octets } = value.becomes;
    return Buffer.isBuffer(octets) ? decode(octets, to) : refused;
  }
  if (typeof sent === 'bigint') return to === 'msgpack' && (sent >= 2n ** 64n || sent < -(2n ** 63n)) ? refused : sent;
  if (Object.is(sent, -0)) return 0;
  if (Array.isArray(sent)) return sent.map((inner) => arriving(inner, to, value));
  if (to !== 'json') return sent;
  // JSON has no other form for it.
  if (sent === '\0AAEC') return Buffer.from('AAEC', 'base64');
  if (typeof sent === 'number' && !Number.isFinite(sent)) return null;
  if (sent instanceof Date) return sent.toISOString();
  if (!(sent instanceof Map)) return sent;
  const keys = [...sent.keys()].map((key) => (key instanceof Date ? key.toISOString() : key)) as unknown[];
  const areGood = keys.every((key) => typeof key === 'string' || typeof key === 'bigint' || Number.isInteger(key));
  if (!areGood || new Set(keys.map(String)).size < keys.length) return refused;
  return Object.fromEntries([...sent.values()].map((inner, at) => [String(keys[at]), inner]));
}

describe('the first table of "Payloads between serializers" in PROTOCOL.md', () => {
  const [, section = ''] = readFileSync('PROTOCOL.md', 'utf8').split('## Payloads between serializers\n');
  const [, table = ''] = section.split('| --- | --- | --- |\n');
  const rows = table
    .slice(0, table.search(/^(?!\|)/m))
    .trimEnd()
    .split('\n')
    .map((line) => line.split('|')[1]!.trim());

  test('has every kind of value', () => {
    expect(rows.flatMap((kinds) => kinds.split(', ')).sort()).toEqual(
      [...new Set(payloadValues.map(({ kind }) => kind))].sort(),
    );
  });
});

describe('a value that the encoders take for something else', () => {
  test.each(serializerNames)('is found where nothing else is unusual: a Set in %s is a list', (name) => {
    const { encode, decode } = serializers[name];
    expect(decode(Buffer.from(encode([new Set([1, 2])]) as Uint8Array), 64)).toEqual([[1, 2]]);
  });

  test.each([1e20, -1e20])('is a number beyond 2^53 in JSON: %d is no integer there', (number) => {
    expect(serializers.json.encode([number])).toMatch(/[.e]/);
  });
});
