import { expect, test } from 'vitest';
import { RequestIds } from '../../../src/connection/v2/request-ids.ts';

// Advanced Profile, "Progressive Call Invocations", "Verification of CALL Request IDs"
test('the ids of the last 256 calls in parts may come again, and older ones that the session knows', () => {
  const live = new Set([2]);
  const ids = new RequestIds('strict', { onGap: () => {}, continues: (id) => live.has(id) }, 512);
  for (let id = 1; id <= 258; id += 1) expect(ids.refusalOf('CALL', id, true, 'com.procedure')).toBeUndefined();
  for (const id of [2, 3, 258]) expect(ids.refusalOf('CALL', id, true, 'com.procedure')).toBeUndefined();
  expect(ids.refusalOf('CALL', 1, true, 'com.procedure')).toBe('the request id must be 259, not 1');
  expect(ids.refusalOf('PUBLISH', 2, false)).toBe('the request id must be 259, not 2');
});

test('a call in parts of a procedure that is none, being too long, is not remembered', () => {
  const gaps: number[] = [];
  const onGap = (_: number, given: number): void => void gaps.push(given);
  const ids = new RequestIds('warn', { onGap, continues: () => false }, 512);
  for (const [id, length] of [
    [1, 512],
    [2, 513],
  ] as const)
    ids.refusalOf('CALL', id, true, 'x'.repeat(length));
  for (const [id, length] of [
    [1, 512],
    [2, 513],
  ] as const)
    ids.refusalOf('CALL', id, true, 'x'.repeat(length));
  expect(gaps).toEqual([2]);
});

test('each gap is told of, and which is the first of the session', () => {
  const gaps: unknown[] = [];
  const onGap = (...gap: readonly unknown[]): void => void gaps.push(gap);
  const ids = new RequestIds('warn', { onGap, continues: () => false }, 512);
  for (const id of [1, 3, 4, 9]) ids.refusalOf('CALL', id, false, 'com.procedure');
  expect(gaps).toEqual([
    [2, 3, true],
    [5, 9, false],
  ]);
});
