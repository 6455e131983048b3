/** One measured interval, and what many of them say. */

import type { Router } from './router.ts';

/** One figure, with what it was made of. */
export interface Sample {
  readonly value: number;
  /** Deliveries, calls, publications, connections or sessions. */
  readonly count: number;
  /** CPU time of the router, in microseconds. */
  readonly cpu: number;
  /** Elapsed milliseconds. */
  readonly wall: number;
  /** The share of one core that the load generator used. Above 0.9 it may have been the bottleneck. */
  readonly load: number;
}

/** How long to work for one sample. */
export interface Pace {
  /** Milliseconds of unmeasured work before. */
  readonly warmUp: number;
  /** Milliseconds of measured work. */
  readonly interval: number;
  /** Milliseconds at one event per 20 ms. */
  readonly paced: number;
  /** Idle sessions whose memory is measured. */
  readonly sessions: number;
}

/** Measures `work`, which returns how much it did; the value is microseconds of CPU per unit of it. */
export const measure = async (router: Router, work: () => Promise<number>): Promise<Sample> => {
  const before = await router.usage();
  const ownBefore = process.cpuUsage();
  const begin = performance.now();
  const count = await work();
  const wall = performance.now() - begin;
  const own = process.cpuUsage(ownBefore);
  const cpu = (await router.usage()).cpu - before.cpu;
  return { value: cpu / count, count, cpu, wall, load: (own.user + own.system) / 1000 / wall };
};

const mebibyte = 1024 * 1024;

/** Measures `work`; the value is the memory that it took at most beside what was there before, in MiB. */
export const measurePeak = async (router: Router, work: () => Promise<number>): Promise<Sample> => {
  await router.usage({ collect: true });
  const before = router.restartPeak();
  const sample = await measure(router, work);
  return { ...sample, value: (router.peak() - before) / mebibyte };
};

/** One sample of several. */
export const together = (samples: readonly Sample[]): Sample => {
  const sum = (of: keyof Sample): number => samples.reduce((total, each) => total + each[of], 0);
  const [count, cpu] = [sum('count'), sum('cpu')];
  return { value: cpu / count, count, cpu, wall: sum('wall'), load: Math.max(...samples.map(({ load }) => load)) };
};

/** Median, least and greatest. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** The spread of at least one value. */
export const spreadOf = (values: readonly number[]): Spread => {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (place: number): number => sorted[place] ?? Number.NaN;
  const half = (sorted.length - 1) / 2;
  return { median: (at(Math.floor(half)) + at(Math.ceil(half))) / 2, min: at(0), max: at(sorted.length - 1) };
};
