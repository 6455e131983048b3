/** Whether the router is as it was before: what a soak has found, row by row, against its bounds. */

import type { Tally } from './crowd.ts';
import type { Counts, Memory, Sample } from './sample.ts';

/** A sample and when it was taken. */
export interface Moment {
  /** Seconds since the first peers came. */
  readonly at: number;
  readonly sample: Sample;
}

/** What a soak has seen. */
export interface Findings {
  /** With the residents alone, after a garbage collection. */
  readonly begin: Sample;
  /** After the warm-up, when all others had left: from here on memory may not grow. */
  readonly settled: Sample;
  /** After the last peer had left, or when the patience with the router was over. */
  readonly end: Sample;
  readonly moments: readonly Moment[];
  /** Seconds: from when to when the peers came that are looked at, beside `moments`. */
  readonly from: number;
  readonly to: number;
  /** Of all who came, in the warm-up as well. */
  readonly tallies: readonly (Tally & { readonly title: string })[];
}

/** One thing that must not have grown. */
export interface Row {
  readonly title: string;
  readonly begin: number;
  readonly settled: number;
  readonly most: number;
  readonly end: number;
  /** What it may be at the end, in words. */
  readonly bound: string;
  readonly isKept: boolean;
}

/**
 * By how much memory may have grown since the warm-up: a share, and octets beside it. RSS itself has no bound: it includes
 * pages of the heap that V8 has emptied and still holds, 10 to 50 MB of them in runs in which nothing had stayed. What is
 * used of the heap is bounded, and what is resident outside of it.
 */
const growth: Readonly<Record<keyof Memory, { readonly share: number; readonly octets: number } | undefined>> = {
  rss: undefined,
  outside: { share: 0.25, octets: 0 },
  heapUsed: { share: 0.1, octets: 0 },
  external: { share: 0.1, octets: 1024 * 1024 },
};

const titles: Readonly<Record<keyof Memory | keyof Counts, string>> = {
  rss: 'RSS, octets',
  outside: 'RSS outside of the heap, octets',
  heapUsed: 'heap used, octets',
  external: 'external, octets',
  connections: 'connections',
  sessions: 'sessions',
  topics: 'topics',
  subscriptions: 'subscriptions',
  registrations: 'registrations',
  pendingCalls: 'pending calls',
  heldOctets: 'octets held of what peers sent',
  timers: 'timers of the router',
  resources: 'sockets, timers and pipes of the process',
};

const rowOf = (
  name: keyof typeof titles,
  { begin, settled, end, moments }: Findings,
  pick: (sample: Sample) => number,
): Omit<Row, 'bound' | 'isKept'> => ({
  title: titles[name],
  begin: pick(begin),
  settled: pick(settled),
  most: Math.max(...[settled, end, ...moments.map(({ sample }) => sample)].map(pick)),
  end: pick(end),
});

const memoryRow = (name: keyof Memory, findings: Findings): Row => {
  const row = rowOf(name, findings, ({ memory }) => memory[name]);
  const most = growth[name];
  if (most === undefined) return { ...row, bound: 'none, as V8 holds emptied pages', isKept: true };
  const { share, octets } = most;
  const beside = octets > 0 ? ` and ${octets / 2 ** 20} MiB` : '';
  return {
    ...row,
    bound: `${Math.round(share * 100)} %${beside} more than after the warm-up`,
    isKept: row.end <= row.settled * (1 + share) + octets,
  };
};

const countRow = (name: keyof Counts, findings: Findings): Row => {
  const row = rowOf(name, findings, ({ counts }) => counts[name]);
  return { ...row, bound: 'as at the beginning', isKept: row.end === row.begin };
};

/** Every figure that must be as it was. */
export const rowsOf = (findings: Findings): readonly Row[] => [
  ...(Object.keys(findings.end.memory) as (keyof Memory)[]).map((name) => memoryRow(name, findings)),
  ...(Object.keys(findings.end.counts) as (keyof Counts)[]).map((name) => countRow(name, findings)),
];

/** Sentences about what is not as it must be; none when all is well. */
export const faultsOf = (findings: Findings): readonly string[] => [
  ...rowsOf(findings)
    .filter(({ isKept }) => !isKept)
    .map(
      ({ title, end, bound, begin, settled }) =>
        `${title}: ${end}; bound: ${bound} (${begin} then, ${settled} after the warm-up)`,
    ),
  ...findings.tallies
    .filter(({ failures }) => failures > 0)
    .map(
      ({ title, visits, failures, failure }) => `${title}: ${failures} of ${visits} failed, the first with ${failure}`,
    ),
  ...findings.tallies.filter(({ visits }) => visits === 0).map(({ title }) => `${title}: nobody came`),
  ...(findings.end.counters.internal_error > 0 ? [`${findings.end.counters.internal_error} faults of the router`] : []),
];
