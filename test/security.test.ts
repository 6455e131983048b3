/** SECURITY.md promises nothing that no test holds. */

import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { titlesThatRun } from './support/test-titles.ts';

const results = readFileSync('test/hostile/results.md', 'utf8').split('\n');

/** The rows of all tables, without their heads: promise, and who holds it. */
const rowsOf = (text: string): readonly (readonly [promise: string, holders: string])[] =>
  [...text.matchAll(/^\| (.+) \| (.+) \|$/gm)]
    .map(([, promise = '', holders = '']) => [promise, holders] as const)
    .filter(([promise]) => promise !== 'promise' && !promise.startsWith('---'));

/** What is missing for a promise to be held, a phrase each; nothing when all that it names is there. */
const missing = (holders: string): readonly string[] => {
  const files = [...holders.matchAll(/\]\((test\/[^)]+)\)([^[]*)/g)].map(([, file = '', tail = '']) => {
    const named = [...tail.matchAll(/"([^"]+)"/g)].map(([, title = '']) => title);
    const titles = existsSync(file) ? titlesThatRun(readFileSync(file, 'utf8')) : [];
    const unknown = named.filter((piece) => titles.filter((title) => title.includes(piece)).length !== 1);
    return [...(named.length === 0 ? [`a title in ${file}`] : []), ...unknown.map((title) => `${file}: ${title}`)];
  });
  const ids = [...holders.matchAll(/`([a-z-]+\/[a-z0-9-]+)`/g)].map(([, id = '']) => id);
  const unknownIds = ids.filter(
    (id) => !results.some((row) => row.startsWith(`| \`${id}\``) && row.endsWith('| kept |')),
  );
  return files.length + ids.length === 0
    ? ['a test']
    : [...files.flat(), ...unknownIds.map((id) => `attack ${id}, kept`)];
};

const rows = rowsOf(readFileSync('SECURITY.md', 'utf8'));

test('SECURITY.md has its promises in tables', () => expect(rows.length).toBeGreaterThan(20));

test.each(rows)('a promise is held by the tests that it names: %s', (_, holders) =>
  expect(missing(holders)).toEqual([]),
);

test.each([
  ['a test', 'nothing'],
  ['a title in test/docs.test.ts', '[docs.test.ts](test/docs.test.ts)'],
  ['test/docs.test.ts: no such title', '[docs.test.ts](test/docs.test.ts) "no such title"'],
  ['test/none.test.ts: lists every limit', '[none.test.ts](test/none.test.ts) "lists every limit"'],
  ['test/docs.test.ts: lists every', '[docs.test.ts](test/docs.test.ts) "lists every"'],
  ['attack held/nothing, kept', 'attack `held/nothing`'],
])('a promise is not held where %s is missing', (what, holders) => expect(missing(holders)).toEqual([what]));
