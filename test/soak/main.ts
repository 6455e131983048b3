/** `npm run soak`: whether a router keeps anything of peers that have gone. See `options.ts` for its command line. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { circumstances } from '../bench/describe.ts';
import { createProgress } from '../bench/progress.ts';
import { runDrain } from './drain.ts';
import { drainFaults, drainPage, drainText } from './drain-report.ts';
import { help, parseOptions } from './options.ts';
import { type Circumstances, pageOf, textReport } from './report.ts';
import { runSoak, sampleCount } from './run.ts';
import { faultsOf } from './verdict.ts';

const exitCode = { kept: 0, broken: 1, usage: 2 } as const;

const write = (folder: string, files: Readonly<Record<string, string>>): void => {
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
};

/** What a run says, what it writes, and what is not as it must be. */
interface Outcome {
  readonly text: string;
  readonly files: Readonly<Record<string, string>>;
  readonly faults: readonly string[];
}

const soak = async (minutes: number, facts: Circumstances): Promise<Outcome> => {
  const progress = createProgress(process.stderr, sampleCount(minutes));
  const findings = await runSoak(minutes, progress).finally(progress.end);
  return { text: textReport(findings), files: pageOf(findings, facts), faults: faultsOf(findings) };
};

const drain = async (sessions: number, facts: Circumstances): Promise<Outcome> => {
  process.stderr.write(`${sessions} sessions come, and then the router is closed.\n`);
  const findings = await runDrain(sessions);
  return { text: drainText(findings), files: drainPage(findings, facts), faults: drainFaults(findings) };
};

const main = async (args: readonly string[]): Promise<number> => {
  const options = parseOptions(args);
  if (options.help) {
    process.stdout.write(help);
    return exitCode.kept;
  }
  const { minutes, sessions, folder } = options;
  const command = ['npm run soak', ...(args.length > 0 ? ['--', ...args] : [])].join(' ');
  if (folder === undefined)
    process.stderr.write('Not a full run: it is shown and not kept, unless --out names a folder.\n');
  // What is looked at are the sources of now.
  const facts = { ...circumstances(), command };
  const { text, files, faults } = await (sessions === undefined ? soak(minutes, facts) : drain(sessions, facts));
  process.stdout.write(text);
  if (folder !== undefined) write(folder, files);
  return faults.length === 0 ? exitCode.kept : exitCode.broken;
};

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = error instanceof TypeError ? exitCode.usage : exitCode.broken;
}
