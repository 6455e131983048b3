import { expect, test } from 'vitest';
import { createFlushQueue } from '../../src/connection/flush-queue.ts';

const setUp = () => {
  const turns: (() => void)[] = [];
  const clock = { time: 0 };
  const faults: unknown[] = [];
  const queue = createFlushQueue({
    schedule: (flush) => turns.push(flush),
    now: () => clock.time,
    onFault: (error) => faults.push(error),
  });
  return { queue, turns, clock, faults, turn: () => turns.shift()?.() };
};

test('flushes all outboxes of a turn with one schedule', () => {
  const { queue, turns } = setUp();
  for (let at = 0; at < 3; at += 1) queue.add({ flush: () => {} });
  expect(turns).toHaveLength(1);
});

test('goes on in the next turn when one takes long; who comes then need not wait for all of it', () => {
  const { queue, turns, clock, turn } = setUp();
  const flushed: number[] = [];
  const add = (at: number, ms: number) =>
    queue.add({
      flush: () => {
        flushed.push(at);
        clock.time += ms;
      },
    });
  for (let at = 0; at < 300; at += 1) add(at, 0.5);
  turn();
  expect(flushed).toHaveLength(64);
  expect(turns).toHaveLength(1);
  add(300, 0);
  expect(turns).toHaveLength(1);
  turn();
  expect(flushed[64]).toBe(300);
  expect(flushed).toHaveLength(129);
  for (let count = 0; turns.length > 0; count += 1) {
    expect(count).toBeLessThan(10);
    turn();
  }
  expect(flushed.filter((at) => at < 300)).toEqual(Array.from({ length: 300 }, (_, at) => at));
  expect(flushed).toHaveLength(301);
});

test('makes turns as long as writing is worth: twice what it took lately, from 5 to 20 ms', () => {
  const { queue, clock, turn } = setUp();
  const writing = (ms: number): number => {
    queue.add({ flush: () => (clock.time += ms) });
    turn();
    return queue.turnLength;
  };
  expect(queue.turnLength).toBe(5);
  expect([writing(1), writing(6), writing(7), writing(50)]).toEqual([5, 12, 14, 20]);
  // One turn with little to write does not make the next one short.
  expect([0, 0, 0, 0, 0].map(writing)).toEqual([20, 20, 12.5, 6.25, 5]);
});

test('neither those who wait nor those who keep coming are starved', () => {
  const { queue, clock, turn } = setUp();
  let waited = 0;
  let came = 0;
  const add = (flushed: () => void) =>
    queue.add({
      flush: () => {
        flushed();
        clock.time += 0.3;
      },
    });
  for (let at = 0; at < 1000; at += 1)
    add(() => {
      waited += 1;
    });
  for (let round = 1; waited < 1000; round += 1) {
    expect(round).toBeLessThan(20);
    turn();
    for (let at = 0; at < 200; at += 1)
      add(() => {
        came += 1;
      });
  }
  expect(came).toBeGreaterThan(500);
});

test('goes on when an outbox cannot be flushed', () => {
  const { queue, turn, faults } = setUp();
  let flushed = 0;
  for (let at = 0; at < 3; at += 1) {
    queue.add({
      flush: () => {
        if (at === 1) throw new Error('broken');
        flushed += 1;
      },
    });
  }
  turn();
  expect(flushed).toBe(2);
  expect(faults).toEqual([new Error('broken')]);
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
