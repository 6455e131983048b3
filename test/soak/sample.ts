/** What a router's process holds at one moment. */

import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Postmaster, Stats } from '../../src/index.ts';

/** Memory in octets. */
export interface Memory {
  readonly rss: number;
  /** What is resident and not of V8's heap. V8 gives the pages of its heap back at leisure. */
  readonly outside: number;
  readonly heapUsed: number;
  /** What the heap refers to outside of it, buffers included. */
  readonly external: number;
}

/** Everything that is counted and must be again what it was. */
export type Counts = Readonly<Omit<Stats, 'counters'>> & {
  /** Sockets, timers, pipes: what keeps an event loop alive. */
  readonly resources: number;
};

/** One moment. */
export interface Sample {
  readonly memory: Memory;
  readonly counts: Counts;
  readonly counters: Stats['counters'];
  /** ms that the event loop was late since the last sample. */
  readonly delay: { readonly p99: number; readonly max: number };
  /** ms of CPU since the process began. */
  readonly cpu: number;
}

/** ms between two looks of the histogram at the clock; it counts them as a part of the delay. */
const resolution = 10;

/** Takes samples of this process; with `collect` after garbage collections, where `--expose-gc` allows them. */
export const createSampler = (postmaster: Postmaster): ((collect: boolean) => Promise<Sample>) => {
  const histogram = monitorEventLoopDelay({ resolution });
  histogram.enable();
  const late = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - resolution);
  return async (collect) => {
    const delay = { p99: late(histogram.percentile(99)), max: late(histogram.max) };
    for (let time = 0; collect && time < 3; time += 1) {
      globalThis.gc?.();
      // Finalizers run between two turns.
      await new Promise(setImmediate);
    }
    const { counters, ...counts } = postmaster.stats();
    const { rss, heapTotal, heapUsed, external } = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    histogram.reset();
    return {
      memory: { rss, outside: rss - heapTotal, heapUsed, external },
      counts: { ...counts, resources: process.getActiveResourcesInfo().length },
      counters,
      delay,
      cpu: (user + system) / 1000,
    };
  };
};
