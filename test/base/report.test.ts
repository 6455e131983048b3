import { afterEach, describe, expect, test, vi } from 'vitest';
import { createReport } from '../../src/base/report.ts';
import type { Logger } from '../../src/index.ts';

afterEach(() => vi.restoreAllMocks());

interface Line {
  readonly level: string;
  readonly facts: object;
  readonly message: string;
}

/** A report whose lines are kept; `pass` lets the second end. */
const createRecorded = () => {
  const lines: Line[] = [];
  const log = (level: string) => (facts: object, message: string) => lines.push({ level, facts, message });
  const logger: Logger = { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') };
  let due: (() => void)[] = [];
  const later = (task: () => void, delay: number): void => {
    expect(delay).toBe(1000);
    due.push(task);
  };
  const pass = (): void => {
    const tasks = due;
    due = [];
    for (const task of tasks) task();
  };
  return { lines, report: createReport({ logger, later }), pass, waiting: () => due.length };
};

describe('the report', () => {
  test('counts everything and logs at most five lines a second of each cause, and then how many were left out', () => {
    const { lines, report, pass, waiting } = createRecorded();
    for (let at = 0; at < 100; at += 1) report.warn('bad_message', { at }, 'bad');
    report.error('call_failed', {}, 'other cause');
    expect(lines).toHaveLength(6);
    expect(waiting()).toBe(2);
    pass();
    expect(lines.slice(6)).toEqual([
      {
        level: 'warn',
        facts: { cause: 'bad_message', suppressed: 95 },
        message: '95 more lines of this cause were left out',
      },
    ]);
    expect(waiting()).toBe(0);
    report.warn('bad_message', {}, 'bad');
    expect(lines.at(-1)).toEqual({ level: 'warn', facts: { cause: 'bad_message' }, message: 'bad' });
    expect(report.counters()).toMatchObject({ bad_message: 101, call_failed: 1, ping_timeout: 0 });
  });

  test('writes five lines of one cause without a word of others', () => {
    const { lines, report, pass } = createRecorded();
    for (let at = 0; at < 5; at += 1) report.error('call_failed', {}, 'bad');
    pass();
    expect(lines).toHaveLength(5);
  });

  test('without a logger writes warnings and errors to the console, and nothing else', () => {
    const [warn, error] = [vi.spyOn(console, 'warn'), vi.spyOn(console, 'error')].map((spy) => spy.mockReturnValue());
    const others = (['log', 'info', 'debug'] as const).map((name) => vi.spyOn(console, name));
    const report = createReport({ later: () => {} });
    report.debug({}, 'a');
    report.info({}, 'b');
    report.warn('bad_message', { at: 1 }, 'c');
    report.error('call_failed', {}, 'd');
    expect(warn?.mock.calls).toEqual([['postmaster warn: c (cause bad_message, at 1)']]);
    expect(error?.mock.calls).toEqual([['postmaster error: d (cause call_failed)']]);
    for (const other of others) expect(other).not.toHaveBeenCalled();
  });

  test('writes nothing where the logger is false, and counts', () => {
    const [warn, error] = [vi.spyOn(console, 'warn'), vi.spyOn(console, 'error')];
    const report = createReport({ logger: false, later: () => {} });
    report.warn('bad_message', {}, 'c');
    report.error('call_failed', {}, 'd');
    expect([warn, error].flatMap(({ mock }) => mock.calls)).toEqual([]);
    expect(report.counters()).toMatchObject({ bad_message: 1, call_failed: 1 });
  });

  test('tells on the console of a logger that fails, at most five times a second', () => {
    const error = vi.spyOn(console, 'error').mockReturnValue();
    const fail = (): void => {
      throw new Error('disk full');
    };
    const due: (() => void)[] = [];
    const logger = { debug: fail, info: fail, warn: fail, error: fail };
    const report = createReport({ logger, later: (task) => due.push(task) });
    report.info({}, 'the first line');
    for (let at = 0; at < 9; at += 1) report.info({}, 'more');
    expect(error).toHaveBeenCalledTimes(5);
    expect(error.mock.calls[0]?.[0]).toMatch(
      /^postmaster error: the logger failed: Error: disk full \(at .*report\.test\.ts:\d+:\d+, line the first line\)$/,
    );
    for (const task of due) task();
    expect(error.mock.calls.slice(5)).toEqual([
      ['postmaster error: the logger failed: 5 more lines of this cause were left out'],
    ]);
  });
});
