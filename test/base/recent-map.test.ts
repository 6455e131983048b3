import { expect, test } from 'vitest';
import { RecentMap } from '../../src/base/recent-map.ts';

test('a recent map knows the last keys that were added, and what was said of them last', () => {
  const map = new RecentMap<string, number>(2);
  for (const [at, key] of ['a', 'b', 'b', 'c'].entries()) map.set(key, at);
  expect(['a', 'b', 'c'].map((key) => [map.has(key), map.get(key)])).toEqual([
    [false, undefined],
    [true, 2],
    [true, 3],
  ]);
});
