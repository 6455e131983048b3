/** The command line of the benchmark. */

import { join, resolve } from 'node:path';
import { packageRoot, postmaster, type Target, targets } from './targets.ts';
import { bySize, type Workload } from './workload.ts';
import { workloads } from './workloads.ts';

/** What to measure, how often, and where to write it. */
export interface Options {
  readonly rounds: number;
  readonly only: string;
  readonly quick: boolean;
  /** Where the results go; nowhere when it is undefined. */
  readonly folder: string | undefined;
  readonly target: Target;
  /** Of the protocols that are asked for. */
  readonly workloads: readonly Workload[];
  readonly peers: boolean;
  /** Measures nothing, and writes the table and the plots of the results that are there anew. */
  readonly draw: boolean;
  readonly help: boolean;
}

/** The caller's mistake; the message is one sentence. */
export class UsageError extends Error {}

const resultsFolder = join(packageRoot, 'test/bench/results');
const allRows = workloads.flatMap(({ rows }) => rows);
const protocolNames = [...new Set(workloads.map(({ protocol }) => protocol))];
const protocols = protocolNames.join(', ');
const rowNames = [...new Set(allRows.map(({ id }) => id.split('/')[1]))].join(', ');

/** What `--help` prints. */
export const help = `Usage: npm run bench -- [options]

Measures the CPU time of a router per unit of work side by side with a floor program, on this machine, in one run.

Options:
  --rounds <n>     samples of each router per row (default: 3; with --quick: 1)
  --protocol <p>   which rows: ${protocols}, or several with commas (default: all);
                   engines is what ours costs with each engine, growth how costs grow
  --sized          only the rows by payload size; their own run is in test/bench/results/by-size
  --only <text>    only rows whose id (protocol/row) contains the text
  --peers          in JSON also the others that are there: the WAMP routers fox-wamp (installed by npm), nexusd and
                   crossbar (on PATH); and socket.io (installed by npm) and nats-server (on PATH), in what they speak
  --quick          short intervals: a smoke test, not a measurement
  --out <dir>      where results.json, results.md and the plots go (default: test/bench/results for a full run, nowhere
                   for any other)
  --draw           measures nothing: writes results.md and the plots anew from the results.json that is there
  --target <name>  what to compare with the floor: ${targets.map(({ name }) => name).join(', ')} (default: ${postmaster.name})
  --help           this text

Rows: ${rowNames}

Exit code: 0 all bounds kept, 1 a bound broken or a row of our router failed, 2 bad options. With --quick the bounds are not
looked at.
`;

const flags = new Set(['--quick', '--peers', '--sized', '--draw', '--help']);
const short: Readonly<Record<string, string>> = { '-h': '--help' };
const settings = new Set(['--rounds', '--only', '--protocol', '--out', '--target']);

/** Splits `--name value`, `--name=value` and `--flag`; later ones win. */
const split = (argv: readonly string[]): Map<string, string> => {
  const given = new Map<string, string>();
  for (let at = 0; at < argv.length; at++) {
    const word = short[argv[at] ?? ''] ?? argv[at] ?? '';
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
  const spoken = given.get('--protocol')?.split(',') ?? protocolNames;
  const unknown = spoken.find((each) => !protocolNames.includes(each));
  if (unknown !== undefined) throw new UsageError(`There is no protocol "${unknown}"; known are ${protocols}.`);
  const name = given.get('--target') ?? postmaster.name;
  const target = targets.find((each) => each.name === name);
  if (!target) throw new UsageError(`There is no target "${name}".`);
  // What is asked about our router alone is asked of no other target.
  const chosen = workloads.filter(
    ({ protocol, hasFloor, rows }) =>
      spoken.includes(protocol) &&
      (hasFloor || target === postmaster) &&
      (!given.has('--sized') || rows.every(({ group }) => group.endsWith(bySize))),
  );
  const rows = chosen.flatMap((workload) => workload.rows);
  if (!rows.some(({ id }) => id.includes(only))) throw new UsageError(`No row id contains "${only}".`);
  // What the README shows and the gate compares with is replaced by nothing less.
  const isFull =
    !quick && Number(rounds) >= 3 && rows.length === allRows.length && only === '' && target === postmaster;
  const draw = given.has('--draw');
  return {
    rounds: Number(rounds),
    only,
    quick,
    folder: given.has('--out') ? resolve(given.get('--out') ?? '') : isFull || draw ? resultsFolder : undefined,
    target,
    workloads: chosen,
    peers: given.has('--peers'),
    draw,
    help: given.has('--help'),
  };
};
