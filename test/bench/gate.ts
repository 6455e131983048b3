/**
 * `npm run bench:gate`: whether our router has become dearer, by the ratios to the floor that were committed. A ratio and
 * not a time, so that the machine is of no matter.
 *
 * Two rounds of a few rows. As samples scatter where others work on the same machine, rows that are above the limit get more
 * rounds, in turns, up to nine and as long as there is time, and are judged by the median of all.
 */

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pinToCores } from './pin.ts';
import { createProgress } from './progress.ts';
import type { Result, Run } from './result.ts';
import { killRoutersOnExit } from './router.ts';
import { compare, gatePace, type Plan } from './run.ts';
import { floor, packageRoot, postmaster } from './targets.ts';
import { committedRatios, GateError, isBad, joined, judge, sentence, tolerance, type Verdict } from './verdict.ts';
import type { Workload } from './workload.ts';
import { workloads } from './workloads.ts';

const help = `Usage: npm run bench:gate -- [options]

Compares what our router costs, as a multiple of the floor, with a committed run: the median of some rounds now with the
greatest ratio of a round then.

Options:
  --against <file>  the committed run (default: test/bench/results/results.json)
  --help            this text

Exit code: 0 no ratio is more than ${tolerance * 100} % above the committed one, 1 one is or could not be measured,
2 there is nothing to compare with, or bad options.
`;

const ids = [
  ...['fan-out-100-burst', 'pairs', 'call', 'publish', 'publish-acknowledged', 'connect'].map((name) => `json/${name}`),
  // What reading and writing costs in the other serializers: a call does both twice.
  'msgpack/call',
  'cbor/call',
];
const firstRounds = 2;
const mostRounds = 9;
/** No round begins later than this, in milliseconds: with the build before it, all is over within two minutes. */
const lastStart = 95_000;

interface Options {
  readonly against: string;
  readonly help: boolean;
}

const parse = (argv: readonly string[]): Options => {
  const words = [...argv];
  let against = join(packageRoot, 'test/bench/results/results.json');
  let help = false;
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word.startsWith('--against=')) {
      words.unshift(word.slice('--against='.length));
      word = '--against';
    }
    if (word === '--help') help = true;
    else if (word === '--against') {
      const file = words.shift();
      if (file === undefined) throw new GateError('Option --against needs a file.');
      against = resolve(file);
    } else throw new GateError(`There is no option ${word}.`);
  }
  return { against, help };
};

const readRun = (file: string): Run => {
  try {
    const run = JSON.parse(readFileSync(file, 'utf8')) as Run;
    if (Array.isArray(run.results)) return run;
  } catch {
    // As if it held something else.
  }
  throw new GateError(`${file} cannot be read as the results of a run: make a full one with "npm run bench".`);
};

const workloadOf = (id: string): Workload => {
  const found = workloads.find(({ rows }) => rows.some((row) => row.id === id));
  if (!found) throw new GateError(`There is no row ${id}.`);
  return found;
};

type Plans = Omit<Plan, 'workloads' | 'only' | 'rounds'>;

/** So many rounds of one row. */
const measureRow = async (id: string, rounds: number, plan: Plans): Promise<Result> => {
  const results = await compare(workloadOf(id), { ...plan, rounds });
  const result = results.find(({ row }) => row.id === id);
  if (!result) throw new GateError(`There is no row ${id}.`);
  return result;
};

/** All rows, and then again those that are above the limit. */
const measureRows = async (committed: ReadonlyMap<string, number>, plan: Plans): Promise<readonly Verdict[]> => {
  const results = new Map<string, Result>();
  const verdictOn = (result: Result): Verdict =>
    judge(result, postmaster.name, committed.get(result.row.id) ?? Number.NaN);
  try {
    for (const id of ids) {
      results.set(id, await measureRow(id, firstRounds, plan));
      plan.progress.done(id, `${firstRounds} rounds`);
    }
    for (let rounds = firstRounds; rounds < mostRounds; rounds++) {
      for (const result of [...results.values()].filter((each) => verdictOn(each).isAbove)) {
        if (performance.now() > lastStart) break;
        results.set(result.row.id, joined(result, await measureRow(result.row.id, 1, plan)));
      }
    }
    return [...results.values()].map(verdictOn);
  } finally {
    plan.progress.end();
  }
};

const say = (line: string): boolean => process.stdout.write(`${line}\n`);

const main = async (argv: readonly string[]): Promise<number> => {
  const options = parse(argv);
  if (options.help) {
    process.stdout.write(help);
    return 0;
  }
  const committed = committedRatios(readRun(options.against), ids);
  const progress = createProgress(process.stderr, ids.length);
  const plan: Plans = { pace: gatePace, target: postmaster, floor, peers: [], pin: pinToCores(), progress };
  const verdicts = await measureRows(committed, plan);
  for (const verdict of verdicts) {
    say(sentence(verdict));
    if (verdict.rounds > firstRounds)
      say(`        (above the limit after ${firstRounds} rounds, so it was measured again)`);
  }
  const bad = verdicts.filter(isBad).length;
  const most = `more than ${tolerance * 100} % above its committed ratio`;
  say(bad === 0 ? `No row is ${most}.` : `${bad} of ${verdicts.length} rows failed: ${most}, or not measured.`);
  return bad === 0 ? 0 : 1;
};

killRoutersOnExit();
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = error instanceof GateError ? 2 : 1;
}
