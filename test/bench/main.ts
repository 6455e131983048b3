/** `npm run bench`: the floor and our router side by side. See `options.ts` for what it takes. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, release, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { help, type Options, parseOptions, UsageError } from './options.ts';
import { pinToCores } from './pin.ts';
import { ratioPlot } from './plot.ts';
import { markdownReport, textReport } from './report.ts';
import { exitCode, type Run } from './result.ts';
import { killRouters } from './router.ts';
import { measureAll } from './run.ts';
import { packageRoot } from './targets.ts';

const versionAt = (path: string): string =>
  (JSON.parse(readFileSync(path, 'utf8')) as { readonly version: string }).version;

const describe = (options: Options, argv: readonly string[], outcome: Pick<Run, 'results' | 'pinned'>): Run => ({
  date: new Date().toISOString(),
  command: ['npm run bench', ...(argv.length > 0 ? ['--', ...argv] : [])].join(' '),
  target: options.target.name,
  rounds: options.rounds,
  quick: options.quick,
  versions: {
    postmaster: versionAt(join(packageRoot, 'package.json')),
    ws: versionAt(createRequire(import.meta.url).resolve('ws/package.json')),
    node: process.versions.node,
  },
  machine: {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    system: `${process.platform} ${release()}`,
  },
  ...outcome,
});

const main = async (argv: readonly string[]): Promise<number> => {
  const options = parseOptions(argv);
  if (options.help) {
    process.stdout.write(help);
    return 0;
  }
  const pin = pinToCores();
  const results = await measureAll(options, pin);
  const run = describe(options, argv, { results, pinned: pin !== undefined });
  const folder = options.out === undefined ? join(packageRoot, 'test/bench/results') : resolve(options.out);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'results.json'), `${JSON.stringify(run, null, 2)}\n`);
  writeFileSync(join(folder, 'results.md'), markdownReport(run));
  writeFileSync(join(folder, 'ratio.svg'), ratioPlot(run));
  process.stdout.write(textReport(run));
  return exitCode(run.results);
};

process.on('exit', killRouters);
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  process.on(signal, () => process.exit(code));
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
