import { expect, test, vi } from 'vitest';
import { createLogStream } from '../../src/cli/log-stream.ts';

/** A destination that takes a piece when the test says so. */
const setUp = (maxWaiting: number) => {
  const taken: string[] = [];
  let answer: ((error?: Error) => void) | undefined;
  const told: [number, number][] = [];
  const stream = createLogStream({
    sink: (text, done) => {
      taken.push(text);
      answer = done;
    },
    maxWaiting,
    onLost: (lines, total) => {
      told.push([lines, total]);
      stream.write(`${lines} lost\n`);
    },
  });
  const settle = (error?: Error): void => {
    const done = answer;
    answer = undefined;
    done?.(error);
  };
  return { stream, taken, told, settle };
};

const write = (stream: { write(line: string): void }, ...lines: readonly string[]): void => {
  for (const line of lines) stream.write(`${line}\n`);
};

test('lines that come while one is on its way go together, in their order', () => {
  const { stream, taken, settle } = setUp(100);
  write(stream, 'a', 'b', 'c');
  expect(taken).toEqual(['a\n']);
  settle();
  expect(taken).toEqual(['a\n', 'b\nc\n']);
  settle();
  expect(taken).toHaveLength(2);
});

test('lines beyond what may wait are lost, and told of in their place once lines flow again', () => {
  const { stream, taken, told, settle } = setUp(4);
  // The short one would have room, but comes behind one that is lost.
  write(stream, 'a', 'b', 'too long', 'c');
  settle();
  expect(told).toEqual([[2, 2]]);
  settle();
  expect(taken.join('')).toBe('a\nb\n2 lost\n');
  write(stream, 'd', 'e', 'f', 'g');
  settle();
  settle();
  expect(told).toEqual([
    [2, 2],
    [1, 3],
  ]);
});

test('a line that is longer than what may wait is written where nothing waits', () => {
  const { stream, taken } = setUp(0);
  write(stream, 'a long line');
  expect(taken).toEqual(['a long line\n']);
});

test('the lines of a piece that fails are lost, and the next line is tried', () => {
  const { stream, taken, told, settle } = setUp(100);
  write(stream, 'a', 'b');
  settle(new Error('ENOSPC'));
  settle(new Error('ENOSPC'));
  expect(told).toEqual([]);
  write(stream, 'c');
  settle();
  expect(told).toEqual([[2, 2]]);
  settle();
  expect(taken.at(-1)).toBe('2 lost\n');
});

test('finish resolves when everything is written, and when the time is over', async () => {
  vi.useFakeTimers();
  try {
    const { stream, settle } = setUp(100);
    await stream.finish(1000);
    write(stream, 'a', 'b');
    let isFinished = false;
    const finished = stream.finish(1000).then(() => {
      isFinished = true;
    });
    settle();
    await Promise.resolve();
    expect(isFinished).toBe(false);
    settle();
    await finished;
    write(stream, 'c');
    const late = stream.finish(1000);
    vi.advanceTimersByTime(1000);
    await late;
  } finally {
    vi.useRealTimers();
  }
});
