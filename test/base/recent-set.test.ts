import { expect, test } from 'vitest';
import { RecentSet } from '../../src/base/recent-set.ts';

test('a recent set knows the last values that were added', () => {
  const set = new RecentSet<string>(2);
  for (const value of ['a', 'b', 'b', 'c']) set.add(value);
  expect(['a', 'b', 'c'].map((value) => set.has(value))).toEqual([false, true, true]);
});
