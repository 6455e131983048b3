/** What came out of a run, and what it means: ratios, broken bounds, doubts. */

import { type Sample, type Spread, spreadOf } from './measure.ts';
import type { Row } from './workload.ts';

/** The samples of one row, in the order of the rounds. */
export interface Result {
  readonly row: Row;
  readonly floor: readonly Sample[];
  readonly target: readonly Sample[];
  /** Why the row has no figures. */
  readonly error?: string;
}

/** A whole run, as it is written to results.json. */
export interface Run {
  readonly date: string;
  readonly command: string;
  readonly target: string;
  readonly rounds: number;
  readonly quick: boolean;
  /** Whether router and load generator had a core each. */
  readonly pinned: boolean;
  readonly versions: Readonly<Record<string, string>>;
  readonly machine: { readonly cpu: string; readonly cores: number; readonly memory: string; readonly system: string };
  readonly results: readonly Result[];
}

/** The figures of one row that did not fail. */
export interface Figures {
  readonly floor: Spread;
  readonly target: Spread;
  /** Median of the target by median of the floor; least and greatest of the ratios within one round. */
  readonly ratio: Spread;
}

const values = (samples: readonly Sample[]): readonly number[] => samples.map(({ value }) => value);

/** Undefined when the row failed. */
export const figuresOf = ({ floor, target, error }: Result): Figures | undefined => {
  if (error !== undefined) return undefined;
  const [low, high] = [spreadOf(values(floor)), spreadOf(values(target))];
  const { min, max } = spreadOf(target.map(({ value }, round) => value / (floor[round]?.value ?? Number.NaN)));
  return { floor: low, target: high, ratio: { median: high.median / low.median, min, max } };
};

/** Whether the row has a bound and is above it. */
export const breaksBound = (result: Result): boolean =>
  (figuresOf(result)?.ratio.median ?? 0) > (result.row.bound ?? Number.POSITIVE_INFINITY);

/** 0 when every row has figures within its bound, 1 otherwise. */
export const exitCode = (results: readonly Result[]): number =>
  results.some((result) => result.error !== undefined || breaksBound(result)) ? 1 : 0;

const busy = 0.9;

/** Sentences about what makes the figures doubtful or bad. */
export const remarksOn = ({ results, quick, pinned }: Run): readonly string[] => [
  ...(quick ? ['Quick run: short intervals, figures are rough.'] : []),
  ...(pinned ? [] : ['Not pinned to cores: needs two of them and taskset; latencies may vary more.']),
  ...results.flatMap((result) => {
    const { row, floor, target, error } = result;
    if (error !== undefined) return [`${row.title}: failed: ${error}`];
    const load = Math.max(...[...floor, ...target].map((sample) => sample.load));
    return [
      ...(breaksBound(result) ? [`${row.title}: the ratio is above its bound of ${row.bound}.`] : []),
      ...(load > busy
        ? [
            `${row.title}: the load generator used ${Math.round(load * 100)} % of a core and may have been the bottleneck.`,
          ]
        : []),
    ];
  }),
];
