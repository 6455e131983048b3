/**
 * `npm run mutate`: makes many small faults in the sources, one at a time, and lists those that no test notices. The seed
 * decides which faults are tried, so that a run can be repeated.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { applyMutation, type Mutation, mutationsOf } from './mutation.ts';
import { createSandbox, type Outcome, type Sandbox } from './sandbox.ts';

const root = resolve(import.meta.dirname, '../..');
const folders = [
  'src/session',
  'src/broker',
  'src/dealer',
  'src/meta',
  'src/realm',
  'src/codec',
  'src/connection',
  'src/auth',
  'src/chart',
];
/** ms that the tests may take; what takes longer hangs. */
const limit = 600_000;

const help = `Usage: npm run mutate -- [options]

Puts deliberate faults into a copy of the sources, one at a time, runs the tests, and prints the faults that no test notices.

Options:
  --only <text>    only sources whose path contains the text (default: ${folders.join(', ')})
  --most <n>       how many faults are tried; 0 tries all (default: 40)
  --seed <n>       which of them (default: 1)
  --least <n>      exit code 1 when fewer per cent of the faults are noticed
  --help           this text

A fault costs the time until the first test fails, one that is not noticed all tests.
`;

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const sourcesOf = (only: string | undefined): readonly string[] => {
  const all = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .map((file) => `src/${file}`)
    .filter((file) => file.endsWith('.ts'));
  return all
    .filter((file) => (only === undefined ? folders.some((one) => file.startsWith(`${one}/`)) : file.includes(only)))
    .sort();
};

const draw = (mutations: readonly Mutation[], most: number, seed: number): readonly Mutation[] => {
  const length = most === 0 ? mutations.length : Math.min(most, mutations.length);
  const subset = fc.shuffledSubarray([...mutations], { minLength: length, maxLength: length });
  return fc.sample(subset, { seed, numRuns: 1 })[0] ?? [];
};

/** First the tests beside the source, which notice most faults soonest, then all. */
const judge = async (sandbox: Sandbox, { file }: Mutation): Promise<Outcome> => {
  const nearby = `${file.replace(/^src\//, 'test/').replace(/\/[^/]*$/, '')}/`;
  const first = await sandbox.test([nearby, '--passWithNoTests'], limit);
  return first === 'passed' ? sandbox.test([], limit) : first;
};

const describe = ({ file, line, kind, original, replacement }: Mutation): string => {
  const short = (text: string): string => text.replace(/\s+/g, ' ').slice(0, 60);
  return `${file}:${line} ${kind}: ${short(original)} -> ${short(replacement)}`;
};

const run = async (mutations: readonly Mutation[]): Promise<readonly Mutation[]> => {
  const survivors: Mutation[] = [];
  const sandbox = createSandbox(root);
  try {
    // What fails without a fault would notice every one of them.
    if ((await sandbox.test([], limit)) !== 'passed') throw new Error('The tests fail without any fault.');
    for (const [at, mutation] of mutations.entries()) {
      const source = sandbox.read(mutation.file);
      sandbox.write(mutation.file, applyMutation(source, mutation));
      const outcome = await judge(sandbox, mutation);
      sandbox.write(mutation.file, source);
      if (outcome === 'passed') survivors.push(mutation);
      const verdict = outcome === 'passed' ? 'NOT NOTICED' : outcome === 'failed' ? 'noticed' : 'noticed (hangs)';
      say(`${at + 1}/${mutations.length} ${verdict}  ${describe(mutation)}`);
    }
  } finally {
    sandbox.remove();
  }
  return survivors;
};

const numberOf = (name: string, text: string): number => {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new TypeError(`Option --${name} must be a whole number, not "${text}".`);
};

const main = async (): Promise<number> => {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: { only: text, most: text, seed: text, least: text, help: { type: 'boolean' } },
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const most = numberOf('most', values.most ?? '40');
  const seed = numberOf('seed', values.seed ?? '1');
  const least = numberOf('least', values.least ?? '0');
  const all = sourcesOf(values.only).flatMap((file) => mutationsOf(file, readFileSync(join(root, file), 'utf8')));
  if (all.length === 0) throw new TypeError(`No source has "${values.only}" in its path and something to break.`);
  const chosen = draw(all, most, seed);
  say(`${chosen.length} of ${all.length} possible faults, seed ${seed}`);
  const survivors = await run(chosen);
  const score = Math.round((100 * (chosen.length - survivors.length)) / chosen.length);
  say(`\n${chosen.length - survivors.length} of ${chosen.length} faults are noticed (${score} %)`);
  for (const survivor of survivors) say(`  ${describe(survivor)}`);
  return score < least ? 1 : 0;
};

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
