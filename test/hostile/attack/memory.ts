/** How much memory of the machine a process uses, as /proc shows it. */

import { readFileSync, writeFileSync } from 'node:fs';

const octetsOf = (pid: number, name: string): number => {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${name}:\\s*(\\d+) kB$`, 'm').exec(status)?.[1] ?? Number.NaN) * 1024;
};

/** Begins anew with the peak of a process, which Linux keeps itself, so that no spike is missed (proc_pid_clear_refs(5)). */
export const forgetPeak = (pid: number): void => writeFileSync(`/proc/${pid}/clear_refs`, '5');

/** Octets: the most that was resident since then. NaN when the process has gone. */
export const peakOf = (pid: number): number => {
  try {
    return octetsOf(pid, 'VmHWM');
  } catch {
    return Number.NaN;
  }
};
