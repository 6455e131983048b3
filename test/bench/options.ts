/** The command line of the benchmark. */

import { floor, type Target, targets } from './targets.ts';
import type { Row } from './workload.ts';
import { workloads } from './workloads.ts';

/** What to measure, how often, and where to write it. */
export interface Options {
  readonly rounds: number;
  readonly only: string;
  readonly quick: boolean;
  readonly out: string | undefined;
  readonly target: Target;
  readonly help: boolean;
}

/** The caller's mistake; the message is one sentence. */
export class UsageError extends Error {}

const rows: readonly Row[] = workloads.flatMap((workload) => workload.rows);
const defaultTarget = targets[0] ?? floor;

/** What `--help` prints. */
export const help = `Usage: npm run bench -- [options]

Measures the CPU time of a router per unit of work side by side with a floor program, on this machine, in one run.

Options:
  --rounds <n>     samples of each router per row (default: 3; with --quick: 1)
  --only <text>    only rows whose id contains the text
  --quick          short intervals: a smoke test, not a measurement
  --out <dir>      where results.json, results.md and ratio.svg go (default: test/bench/results)
  --target <name>  what to compare with the floor: ${targets.map(({ name }) => name).join(', ')} (default: ${defaultTarget.name})
  --help           this text

Rows: ${rows.map(({ id }) => id).join(', ')}

Exit code: 0 all bounds kept, 1 a bound broken or a row failed, 2 bad options.
`;

const flags = new Set(['--quick', '--help']);
const settings = new Set(['--rounds', '--only', '--out', '--target']);

/** Splits `--name value`, `--name=value` and `--flag`; later ones win. */
const split = (argv: readonly string[]): Map<string, string> => {
  const given = new Map<string, string>();
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? '';
    const [name = '', ...rest] = word.split('=');
    if (flags.has(word)) given.set(word, '');
    else if (flags.has(name)) throw new UsageError(`Option ${name} takes no value.`);
    else if (!settings.has(name)) {
      throw new UsageError(word.startsWith('-') ? `There is no option ${name}.` : `Unexpected argument "${word}".`);
    } else {
      const value = rest.length > 0 ? rest.join('=') : argv[++at];
      if (value === undefined || value === '' || value.startsWith('--')) {
        throw new UsageError(`Option ${name} needs a value.`);
      }
      given.set(name, value);
    }
  }
  return given;
};

/** Reads the command line; throws a UsageError. */
export const parseOptions = (argv: readonly string[]): Options => {
  const given = split(argv);
  const quick = given.has('--quick');
  const rounds = given.get('--rounds') ?? (quick ? '1' : '3');
  if (!/^[1-9]\d{0,2}$/.test(rounds)) {
    throw new UsageError(`Option --rounds must be a whole number from 1 to 999, not "${rounds}".`);
  }
  const only = given.get('--only') ?? '';
  if (!rows.some(({ id }) => id.includes(only))) throw new UsageError(`No row id contains "${only}".`);
  const name = given.get('--target') ?? defaultTarget.name;
  const target = targets.find((each) => each.name === name);
  if (!target) throw new UsageError(`There is no target "${name}".`);
  return { rounds: Number(rounds), only, quick, out: given.get('--out'), target, help: given.has('--help') };
};
