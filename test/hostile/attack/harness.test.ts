/** The attack harness notices what it is meant to notice, and reports it. */

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { circumstances } from '../../bench/describe.ts';
import { titlesThatRun } from '../../support/test-titles.ts';
import type { Attack } from './attack.ts';
import { attacks } from './attacks.ts';
import { attacks as controls } from './control.ts';
import { suiteAttacks } from './in-suite.ts';
import { helpOn, parseOptions, UsageError } from './options.ts';
import { isKept, lineOf, markdownReport } from './report.ts';
import { fullPace, runAttack } from './run.ts';
import { breaches, notMeasured, type Outcome } from './verdict.ts';

const mebi = 2 ** 20;
const bound = { growth: 10, kept: 5 };
const good: Outcome = {
  growth: 10 * mebi,
  kept: 5 * mebi,
  left: [],
  seen: { count: 800, p99: 100, max: 2_000, failed: 0, lost: [] },
  broken: undefined,
};

describe('an attack', () => {
  const table = new URL('control.ts', import.meta.url).href;
  const run = async (id: string): Promise<readonly string[]> => {
    const attack = controls.find((each) => each.id === id)!;
    return breaches(await runAttack(attack, table, undefined, { ...fullPace, rounds: 0, settling: 500 }), attack.bound);
  };

  test('that does nothing keeps its bound', async () => expect(await run('control/harmless')).toEqual([]));

  test('that ends the process of the router breaks its bound', async () => {
    expect(await run('control/ends')).toContainEqual(expect.stringMatching(/process of the router ended: .* code 7/));
  });

  test('that stalls the router, fills its memory, ends a bystander and leaves something behind breaks its bound for each', async () => {
    expect(await run('control/all-but-ends')).toEqual([
      'what the attack itself has seen',
      expect.stringMatching(/^a bystander lost its session in realm1: wamp.close.killed/),
      'p99 of the bystanders above 100 ms',
      'memory grew by more than 100 MiB',
      'more than 100 MiB were kept',
      // One of the three makes up for that of the bystander.
      'left behind: 2 topics',
      'left behind: 2 subscriptions',
    ]);
  });

  test('has an id of its own, and says what it does', () => {
    const ids = attacks.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { id, does, before } of attacks) {
      expect(id).toMatch(/^[a-z-]+\/[a-z0-9-]+$/);
      expect(does).not.toBe('');
      expect(before).not.toBe('');
    }
  });
});

test.each(suiteAttacks)('an attack of the suite has its test: $does', ({ file, title }) => {
  expect(titlesThatRun(readFileSync(file, 'utf8')).filter((each) => each.includes(title))).toHaveLength(1);
});

describe('a bound', () => {
  test('is kept up to its figures, the slowest request of a bystander aside', () => {
    expect(breaches(good, bound)).toEqual([]);
  });

  test.each<[string, Partial<Outcome>]>([
    ['memory grew by more than 10 MiB', { growth: 10 * mebi + 1 }],
    ['memory grew by more than 10 MiB', { growth: Number.NaN }],
    ['more than 5 MiB were kept', { kept: 5 * mebi + 1 }],
    ['more than 5 MiB were kept', { kept: Number.NaN }],
    ['p99 of the bystanders above 100 ms', { seen: { ...good.seen, p99: 100.1 } }],
    ['p99 of the bystanders above 100 ms', { seen: { ...good.seen, count: 0 } }],
    ['3 requests of bystanders failed', { seen: { ...good.seen, failed: 3 } }],
    ['a bystander lost its session in realm2: why', { seen: { ...good.seen, failed: 3, lost: ['realm2: why'] } }],
    ['left behind: 2 timers', { left: ['2 timers'] }],
    ['a sentence', { broken: 'a sentence' }],
  ])('is broken: %s', (why, outcome) => {
    expect(breaches({ ...good, ...outcome }, bound)).toEqual([why]);
  });

  test('is broken where nothing could be measured', () => {
    expect(breaches(notMeasured('why'), bound).length).toBeGreaterThan(3);
  });
});

describe('the report', () => {
  const attack: Attack = { id: 'a/b', does: 'does | harm', before: 'ended', bound, run: async () => {} };
  const rows = [
    { attack, outcome: good },
    { attack: { ...attack, id: 'a/c' }, outcome: { ...good, left: ['2 timers'] } },
  ];

  test('has a row for each attack, with the figures, the bound and the verdict', () => {
    const [first, second] = markdownReport(rows, circumstances())
      .split('\n')
      .filter((line) => line.startsWith('| `'));
    expect(first).toBe(
      '| `a/b` | does \\| harm | ended | p99 100 ms, max 2000 ms, memory +10 MiB, +5 MiB in the end | p99 100 ms, memory +10 MiB, +5 MiB in the end | kept |',
    );
    expect(second).toContain('| **broken**: left behind: 2 timers |');
    expect(rows.map(isKept)).toEqual([true, false]);
    expect(rows.map(lineOf).join()).toMatch(/: kept.*: BROKEN: left behind: 2 timers/);
  });
});

describe('the command line', () => {
  const [first] = attacks;

  test('runs all attacks, whose results are kept, or some, whose results are not', () => {
    expect(parseOptions([], attacks)).toEqual({ attacks, isFull: true, help: false });
    expect(parseOptions(['--only', first!.id], [...attacks, { ...first!, id: 'z/z' }])).toMatchObject({
      isFull: false,
    });
    expect(parseOptions(['--only', 'z/'], [...attacks, { ...first!, id: 'z/z' }]).attacks).toHaveLength(1);
    expect(parseOptions(['--help'], attacks).help).toBe(true);
  });

  test.each([
    ['There is no option "--onyl".', ['--onyl']],
    ['Option --only needs the id of an attack.', ['--only']],
    ['Unexpected argument "b".', ['--only', first!.id, 'b']],
    ['There is no attack "nothing".', ['--only', 'nothing']],
  ])('refuses with one sentence: %s', (sentence, argv) => {
    expect(() => parseOptions(argv, attacks)).toThrow(new UsageError(sentence));
  });

  test('lists every attack in its help', () => {
    for (const { id } of attacks) expect(helpOn(attacks)).toContain(id);
  });
});
