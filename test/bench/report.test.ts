import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Sample } from './measure.ts';
import { parseOptions } from './options.ts';
import { ratioPlot } from './plot.ts';
import { groupsOf, plotName, summary } from './report.ts';
import { exitCode, hasFloor, type Run, remarksOn } from './result.ts';
import { workloads } from './workloads.ts';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
const run = JSON.parse(read('results/results.json')) as Run;

const row = { id: 'json/call', group: 'WAMP v2, JSON', title: 'call', unit: 'µs CPU per call', bound: 1.5 };
const sample = (value: number): Sample => ({ value, count: 1, cpu: value, wall: 1, load: 0 });
const of = (value: number, quick = false) => ({
  target: 'postmaster',
  quick,
  results: [{ row, samples: { floor: [sample(1)], postmaster: [sample(value)] }, errors: {} }],
});

test('a run ends well only when every row has a figure within its bound', () => {
  expect(exitCode(of(1.5))).toBe(0);
  for (const bad of [1.51, Number.NaN, 0, -1, Number.POSITIVE_INFINITY]) expect(exitCode(of(bad))).toBe(1);
  expect(exitCode(of(2, true))).toBe(0);
});

test('only a full run replaces the committed one', () => {
  expect(parseOptions(['--peers']).folder).toMatch(/results$/);
  for (const partial of [['--quick'], ['--rounds', '1'], ['--only', 'json/'], ['--protocol', 'json']]) {
    expect(parseOptions(partial).folder).toBeUndefined();
    expect(parseOptions([...partial, '--out', 'elsewhere']).folder).toMatch(/elsewhere$/);
  }
});

test('the committed run is a whole one, and every row keeps its bound', () => {
  expect(run).toMatchObject({ rounds: 3, quick: false, pinned: true });
  // The rows of the engines are younger than the committed run: it has all of them or none.
  const isYounger = (id: string): boolean => id.startsWith('engines/');
  const ids = workloads.flatMap(({ rows }) => rows.map(({ id }) => id));
  const committed = run.results.map(({ row }) => row.id);
  expect(committed).toEqual(committed.some(isYounger) ? ids : ids.filter((id) => !isYounger(id)));
  expect(remarksOn(run).filter((remark) => /above its bound|: (postmaster|floor) failed/.test(remark))).toEqual([]);
  expect(exitCode(run)).toBe(0);
});

test('the README shows it', () => {
  const [, table] = read('../../README.md').match(/<!-- bench -->\n([\s\S]*?)\n<!-- \/bench -->/) ?? [];
  expect(table).toBe(summary(run, 'WAMP v2, JSON'));
});

test('a plot explains the marks that it has, and no others', () => {
  const legend = 'bound that a row must keep';
  for (const [group, results] of groupsOf(run)) {
    if (!results.some(hasFloor)) continue;
    const plot = ratioPlot(run, group, results);
    const hasBounds = results.filter(hasFloor).some(({ row }) => row.bound !== undefined);
    expect([group, plot.includes(legend)]).toEqual([group, hasBounds]);
    expect([group, plot.includes('class="bound"')]).toEqual([group, hasBounds]);
    expect(read(`results/${plotName(group)}`)).toBe(plot);
  }
});
