import { describe, expect, test } from 'vitest';
import { createTurnQueue } from '../../src/session/turn-queue.ts';

describe('the turn queue', () => {
  test('does what is entered from inside a turn when the turn is over, in order', () => {
    const done: string[] = [];
    const turns = createTurnQueue(() => {});
    turns.enter(() => {
      turns.enter(() => {
        turns.enter(() => done.push('third'));
        done.push('second');
      });
      turns.enter(() => done.push('also second'));
      done.push('first');
    });
    expect(done).toEqual(['first', 'second', 'also second', 'third']);
  });

  test('goes on after a task that throws', () => {
    const done: string[] = [];
    const faults: unknown[] = [];
    const turns = createTurnQueue((error) => faults.push(error));
    turns.enter(() => {
      turns.later(() => {
        throw 'broken';
      });
      turns.later(() => done.push('next'));
    });
    turns.enter(() => done.push('later'));
    expect(faults).toEqual(['broken']);
    expect(done).toEqual(['next', 'later']);
  });

  test('takes ten thousand tasks from inside a turn without growing the stack', () => {
    let count = 0;
    const turns = createTurnQueue(() => {});
    const again = (): void => {
      count += 1;
      if (count < 10_000) turns.enter(again);
    };
    turns.enter(again);
    expect(count).toBe(10_000);
  });

  test('refuses to begin a turn inside a turn', () => {
    const turns = createTurnQueue(() => {});
    expect(turns.begin()).toBe(true);
    expect(turns.begin()).toBe(false);
    turns.end();
    expect(turns.begin()).toBe(true);
  });
});
