import { describe, expect, test } from 'vitest';
import type { SerializerName } from '../../src/codec/serializers.ts';
import { serializerNames } from '../../src/codec/serializers.ts';
import { translate } from '../../src/codec/translate/translate.ts';
import type { PayloadValue } from '../support/payload-values.ts';
import { payloadValues } from '../support/payload-values.ts';

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
