/**
 * One core for the load generator, another for the router. Where the scheduler puts the two decides how often a wake-up
 * crosses cores, which is worth more than most of what is measured here; so it is decided once, for both targets alike.
 */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A command line that runs on the core of the router. */
export type Pin = (command: string, args: readonly string[]) => readonly [string, readonly string[]];

/** The cores that this process may use, `0-3,8` in /proc; none where there is no /proc. */
const allowedCores = (): readonly number[] => {
  try {
    const status = readFileSync('/proc/self/status', 'utf8');
    const list = /^Cpus_allowed_list:\s*(.+)$/m.exec(status)?.[1] ?? '';
    return list.split(',').flatMap((range) => {
      const [first = 0, last = first] = range.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, index) => first + index);
    });
  } catch {
    return [];
  }
};

/** Moves this process to its core. Undefined, and nothing is pinned, with a single core or without `taskset`. */
export const pinToCores = (): Pin | undefined => {
  const [generator, router] = allowedCores();
  if (generator === undefined || router === undefined) return undefined;
  const moved = spawnSync('taskset', ['-a', '-c', '-p', String(generator), String(process.pid)], { stdio: 'ignore' });
  return moved.status === 0 ? (command, args) => ['taskset', ['-c', String(router), command, ...args]] : undefined;
};
