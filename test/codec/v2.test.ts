import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readByTable, readMessage, writeByTable, writeEnvelope } from '../../src/codec/v2.ts';
import type { Message } from '../../src/wamp/message.ts';
import { MessagePayload } from '../../src/wamp/payload.ts';
import { runs } from '../property/settings.ts';
import { plainMessage } from '../support/publication.ts';

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
        expect(plainMessage(readMessage(given, 'peer'))).toEqual(plainMessage(readByTable(given, 'peer')));
      }),
      runs(3000, 200_000),
    );
  });

  test('writes what the table writes', () => {
    const values = fc.tuple(fc.array(fc.jsonValue(), { maxLength: 2 }), fc.option(dict, { nil: undefined }));
    const payload = { payload: values.map(([args, kwargs]) => MessagePayload.of(args, kwargs)) };
    const id = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
    const message = fc.oneof(
      fc.record({ type: fc.constant('EVENT'), subscription: id, publication: id, details: dict, ...payload }),
      fc.record({ type: fc.constant('RESULT'), request: id, details: dict, ...payload }),
      fc.record({ type: fc.constant('INVOCATION'), request: id, registration: id, details: dict, ...payload }),
      fc.record({ type: fc.constant('PUBLISHED'), request: id, publication: id }),
    );
    fc.assert(
      fc.property(message, (given) => {
        expect(writeEnvelope(given as Message)).toEqual(writeByTable(given as Message));
      }),
      runs(1000, 50_000),
    );
  });
});
