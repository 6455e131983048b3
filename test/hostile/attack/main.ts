/** `npm run test:attack`: every attack of the table against a router, and what bystanders notice. See `options.ts`. */

import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { circumstances } from '../../bench/describe.ts';
import { pinToCores } from '../../bench/pin.ts';
import { createProgress } from '../../bench/progress.ts';
import { attacks } from './attacks.ts';
import { helpOn, parseOptions, UsageError } from './options.ts';
import { isKept, lineOf, markdownReport, markdownTable, type Row } from './report.ts';
import { runAttack } from './run.ts';

const table = new URL('attacks.ts', import.meta.url).href;
const results = fileURLToPath(new URL('../results.md', import.meta.url));

const runAll = async (chosen: typeof attacks): Promise<readonly Row[]> => {
  const pin = pinToCores();
  if (pin === undefined) process.stderr.write('Not pinned to cores: the load of the attacker is in the figures.\n');
  const progress = createProgress(process.stderr, chosen.length);
  const rows: Row[] = [];
  for (const attack of chosen) {
    progress.sample(attack.id, attack.does);
    const row = { attack, outcome: await runAttack(attack, table, pin) };
    rows.push(row);
    progress.done(attack.id, lineOf(row));
  }
  progress.end();
  return rows;
};

const main = async (argv: readonly string[]): Promise<number> => {
  const options = parseOptions(argv, attacks);
  if (options.help) {
    process.stdout.write(helpOn(attacks));
    return 0;
  }
  const rows = await runAll(options.attacks);
  process.stdout.write(`${markdownTable(rows)}\n`);
  if (options.isFull) writeFileSync(results, markdownReport(rows, circumstances()));
  return rows.every(isKept) ? 0 : 1;
};

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(1));

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
