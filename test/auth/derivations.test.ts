import { describe, expect, test } from 'vitest';
import { overloaded } from '../../src/auth/denial.ts';
import { Derivations } from '../../src/auth/derivations.ts';

/** Work that is done one at a time, when the test says so; what began, and how each ended, in order. */
const createWork = (waiting = 256) => {
  const derivations = new Derivations({ running: 1, waiting });
  const begun: string[] = [];
  const refused: string[] = [];
  const ends: (() => void)[] = [];
  const ask = (address: string | undefined, name: string): Promise<void> =>
    derivations
      .run(address, () => {
        begun.push(name);
        return new Promise<void>((resolve) => ends.push(resolve));
      })
      .catch((error: unknown) => {
        if (error !== overloaded) throw error;
        refused.push(name);
      });
  /** Ends what runs, and waits until the next has begun. */
  const finish = async (count: number): Promise<void> => {
    for (let at = 0; at < count; at += 1) {
      ends.shift()?.();
      await new Promise(setImmediate);
    }
  };
  return { derivations, ask, begun, refused, finish };
};

describe('the derivation of keys', () => {
  test('is done in turns between addresses, in order for each of them', async () => {
    const { ask, begun, finish } = createWork();
    for (const name of ['a1', 'a2', 'a3', 'a4']) ask('a', name);
    for (const name of ['b1', 'b2']) ask('b', name);
    ask(undefined, 'c1');
    await finish(7);
    expect(begun).toEqual(['a1', 'a2', 'b1', 'c1', 'a3', 'b2', 'a4']);
  });

  test('begins at once while there is room, and as many at a time as there may be', async () => {
    const derivations = new Derivations({ running: 2, waiting: 8 });
    let running = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      running += 1;
      most = Math.max(most, running);
      await new Promise(setImmediate);
      running -= 1;
    };
    await Promise.all(Array.from({ length: 8 }, () => derivations.run('a', work)));
    await Promise.all(Array.from({ length: 8 }, () => derivations.run('b', work)));
    expect(most).toBe(2);
  });

  test('is refused to the last of the longest line where too many wait', async () => {
    const { ask, begun, refused, finish } = createWork(3);
    for (const name of ['a1', 'a2', 'a3', 'a4', 'a5']) ask('a', name);
    await finish(0);
    await new Promise(setImmediate);
    expect(refused).toEqual(['a5']);
    ask('b', 'b1');
    ask('b', 'b2');
    await new Promise(setImmediate);
    expect(refused).toEqual(['a5', 'a4', 'b2']);
    await finish(4);
    expect(begun).toEqual(['a1', 'a2', 'b1', 'a3']);
  });

  test('that fails lets the next one begin', async () => {
    const derivations = new Derivations({ running: 1, waiting: 1 });
    const failing = derivations.run('a', () => Promise.reject(new Error('failed')));
    const next = derivations.run('a', () => Promise.resolve('key'));
    await expect(failing).rejects.toThrow('failed');
    expect(await next).toBe('key');
    expect(await derivations.run('a', () => Promise.resolve('later'))).toBe('later');
  });
});
