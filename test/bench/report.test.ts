import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { faultsIn } from '../support/svg-faults.ts';
import type { Sample } from './measure.ts';
import { parseOptions } from './options.ts';
import { ratioPlot } from './plot.ts';
import { groupsOf, plotName, summary } from './report.ts';
import { exitCode, hasFloor, type Run, remarksOn } from './result.ts';
import { workloads } from './workloads.ts';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
const run = JSON.parse(read('results/results.json')) as Run;
/** That of the rows by payload size. */
const sized = JSON.parse(read('results/by-size/results.json')) as Run;
const folders = new Map([
  [run, 'results'],
  [sized, 'results/by-size'],
]);

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
  // The rows of the engines, and those by size, are younger than the committed run: it has all of them or none.
  const younger = [/^engines\//, /-(64|1k|16k|1m|1m-memory)$/];
  const committed = run.results.map(({ row }) => row.id);
  const missing = younger.filter((form) => !committed.some((id) => form.test(id)));
  const ids = workloads.flatMap(({ rows }) => rows.map(({ id }) => id));
  expect(committed).toEqual(ids.filter((id) => !missing.some((form) => form.test(id))));
  expect(remarksOn(run).filter((remark) => /above its bound|: (postmaster|floor) failed/.test(remark))).toEqual([]);
  expect(exitCode(run)).toBe(0);
});

test('the committed run by payload size is of these rows, and every one keeps its bound', () => {
  expect(sized).toMatchObject({ rounds: 3, quick: false, pinned: true });
  const rows = parseOptions(['--sized']).workloads.flatMap((workload) => workload.rows);
  // Rows of 64 octets are younger than the run: the other tables have such payloads.
  const wanted = rows.filter(({ id }) => !id.endsWith('-64') || sized.results.some(({ row }) => row.id === id));
  expect(sized.results.map((result) => result.row)).toEqual(wanted);
  expect(remarksOn(sized).filter((remark) => /above its bound|: (postmaster|floor) failed/.test(remark))).toEqual([]);
  expect(exitCode(sized)).toBe(0);
});

test('the rows by payload size can be asked for alone', () => {
  const groups = parseOptions(['--sized']).workloads.flatMap(({ rows }) => rows.map(({ group }) => group));
  expect(new Set(groups).size).toBe(3);
  expect(groups.filter((group) => !group.endsWith(', by payload size'))).toEqual([]);
  expect(parseOptions(['--sized', '--peers']).folder).toBeUndefined();
});

test('the README shows them', () => {
  const readme = read('../../README.md');
  const [, table] = readme.match(/<!-- bench -->\n([\s\S]*?)\n<!-- \/bench -->/) ?? [];
  expect(table).toBe(summary(run, 'WAMP v2, JSON'));
  const [, bySize] = readme.match(/<!-- bench by size -->\n([\s\S]*?)\n<!-- \/bench by size -->/) ?? [];
  expect(bySize).toBe(summary(sized, 'WAMP v2, JSON, by payload size'));
});

test('a plot explains the marks that it has, and no others', () => {
  const legend = 'bound that a row must keep';
  const groups = [...folders].flatMap(([all, folder]) =>
    [...groupsOf(all)].map(([group, results]) => ({ all, folder, group, results })),
  );
  for (const { all, folder, group, results } of groups) {
    if (!results.some(hasFloor)) continue;
    const plot = ratioPlot(all, group, results);
    const hasBounds = results.filter(hasFloor).some(({ row }) => row.bound !== undefined);
    expect([group, plot.includes(legend)]).toEqual([group, hasBounds]);
    expect([group, plot.includes('class="bound"')]).toEqual([group, hasBounds]);
    expect(read(`${folder}/${plotName(group)}`), 'npm run bench -- --draw').toBe(plot);
  }
});

/** A committed run as if every figure of our router were `times` as large. */
const grown = (run: Run, times: number): Run => {
  const larger = (samples: readonly Sample[] = []) => samples.map((each) => ({ ...each, value: each.value * times }));
  return {
    ...run,
    results: run.results.map((result) => {
      const { postmaster, ...others } = result.samples;
      return { ...result, samples: { ...others, postmaster: larger(postmaster) } };
    }),
  };
};

test.each([0.01, 1, 3, 1000])('a plot of figures %d times as large can be read and has a legend', (times) => {
  const runs = [...folders.keys()].map((each) => grown(each, times));
  const groups = runs.flatMap((all) => [...groupsOf(all)].map(([group, results]) => ({ all, group, results })));
  for (const { all, group, results } of groups) {
    if (!results.some(hasFloor)) continue;
    const plot = ratioPlot(all, group, results);
    expect([group, faultsIn(plot)]).toEqual([group, []]);
    const meanings = { bar: 'postmaster<', broken: 'postmaster, above its bound<', peer: 'other routers<' };
    for (const [kind, meaning] of Object.entries(meanings)) {
      const entry = new RegExp(`<rect class="${kind}" [^>]*/>\n<text [^>]*>${meaning}`);
      expect([group, kind, entry.test(plot)]).toEqual([group, kind, plot.includes(`<rect class="${kind}"`)]);
    }
  }
});

test('the plots of a run are drawn anew without measuring', () => {
  expect(parseOptions(['--draw'])).toMatchObject({ draw: true });
  for (const beside of [[], ['--quick'], ['--only', 'json/']])
    expect(parseOptions(['--draw', ...beside]).folder).toMatch(/results$/);
  expect(parseOptions(['--draw', '--out', 'elsewhere']).folder).toMatch(/elsewhere$/);
  expect(parseOptions([]).draw).toBe(false);
});
