import { readFileSync } from 'node:fs';
import { decode as decodeMsgpack } from '@msgpack/msgpack';
import { decode as decodeCbor } from 'cborg';
import { describe, expect, test } from 'vitest';
import type { SerializerName } from '../../src/codec/serializers.ts';
import { serializerNames } from '../../src/codec/serializers.ts';
import { toV1 } from '../../src/codec/translate/v1.ts';
import type { PayloadValue } from '../support/payload-values.ts';
import { payloadValues } from '../support/payload-values.ts';
import { translate } from '../support/translate.ts';

const decoders = {
  msgpack: (data: Uint8Array): unknown => decodeMsgpack(data),
  cbor: (data: Uint8Array): unknown => decodeCbor(data),
};

/** As octets are shown when they are not what they should be. */
const shown = (octets: Uint8Array | string, of: SerializerName): string =>
  typeof octets === 'string' ? octets : Buffer.from(octets).toString(of === 'json' ? 'utf8' : 'hex');

const targetsOf = ({ becomes }: PayloadValue): readonly SerializerName[] => Object.keys(becomes) as SerializerName[];

const cases = payloadValues.flatMap((value) =>
  targetsOf(value).map((to) => ({ ...value, to, expected: value.becomes[to]! })),
);

describe('a payload', () => {
  test.each(cases)('from $from to $to: $kind, $name', ({ from, to, octets, expected, lossless }) => {
    const result = translate(octets, from, to);
    const wanted = 'cannotHold' in expected ? `${to} cannot hold ${expected.cannotHold}` : expected;
    expect(shown(result, to)).toBe(shown(wanted, to));
    if (typeof result === 'string') return;
    expect(shown(translate(result, to, from), from) === shown(octets, from)).toBe(lossless.includes(to));
  });

  test.each(cases.filter(({ expected }) => !('cannotHold' in expected)))(
    'from $from to $to as part of a list, and behind other values: $kind, $name',
    ({ from, to, octets, expected }) => {
      const heads = { json: '[', msgpack: '\x92', cbor: '\x82' } as const;
      const [zero, comma, end] = [{ json: '0', msgpack: '\0', cbor: '\0' }, { json: ',' }, { json: ']' }].map(
        (table: Partial<Record<SerializerName, string>>) => (name: SerializerName) => Buffer.from(table[name] ?? ''),
      ) as [(name: SerializerName) => Buffer, (name: SerializerName) => Buffer, (name: SerializerName) => Buffer];
      const around = (name: SerializerName, value: Buffer): Buffer =>
        Buffer.concat([
          ...[zero(name), comma(name), Buffer.from(heads[name], 'latin1')],
          ...[value, comma(name), zero(name), end(name), comma(name), value],
        ]);
      expect(shown(translate(around(from, octets), from, to), to)).toBe(shown(around(to, expected as Buffer), to));
    },
  );

  test('in the same serializer is what it was', () => {
    for (const name of serializerNames) {
      const data = Buffer.from([0xc1]);
      expect(translate(data, name, name)).toBe(data);
    }
  });

  test('of nothing is nothing', () => {
    for (const from of serializerNames) {
      for (const to of serializerNames) expect(translate(Buffer.alloc(0), from, to)).toHaveLength(0);
    }
  });
});

test('integers of up to 1,024 octets are translated, larger ones are not', () => {
  const bignum = (octets: number): Buffer =>
    Buffer.concat([Buffer.from([0xc2, 0x59, octets >> 8, octets & 255]), Buffer.alloc(octets, 0xff)]);
  const largest = String(256n ** 1024n - 1n);
  expect(String(translate(bignum(1024), 'cbor', 'json'))).toBe(largest);
  expect(translate(Buffer.from(largest), 'json', 'cbor')).toEqual(bignum(1024));
  expect(translate(bignum(1025), 'cbor', 'json')).toBe('json cannot hold an integer of 1025 octets');
  const longer = Buffer.alloc(2468, '1');
  expect(translate(longer, 'json', 'cbor')).toBe('cbor cannot hold an integer of 2468 digits');
});

test.each([
  [0x3ff0, 10],
  [0x10000, 200],
])('lists of %i elements have the heads they need, in one another', (count, rest) => {
  const list = (inner: string): string => `[${'0,'.repeat(count)}${inner}]`;
  const text = `[${list(list(`${'1,'.repeat(rest)}2`))},{"a":${list('3')}}]`;
  for (const name of ['msgpack', 'cbor'] as const) {
    const octets = translate(Buffer.from(text), 'json', name) as Uint8Array;
    expect(String(translate(octets, name, 'json')) === text).toBe(true);
    expect(decoders[name](octets)).toEqual(JSON.parse(text));
  }
});

test.each([
  ['[1.0]', '1.0'],
  [' [ [ 1.0 , 2 ] ] ', '[ 1.0 , 2 ]'],
  ['["]\\""]', '"]\\""'],
  ['["a"],{}', '"a"'],
  ['["a"] , { }', '"a"'],
  ['[]', '{"args":[],"kwargs":{}}'],
  ['[ ],{"a":[1.0]}', '{"args":[ ],"kwargs":{"a":[1.0]}}'],
  ['[1,2]', '{"args":[1,2],"kwargs":{}}'],
  ['[1.0] , {"a":1}', '{"args":[1.0],"kwargs":{"a":1}}'],
])('the payload %s is %s in WAMP v1', (payload, value) => {
  expect(String(toV1(Buffer.from(payload)))).toBe(value);
});

describe('the table "Payloads between serializers" of PROTOCOL.md', () => {
  const [, section = ''] = readFileSync('PROTOCOL.md', 'utf8').split('## Payloads between serializers\n');
  const [, table = ''] = section.split('| --- | --- | --- | --- |\n');
  const rows = table
    .slice(0, table.search(/^(?!\|)/m))
    .trimEnd()
    .split('\n')
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );

  test('has every kind of value', () => {
    expect(rows.map(([kind]) => kind).sort()).toEqual([...new Set(payloadValues.map(({ kind }) => kind))].sort());
  });

  test.each(rows.map((cells) => [cells[0]!, cells] as const))(
    'says which serializer cannot hold it: %s',
    (kind, cells) => {
      serializerNames.forEach((name, at) => {
        const refused = payloadValues.filter(({ becomes, ...value }) => {
          const result = becomes[name];
          return value.kind === kind && result !== undefined && 'cannotHold' in result;
        });
        expect(cells[at + 1]!.includes('cannot hold'), name).toBe(refused.length > 0);
      });
    },
  );
});
