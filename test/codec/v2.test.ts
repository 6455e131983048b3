import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { serializers } from '../../src/codec/serializers.ts';
import { readByTable, readMessage, writeByTable, writeMessage } from '../../src/codec/v2.ts';
import type { Message } from '../../src/wamp/message.ts';
import { runs } from '../property/settings.ts';

const dict = fc.dictionary(fc.string(), fc.jsonValue());
const anything = fc.oneof(
  fc.jsonValue(),
  fc.constant(undefined),
  fc.nat(),
  dict,
  fc.constantFrom({}, [], '', 0, -1, 1.5),
);
const part = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom<unknown>(1, 7, {}, 'com.topic', [1], { a: 1 }) },
  { weight: 1, arbitrary: anything },
);
const list = fc
  .tuple(fc.constantFrom(16, 48, 70, 36, 8, 32), fc.array(part, { maxLength: 7 }))
  .map(([code, rest]) => [code, ...rest]);

describe('the short cut of frequent messages', () => {
  test('reads what the table reads', () => {
    fc.assert(
      fc.property(list, (given) => {
        expect(readMessage(given, 'peer')).toEqual(readByTable(given, 'peer'));
      }),
      runs(3000, 200_000),
    );
  });

  test('writes what the table writes', () => {
    const payload = { args: fc.array(fc.jsonValue(), { maxLength: 2 }), kwargs: fc.option(dict, { nil: undefined }) };
    const id = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
    const message = fc.oneof(
      fc.record({ type: fc.constant('EVENT'), subscription: id, publication: id, details: dict, ...payload }),
      fc.record({ type: fc.constant('RESULT'), request: id, details: dict, ...payload }),
      fc.record({ type: fc.constant('INVOCATION'), request: id, registration: id, details: dict, ...payload }),
      fc.record({ type: fc.constant('PUBLISHED'), request: id, publication: id }),
    );
    fc.assert(
      fc.property(message, (given) => {
        expect(writeMessage(given as Message)).toEqual(writeByTable(given as Message));
      }),
      runs(1000, 50_000),
    );
  });
});

describe.each(Object.values(serializers))('a payload that is passed on in $name', (serializer) => {
  const { encode, decode } = serializer;
  const bytes = (given: unknown): Buffer => Buffer.from(encode(given as unknown[]) as Uint8Array);
  const read = (data: Uint8Array): unknown[] => decode(data, 64) as unknown[];
  const pairs = [
    [
      [16, 5, {}, 'com.topic'],
      [36, 9, 2 ** 53 - 1, {}],
    ],
    [
      [16, 300, { acknowledge: true, eligible: [1, 2], x: 'a],"{' }, 'com.t"\\ö'],
      [36, 9, 70_000, { topic: 'ü' }],
    ],
    [
      [48, 5_000_000_000, { receive_progress: true }, 'com.procedure'],
      [68, 1, 200, {}],
    ],
    [
      [70, 17, {}],
      [50, 2 ** 40, {}],
    ],
    [
      [70, 17, { progress: true }],
      [50, 30, { progress: true }],
    ],
  ] as const;

  test.each(pairs)('behind %j arrives behind %j as it was', (source, target) => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue(), { minLength: 1 }), fc.option(dict, { nil: undefined }), (args, kwargs) => {
        const payload = kwargs === undefined ? [args] : [args, kwargs];
        const taken = read(bytes([...source, ...payload]));
        const passed = taken.slice(source.length);
        const fresh = structuredClone(passed);
        expect(read(bytes([...target, ...passed]))).toEqual([...target, ...fresh]);
      }),
      runs(200, 10_000),
    );
  });

  test('is the payload of the message that was read last, and of no other', () => {
    const first = read(bytes([16, 1, {}, 'com.a', ['first'], { a: 1 }]));
    const second = read(bytes([16, 2, {}, 'com.b', ['second'], { b: 2 }]));
    expect(read(bytes([36, 1, 1, {}, first[4], first[5]]))).toEqual([36, 1, 1, {}, ['first'], { a: 1 }]);
    read(bytes([16, 2, {}, 'com.b', ['second'], { b: 2 }]));
    expect(read(bytes([36, 1, 1, {}, second[4], { c: 3 }]))).toEqual([36, 1, 1, {}, ['second'], { c: 3 }]);
    const third = read(bytes([16, 3, {}, 'com.c', ['third'], { d: 4 }]));
    expect(read(bytes([36, 1, 1, {}, third[4]]))).toEqual([36, 1, 1, {}, ['third']]);
    expect(read(bytes([36, 1, 1, {}, [third[4]]]))).toEqual([36, 1, 1, {}, [['third']]]);
  });
});

test('JSON is passed on octet by octet, blanks and all digits', () => {
  const { encode, decode } = serializers.json;
  const text =
    ' [ 16 , 1 , { "x" : "]" } , "com.\\u0074opic" , [ 12345678901234567890, 1.0, "\\u00e9 \\"" ] , {"a" : 1} ] ';
  const list = decode(Buffer.from(text), 64) as unknown[];
  expect(encode([36, 1, 2, {}, list[4], list[5]])).toBe(
    '[36,1,2,{}, [ 12345678901234567890, 1.0, "\\u00e9 \\"" ] , {"a" : 1} ]',
  );
});
