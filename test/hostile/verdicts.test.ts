/** verdicts.md names the tests that hold each of its rows, or says why there are none. */

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isKept, missing } from '../support/holders.ts';
import { attacks } from './attack/attacks.ts';

const rows = [...readFileSync('test/hostile/verdicts.md', 'utf8').matchAll(/^\| `([^`]+)` \| (.+) \|$/gm)].map(
  ([, id = '', cells = '']) => [id, cells.split(' | ')] as const,
);

/** Whether a row with this verdict needs tests, and whether it needs to say what is open. Tests that are named must be there in any case. */
const verdicts: Readonly<Record<string, { readonly tests: boolean; readonly reason: boolean }>> = {
  held: { tests: true, reason: false },
  'held in part': { tests: true, reason: true },
  'not held': { tests: false, reason: true },
  'untestable here': { tests: false, reason: true },
  later: { tests: false, reason: true },
};

/** What is wrong with the last two cells of a row, a phrase each. */
const faultsOf = (verdict: string, holders: string): readonly string[] => {
  const needs = verdicts[verdict];
  if (needs === undefined) return [`no verdict: ${verdict}`];
  const [said = '', reason] = holders.includes('; open: ')
    ? holders.split('; open: ')
    : needs.tests
      ? [holders]
      : ['', holders];
  const [named = '', measured = ''] = said.split('; measured by ');
  const ids = [...measured.matchAll(/`([^`]+)`/g)].map(([, id = '']) => id);
  const known = ids.filter((id) => attacks.some((attack) => attack.id === id));
  const isReasoned = reason !== undefined && reason !== '';
  return [
    ...(needs.tests || named !== '' ? missing(named) : []),
    ...ids.filter((id) => !known.includes(id)).map((id) => `attack ${id}`),
    ...(verdict === 'held' ? known.filter((id) => !isKept(id)).map((id) => `attack ${id}, kept`) : []),
    ...(isReasoned === needs.reason ? [] : [needs.reason ? 'no reason' : `a reason: ${reason}`]),
  ];
};

test('there are rows of each area, and no id comes twice', () => {
  const ids = rows.map(([id]) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect([...new Set(ids.map((id) => id.split('/')[0]))]).toEqual([
    'handshake',
    'framing',
    'values',
    'load',
    'operation',
  ]);
});

test.each(rows)('%s has its verdict, and who holds it or why nobody does', (_, cells) => {
  expect(cells).toHaveLength(4);
  expect(faultsOf(cells[2]!, cells[3]!)).toEqual([]);
});

test.each([
  ['held', 'nothing', ['a test']],
  ['held', '[docs](/test/docs.test.ts) "no such title"', ['test/docs.test.ts: no such title']],
  ['held', '[docs](/test/docs.test.ts) "lists every limit"; open: more', ['a reason: more']],
  ['held in part', '[docs](/test/docs.test.ts) "lists every limit"', ['no reason']],
  ['held in part', '; open: all', ['a test']],
  ['later', '', ['no reason']],
  ['later', '[docs](/test/docs.test.ts) "gone"; open: the rest', ['test/docs.test.ts: gone']],
  ['held', '[docs](/test/docs.test.ts) "lists every limit"; measured by `held/nothing`', ['attack held/nothing']],
  ['kept', 'nothing', ['no verdict: kept']],
])('a row is found wanting: %s, %s', (verdict, holders, faults) => {
  expect(faultsOf(verdict, holders)).toEqual(faults);
});
