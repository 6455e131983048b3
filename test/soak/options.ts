/** The command line of the soak. */

import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

/** What to do, and where to write it. */
export interface Options {
  readonly minutes: number;
  /** Sessions that are there when the router drains; undefined for the soak itself. */
  readonly sessions: number | undefined;
  /** Where the results go; nowhere when it is undefined. */
  readonly folder: string | undefined;
  readonly help: boolean;
}

/** Of a run whose results are kept. */
const fullMinutes = 10;
const drainSessions = 5_000;

/** What `--help` prints. */
export const help = `Usage: npm run soak -- [options]

Has peers of all kinds come to a router and leave it, orderly and not, and looks whether anything of them stays: memory,
counts, sockets, timers. Router and peers are processes of their own, on this machine.

Options:
  --minutes <n>  how long they come (default: ${fullMinutes})
  --drain        instead: ${drainSessions.toLocaleString('en')} sessions, and how they leave when the router is closed with a window of 10 s
  --sessions <n> how many sessions, with --drain (default: ${drainSessions})
  --out <dir>    where results.md and the plots go (default: test/soak for ${fullMinutes} minutes or more, nowhere for less)
  --help         this text

Exit code: 0 everything is as it was, 1 something has stayed, 2 bad options.
`;

const numberOf = (name: string, text: string, most: number): number => {
  const value = Number(text);
  if (/^[1-9]\d*$/.test(text) && value <= most) return value;
  throw new TypeError(`Option --${name} must be a whole number from 1 to ${most}, not "${text}".`);
};

/** Reads the command line; throws a TypeError of one sentence. */
export const parseOptions = (args: readonly string[]): Options => {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: { minutes: text, drain: flag, sessions: text, out: text, help: { ...flag, short: 'h' } },
  });
  const { drain = false, sessions, out } = values;
  if (sessions !== undefined && !drain) throw new TypeError('Option --sessions goes with --drain.');
  if (values.minutes !== undefined && drain) throw new TypeError('Option --minutes does not go with --drain.');
  const minutes = numberOf('minutes', values.minutes ?? String(fullMinutes), 10_000);
  const isFull = minutes >= fullMinutes && (!drain || sessions === undefined);
  return {
    minutes,
    sessions: drain ? numberOf('sessions', sessions ?? String(drainSessions), 10_000) : undefined,
    folder: out === undefined ? (isFull ? import.meta.dirname : undefined) : resolve(out),
    help: values.help ?? false,
  };
};
