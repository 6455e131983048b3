/** The command line of the attack harness. */

import type { Attack } from './attack.ts';

/** What to run. */
export interface Options {
  readonly attacks: readonly Attack[];
  /** Whether the run is of all attacks, whose results are kept. */
  readonly isFull: boolean;
  readonly help: boolean;
}

/** The caller's mistake; the message is one sentence. */
export class UsageError extends Error {}

/** What `--help` prints. */
export const helpOn = (attacks: readonly Attack[]): string => `Usage: npm run test:attack -- [options]

Attacks a router in a process of its own and measures what bystanders notice. Needs Linux. All attacks take some minutes; their results go
to test/hostile/results.md.

Options:
  --only <id>  only the attacks whose id begins so; nothing is written
  --help       this text

Attacks:
${attacks.map(({ id, does }) => `  ${id}\n      ${does}`).join('\n')}

Exit code: 0 all bounds kept, 1 a bound broken, 2 bad options.
`;

/** Reads the command line; throws a UsageError. */
export const parseOptions = (argv: readonly string[], all: readonly Attack[]): Options => {
  const [first, id, ...rest] = argv;
  if (first === undefined) return { attacks: all, isFull: true, help: false };
  if ((first === '--help' || first === '-h') && id === undefined) return { attacks: [], isFull: false, help: true };
  if (first !== '--only') throw new UsageError(`There is no option "${first}".`);
  if (id === undefined || id === '') throw new UsageError('Option --only needs the id of an attack.');
  if (rest.length > 0) throw new UsageError(`Unexpected argument "${rest[0]}".`);
  const attacks = all.filter((each) => each.id.startsWith(id));
  if (attacks.length === 0) throw new UsageError(`There is no attack "${id}".`);
  return { attacks, isFull: false, help: false };
};
