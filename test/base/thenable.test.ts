import { describe, expect, test } from 'vitest';
import { all, attempt, chain } from '../../src/base/thenable.ts';

const twice = (value: number): number => value * 2;
const thenable = (value: number): PromiseLike<number> =>
  // biome-ignore lint/suspicious/noThenProperty: this is what it is about.
  ({ then: (fulfil: (value: number) => unknown) => fulfil(value) }) as PromiseLike<number>;

describe('a value that comes now or later', () => {
  test('is gone on with at once where it is there', () => {
    expect(chain(21, twice)).toBe(42);
    expect(all([1, 'b', undefined])).toEqual([1, 'b', undefined]);
  });

  test.each([
    ['a promise', () => Promise.resolve(21)],
    ['a thenable of another library', () => thenable(21)],
  ])('is waited for where it is %s', async (_, later) => {
    const doubled = chain(later(), twice);
    expect(doubled).toBeInstanceOf(Promise);
    expect(await doubled).toBe(42);
    const both = all([1, later()]);
    expect(both).toBeInstanceOf(Promise);
    expect(await both).toEqual([1, 21]);
  });

  test.each([
    [
      'throws',
      () => {
        throw new Error('no');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no'))],
  ])('is what is made of the error, where whoever is asked %s', async (_, ask: () => unknown) => {
    expect(await attempt(ask, (error) => (error as Error).message)).toBe('no');
  });
});
