import { expect, test } from 'vitest';
import { counterNames } from '../../src/base/report.ts';
import { drain } from './drain.ts';
import { drainFaults } from './drain-report.ts';
import { parseOptions } from './options.ts';
import { pageOf } from './report.ts';
import type { Sample } from './sample.ts';
import { type Findings, faultsOf } from './verdict.ts';

const mebibyte = 2 ** 20;
const counters = Object.fromEntries(counterNames.map((name) => [name, 0])) as Sample['counters'];

const sample = ({ memory = {}, counts = {}, counted = {} } = {}): Sample => ({
  memory: { rss: 100 * mebibyte, outside: 60 * mebibyte, heapUsed: 20 * mebibyte, external: 3 * mebibyte, ...memory },
  counts: {
    connections: 7,
    sessions: 7,
    topics: 4,
    subscriptions: 26,
    registrations: 2,
    pendingCalls: 0,
    heldOctets: 0,
    timers: 2,
    resources: 13,
    ...counts,
  },
  counters: { ...counters, ...counted },
  delay: { p99: 1, max: 2 },
  cpu: 1_000,
});

const findings = (end: Sample, tally = {}): Findings => ({
  begin: sample(),
  settled: sample(),
  end,
  moments: [
    { at: 5, sample: sample({ counts: { connections: 90 } }) },
    { at: 700, sample: end },
  ],
  from: 60,
  to: 660,
  tallies: [{ title: 'v1', visits: 100, failures: 0, failure: '', ...tally }],
});

test('a soak whose counts and memory are what they were has no fault', () => {
  expect(
    faultsOf(findings(sample({ memory: { heapUsed: 21.9 * mebibyte, outside: 74 * mebibyte, rss: 140 * mebibyte } }))),
  ).toEqual([]);
});

test.each([
  ['a connection that stays', sample({ counts: { connections: 8 } }), 'connections: 8'],
  ['a subscription that one of the residents has lost', sample({ counts: { subscriptions: 25 } }), 'subscriptions: 25'],
  ['a timer that runs on', sample({ counts: { timers: 3 } }), 'timers of the router: 3'],
  [
    'a socket that nobody counts',
    sample({ counts: { resources: 14 } }),
    'sockets, timers and pipes of the process: 14',
  ],
  ['a heap that has grown by a tenth and more', sample({ memory: { heapUsed: 22.1 * mebibyte } }), 'heap used'],
  [
    'resident memory outside of the heap that has grown by a quarter and more',
    sample({ memory: { outside: 76 * mebibyte } }),
    'RSS outside of the heap',
  ],
  ['buffers that stay', sample({ memory: { external: 5 * mebibyte } }), 'external'],
  ['a fault of the router', sample({ counted: { internal_error: 1 } }), '1 faults of the router'],
])('%s is a fault', (_, end, words) => {
  expect(faultsOf(findings(end))).toEqual([expect.stringContaining(words)]);
  expect(pageOf(findings(end), circumstances)['results.md']).toContain(words);
});

const circumstances = {
  date: '2026-11-26T00:00:00.000Z',
  versions: { postmaster: '0.1.0' },
  machine: { cpu: 'cpu', cores: 2, memory: '1 GiB', system: 'linux' },
  command: 'npm run soak',
};

test.each([
  ['visits that failed', { failures: 2, failure: 'Error: x' }, 'v1: 2 of 100 failed, the first with Error: x'],
  ['a kind of which nobody came', { visits: 0 }, 'v1: nobody came'],
])('%s are a fault', (_, tally, words) => {
  expect(faultsOf(findings(sample(), tally))).toEqual([words]);
});

/** One that leaves every `step` ms. */
const departures = (count: number, step: number) =>
  Array.from({ length: count }, (_, at) => ({ at: 1_000 + at * step, status: 503, retryAfter: 5 }));
const idle = sample({ counts: { connections: 0 } });

test('a drain has no fault when all leave evenly, are refused with Retry-After, and the loop goes round', () => {
  const evenly = departures(500, drain / 2 / 500);
  expect(drainFaults({ departures: evenly, took: drain / 2, end: idle })).toEqual([]);
  for (const faulty of [
    { departures: departures(500, 1) },
    { departures: [...evenly.slice(1), { at: 1_000, status: 101, retryAfter: 0 }] },
    { departures: [...evenly.slice(1), { at: 1_000, status: 503, retryAfter: 0 }] },
    { end: { ...idle, delay: { p99: 1, max: 101 } } },
    { end: sample() },
  ])
    expect(drainFaults({ departures: evenly, took: drain / 2, end: idle, ...faulty })).toHaveLength(1);
});

test('only a full run replaces the committed one', () => {
  for (const full of [[], ['--minutes', '10'], ['--drain']]) expect(parseOptions(full).folder).toMatch(/soak$/);
  for (const partial of [
    ['--minutes', '2'],
    ['--drain', '--sessions', '100'],
  ]) {
    expect(parseOptions(partial).folder).toBeUndefined();
    expect(parseOptions([...partial, '--out', 'elsewhere']).folder).toMatch(/elsewhere$/);
  }
});

test.each([
  [['--minutes', '0'], 'Option --minutes must be a whole number from 1 to 10000, not "0".'],
  [['--minutes', '1.5'], 'not "1.5"'],
  [['--sessions', '5'], 'Option --sessions goes with --drain.'],
  [['--drain', '--minutes', '5'], 'Option --minutes does not go with --drain.'],
  [['--hours', '1'], "Unknown option '--hours'"],
  [['ten'], "Unexpected argument 'ten'"],
])('%j is refused', (args, sentence) => {
  expect(() => parseOptions(args)).toThrow(sentence);
});
