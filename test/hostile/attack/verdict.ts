/** The measured effect of an attack, and whether it is within the bounds. */

import type { Bound } from './attack.ts';
import type { Seen } from './bystanders.ts';

/** What came of an attack. */
export interface Outcome {
  /** Octets that the resident memory of the router grew by at most; NaN when its process has gone. */
  readonly growth: number;
  /** Octets of it that were left in the end; NaN when nobody could tell. */
  readonly kept: number;
  /** What the router still held when the attackers had gone: `3 sessions`. */
  readonly left: readonly string[];
  readonly seen: Seen;
  /** What the router did that it should not have done: its end, most of all. */
  readonly broken: string | undefined;
}

/** Milliseconds within which bystanders are answered, where the attack states nothing else. */
export const usualP99 = 100;
const mebi = 2 ** 20;

/** Why the bound is broken, a phrase for each reason; nothing when it is kept. What is no number is within no bound. */
export const breaches = ({ growth, kept, left, seen, broken }: Outcome, bound: Bound): readonly string[] => {
  const p99 = bound.p99 ?? usualP99;
  return [
    ...(broken === undefined ? [] : [broken]),
    ...seen.lost.map((why) => `a bystander lost its session in ${why}`),
    ...(seen.failed > 0 && seen.lost.length === 0 ? [`${seen.failed} requests of bystanders failed`] : []),
    ...(seen.count > 0 && seen.p99 <= p99 ? [] : [`p99 of the bystanders above ${p99} ms`]),
    ...(growth <= bound.growth * mebi ? [] : [`memory grew by more than ${bound.growth} MiB`]),
    ...(bound.kept === undefined || kept <= bound.kept * mebi ? [] : [`more than ${bound.kept} MiB were kept`]),
    ...left.map((what) => `left behind: ${what}`),
  ];
};

/** An attack of which nothing is known but that something failed. */
export const notMeasured = (broken: string): Outcome => ({
  growth: Number.NaN,
  kept: Number.NaN,
  left: [],
  seen: { count: 0, p99: Number.NaN, max: Number.NaN, failed: 0, lost: [] },
  broken,
});
