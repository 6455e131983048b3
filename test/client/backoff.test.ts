import { expect, test } from 'vitest';
import { createBackoff } from '../../src/client/backoff.ts';

/** Each pause is as long as said, or shorter by chance, but not by more than a half. */
const expectPauses = (pauses: readonly number[], longest: readonly number[]): void => {
  for (const [at, pause] of pauses.entries()) {
    expect(pause).toBeGreaterThan((longest[at] as number) / 2);
    expect(pause).toBeLessThanOrEqual(longest[at] as number);
  }
};

const take = (count: number, next: () => number): readonly number[] => Array.from({ length: count }, next);

test('pauses grow by the factor up to the longest, and begin anew after a success', () => {
  const { next, reset } = createBackoff({ initialDelay: 10, factor: 3, maxDelay: 100 });
  expectPauses(take(5, next), [10, 30, 90, 100, 100]);
  reset();
  expectPauses(take(2, next), [10, 30]);
});

test('without options the first pause is 250 ms, each is twice the one before, and none is over 30 s', () => {
  const { next } = createBackoff();
  expectPauses(take(9, next), [250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
});

test('many clients that lost the same router do not come back in one moment', () => {
  const pauses = take(50, () => createBackoff({ initialDelay: 1000 }).next());
  expect(new Set(pauses).size).toBeGreaterThan(25);
});
