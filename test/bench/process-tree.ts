/** A process and all that it has started, as /proc shows them. */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Usage } from './router.ts';

/** Fields of proc_pid_stat(5), counted from 0 behind the name. */
const field = { parent: 1, utime: 11, stime: 12, pages: 21 } as const;
const tick = 10_000;
const pageSize = 4096;

/** The fields behind the name, which may hold spaces; undefined when the process is gone. */
const statOf = (pid: number): readonly string[] | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
};

/** The process itself first. */
export const treeOf = (root: number): readonly number[] => {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    const parent = Number.isInteger(pid) ? statOf(pid)?.[field.parent] : undefined;
    if (parent === undefined) continue;
    children.set(Number(parent), [...(children.get(Number(parent)) ?? []), pid]);
  }
  const below = (pid: number): readonly number[] => [pid, ...(children.get(pid) ?? []).flatMap(below)];
  return below(root);
};

/** In microseconds: exact where the scheduler says so, else in ticks of 10 ms. */
const cpuOf = (pid: number, stat: readonly string[]): number => {
  try {
    const nanoseconds = readdirSync(`/proc/${pid}/task`).map((thread) =>
      Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ', 1)[0]),
    );
    return nanoseconds.reduce((sum, each) => sum + each, 0) / 1000;
  } catch {
    return (Number(stat[field.utime]) + Number(stat[field.stime])) * tick;
  }
};

/** What a process and all that it has started have used. Throws when the process is gone. */
export const usageOfTree = (root: number): Usage => {
  if (statOf(root) === undefined) throw new Error('the router died');
  let [cpu, rss] = [0, 0];
  for (const pid of treeOf(root)) {
    const stat = statOf(pid);
    if (stat === undefined) continue;
    cpu += cpuOf(pid, stat);
    rss += Number(stat[field.pages]) * pageSize;
  }
  return { cpu, rss };
};

/** Kills a process and all that it has started. */
export const killTree = (root: number): void => {
  for (const pid of treeOf(root)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
};

/** The most bytes of memory that all of them had, as far as their peaks came together. */
export const peakOfTree = (root: number): number =>
  treeOf(root).reduce((sum, pid) => {
    const [, kibibytes = 0] = /^VmHWM:\s*(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return sum + Number(kibibytes) * 1024;
  }, 0);

/** Forgets their peaks, see proc_pid_clear_refs(5), so that they are what is resident now; returns this. */
export const restartPeakOfTree = (root: number): number => {
  for (const pid of treeOf(root)) writeFileSync(`/proc/${pid}/clear_refs`, '5');
  return peakOfTree(root);
};
