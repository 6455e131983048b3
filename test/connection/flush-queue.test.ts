import { expect, test } from 'vitest';
import { createFlushQueue } from '../../src/connection/flush-queue.ts';

const setUp = () => {
  const turns: (() => void)[] = [];
  const clock = { time: 0 };
  const queue = createFlushQueue({ schedule: (flush) => turns.push(flush), now: () => clock.time });
  return { queue, turns, clock, turn: () => turns.shift()?.() };
};

test('flushes all outboxes of a turn with one schedule', () => {
  const { queue, turns } = setUp();
  for (let at = 0; at < 3; at += 1) queue.add({ flush: () => {} });
  expect(turns).toHaveLength(1);
});

test('goes on in the next turn when one takes long, in order, before those that came later', () => {
  const { queue, turns, clock, turn } = setUp();
  const flushed: number[] = [];
  for (let at = 0; at < 300; at += 1) {
    queue.add({
      flush: () => {
        flushed.push(at);
        clock.time += 0.5;
      },
    });
  }
  turn();
  expect(flushed.length).toBeLessThan(130);
  expect(turns).toHaveLength(1);
  queue.add({ flush: () => flushed.push(300) });
  expect(turns).toHaveLength(1);
  for (let count = 0; turns.length > 0; count += 1) {
    expect(count).toBeLessThan(10);
    turn();
  }
  expect(flushed).toEqual(Array.from({ length: 301 }, (_, at) => at));
});

test('puts the same frames together once for all links of a turn, and others anew', () => {
  const { queue, turn } = setUp();
  const frames = ['a', 'b'].map((text) => Buffer.from(text));
  const joined: Uint8Array[] = [];
  for (const batch of [frames, [...frames], [...frames].reverse(), frames.slice(1)]) {
    queue.add({ flush: () => joined.push(queue.join(batch, batch.length)) });
  }
  turn();
  expect(joined.map(String)).toEqual(['ab', 'ab', 'ba', 'b']);
  expect(joined[1]).toBe(joined[0]);
  expect(joined[3]).toBe(frames[1]);
  const later = queue.join(frames, 2);
  expect(later).toEqual(joined[0]);
  expect(later).not.toBe(joined[0]);
});
