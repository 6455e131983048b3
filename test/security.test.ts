/** Every promise in SECURITY.md has a test that holds it. */

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { missing } from './support/holders.ts';

/** The rows of all tables, without their heads: promise, and who holds it. */
const rowsOf = (text: string): readonly (readonly [promise: string, holders: string])[] =>
  [...text.matchAll(/^\| (.+) \| (.+) \|$/gm)]
    .map(([, promise = '', holders = '']) => [promise, holders] as const)
    .filter(([promise]) => promise !== 'promise' && !promise.startsWith('---'));

const rows = rowsOf(readFileSync('SECURITY.md', 'utf8'));

test('SECURITY.md has its promises in tables', () => expect(rows.length).toBeGreaterThan(20));

test.each(rows)('a promise is held by the tests that it names: %s', (_, holders) =>
  expect(missing(holders)).toEqual([]),
);

test.each([
  ['a test', 'nothing'],
  ['a title in test/docs.test.ts', '`test/docs.test.ts`'],
  ['test/docs.test.ts: no such title', '`test/docs.test.ts` "no such title"'],
  ['test/none.test.ts: lists every limit', '`test/none.test.ts` "lists every limit"'],
  ['test/docs.test.ts: lists every', '`test/docs.test.ts` "lists every"'],
  ['attack held/nothing, kept', 'attack `held/nothing`'],
])('a promise is not held where %s is missing', (what, holders) => expect(missing(holders)).toEqual([what]));
