/** `npm run bench`: the floor, our router and other routers side by side. See `options.ts` for what it takes. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeRun } from './describe.ts';
import { help, parseOptions, UsageError } from './options.ts';
import { findPeers, missingAmong } from './peers.ts';
import { pinToCores } from './pin.ts';
import { ratioPlot } from './plot.ts';
import { createProgress } from './progress.ts';
import { groupsOf, markdownReport, plotName, textReport } from './report.ts';
import { exitCode, hasFloor, type Run } from './result.ts';
import { killRoutersOnExit } from './router.ts';
import { fullPace, measureAll, quickPace } from './run.ts';
import { floor } from './targets.ts';

const main = async (argv: readonly string[]): Promise<number> => {
  const options = parseOptions(argv);
  if (options.help) {
    process.stdout.write(help);
    return 0;
  }
  const { rounds, only, quick, target, workloads, folder } = options;
  if (options.draw && folder !== undefined) {
    write(JSON.parse(readFileSync(join(folder, 'results.json'), 'utf8')) as Run, folder);
    return 0;
  }
  if (folder === undefined)
    process.stderr.write('Not a full run: it is shown and not kept, unless --out names a folder.\n');
  else mkdirSync(folder, { recursive: true });
  const pin = pinToCores();
  const peers = options.peers ? await findPeers() : [];
  const missing = options.peers ? missingAmong(peers) : [];
  if (missing.length > 0) process.stderr.write(`Not installed here: ${missing.join(', ')}.\n`);
  const rows = workloads.flatMap((workload) => workload.rows).filter(({ id }) => id.includes(only));
  const progress = createProgress(process.stderr, rows.length);
  const pace = quick ? quickPace : fullPace;
  const results = await measureAll({ workloads, only, rounds, pace, target, floor, peers, pin, progress });
  const run = describeRun(options, argv, { results, pinned: pin !== undefined, peers });
  process.stdout.write(textReport(run));
  if (folder !== undefined) write(run, folder);
  return exitCode(run);
};

/** The table as JSON and Markdown, and the plots. */
const write = (run: Run, folder: string): void => {
  writeFileSync(join(folder, 'results.json'), `${JSON.stringify(run, null, 2)}\n`);
  writeFileSync(join(folder, 'results.md'), markdownReport(run));
  for (const [group, all] of groupsOf(run)) {
    if (all.some(hasFloor)) writeFileSync(join(folder, plotName(group)), ratioPlot(run, group, all));
  }
};

killRoutersOnExit();

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
