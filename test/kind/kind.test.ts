import { describe, expect, test } from 'vitest';
import { asGiven, either, list, mapped, object, ruled, table } from '../../src/kind/compound.ts';
import type { AnyKind } from '../../src/kind/kind.ts';
import { optional, required } from '../../src/kind/kind.ts';
import type { Reading } from '../../src/kind/place.ts';
import { Place } from '../../src/kind/place.ts';
import { callback, filePath, flag, matching, oneOf, text, whole } from '../../src/kind/plain.ts';

const read = (kind: AnyKind, given: unknown, reading: Partial<Reading> = {}) => {
  const faults: string[] = [];
  const value = kind.read(given, new Place({ name: 'it', ...reading, faults }));
  return faults.length === 0 ? { value } : { faults };
};

describe('a kind', () => {
  test.each<[string, AnyKind, unknown, string]>([
    ['a text', text, 5, 'it must be a non-empty string, not a number'],
    ['a text', text, '', 'it must be a non-empty string, not an empty string'],
    ['a number', whole(1, 9), 0.5, 'it must be a whole number from 1 to 9, not 0.5'],
    ['a number', whole(1, 9), Number.NaN, 'it must be a whole number from 1 to 9, not NaN'],
    ['a number', whole(1, 9, 'ms'), 10, 'it must be a whole number of ms from 1 to 9, not 10'],
    ['a number', whole(1), '5', 'it must be a whole number from 1 to 2147483647, not a string'],
    ['a number', whole(1), 2 ** 31, 'it must be a whole number from 1 to 2147483647, not 2147483648'],
    ['a flag', flag, null, 'it must be true or false, not null'],
    ['a name', oneOf(['a', 'b', 'c']), 'hunter2', 'it must be "a", "b" or "c"'],
    ['a name', oneOf(['a', 'b']), ['a'], 'it must be "a" or "b", not a list'],
    ['a function', callback(), {}, 'it must be a function, not an object'],
    ['a path', filePath, 'a\0b', 'it must be the path of a file, not a string'],
    ['a list', list(flag, { least: 1 }), [], 'it must be a list, not an empty one'],
    ['a list', list(flag), [true, 1], 'it[1] must be true or false, not a number'],
    ['a table', table(flag), [], 'it must be an object, not a list'],
    ['an object', object({}), true, 'it must be an object, not true'],
    ['either', either('a or b', [], () => undefined), undefined, 'it is missing: it must be a or b'],
    ['something else', matching('odd', () => false), 1n, 'it must be odd, not a number'],
    ['something else', matching('odd', () => false), Symbol('hunter2'), 'it must be odd, not a symbol'],
  ])('of %s says what must be, and what is there: %#', (_, kind, given, sentence) => {
    const { faults = [] } = read(kind, given);
    // A list begins its path with its position.
    expect(faults.map((fault) => fault.replace(/^\[/, 'it['))).toEqual([sentence]);
  });

  test('of a list has no holes', () => {
    const holes = Array<unknown>(1);
    expect(read(list(flag), holes)).toEqual({ faults: ['[0] is missing: it must be true or false'] });
  });

  test('of a function says where functions can be, in a file that can hold none', () => {
    const kind = object({ a: callback(), b: required(callback()) });
    expect(read(kind, { a: 'f' }, { isData: true })).toEqual({
      faults: [
        'a must be a function, which only a config file in JavaScript can hold',
        'b is missing: it must be a function, which only a config file in JavaScript can hold',
      ],
    });
  });

  test('of a path resolves it where it is read', () => {
    expect(read(filePath, 'a', { resolve: (path) => `/etc/${path}` })).toEqual({ value: '/etc/a' });
    expect(read(filePath, 'a')).toEqual({ value: 'a' });
  });

  test('with a rule is asked about nothing that has a fault', () => {
    const rule = ruled(list(whole(1)), (given, place) => {
      if (given.length > 1) place.refuse('is too long');
    });
    expect(read(rule, [1, 2])).toEqual({ faults: ['it is too long'] });
    expect(read(rule, [1, 'x'])).toEqual({ faults: ['[1] must be a whole number from 1 to 2147483647, not a string'] });
    expect(read(mapped(text, Number), '7')).toEqual({ value: 7 });
  });
});

describe('an object', () => {
  const inner = object({ level: optional(whole(1), 5), name: text });
  const kind = object({ id: required(text), inner }, { elsewhere: { label: 'is called "id"' } });

  test('fills in defaults, and takes a key that holds undefined for one left out', () => {
    expect(read(kind, { id: 'x', inner: { level: undefined, name: undefined } })).toEqual({
      value: { id: 'x', inner: { level: 5 } },
    });
  });

  test('names every fault by its path, in order', () => {
    expect(read(kind, { inner: { level: 0, nmae: 1, other: 2 }, more: 1 })).toEqual({
      faults: [
        'it has no "more"; known are id, inner',
        'id is missing: it must be a non-empty string',
        'inner has no "nmae"; did you mean "name"?',
        'inner has no "other"; known are level, name',
        'inner.level must be a whole number from 1 to 2147483647, not 0',
      ],
    });
  });

  test('tells the new name of an old key, and does not miss what is merely misspelt', () => {
    expect(read(kind, { label: 'x', idd: 'y' })).toEqual({
      faults: ['label is called "id"', 'it has no "idd"; did you mean "id"?'],
    });
  });

  test('of secrets names no key that it does not know', () => {
    expect(read(object({ secret: text }, { hidesKeys: true }), { hunter2: 1, secrets: 2 })).toEqual({
      faults: ['it has an unknown key; known are secret', 'it has an unknown key; did you mean "secret"?'],
    });
  });

  test('has no key of the prototype of objects', () => {
    const given: unknown = JSON.parse('{ "id": "x", "__proto__": { "inner": 5 } }');
    expect(read(kind, given)).toEqual({ faults: ['it has no "__proto__"; known are id, inner'] });
    expect(read(kind, { id: 'x', constructor: 1 })).toEqual({
      faults: ['it has no "constructor"; known are id, inner'],
    });
  });

  test('that goes back to the application is the one that came', () => {
    const given = { level: 3, name: undefined };
    expect(read(asGiven(inner), given)).toEqual({ value: given });
    expect((read(asGiven(inner), given) as { value: unknown }).value).toBe(given);
  });
});

describe('a table', () => {
  test('takes any key, that of the prototype of objects too', () => {
    const { value } = read(table(flag), JSON.parse('{ "__proto__": true, "a b": false }')) as { value: object };
    expect(Object.entries(value)).toEqual([
      ['__proto__', true],
      ['a b', false],
    ]);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });

  test('names its entries by their keys, or counts them where a key may be a secret', () => {
    const given = { 'a b': 1, c: 2 };
    expect(read(object({ t: table(flag) }), { t: given })).toEqual({
      faults: ['t["a b"] must be true or false, not a number', 't.c must be true or false, not a number'],
    });
    expect(read(object({ t: table(flag, { hidesKeys: true }) }), { t: given })).toEqual({
      faults: ['t (entry 1) must be true or false, not a number', 't (entry 2) must be true or false, not a number'],
    });
  });
});
