/** What came out of a run, and what it means: ratios, broken bounds, doubts. */

import { type Sample, type Spread, spreadOf } from './measure.ts';
import type { Row } from './workload.ts';

/** The samples of one row. */
export interface Result {
  readonly row: Row;
  /** By target, in the order of the rounds. */
  readonly samples: Readonly<Record<string, readonly Sample[]>>;
  /** Why a target has no figures. */
  readonly errors: Readonly<Record<string, string>>;
}

/** A whole run, as it is written to results.json. */
export interface Run {
  readonly date: string;
  readonly command: string;
  /** What the bounds are about. */
  readonly target: string;
  /** Other routers in the same run. */
  readonly peers: readonly string[];
  readonly rounds: number;
  readonly quick: boolean;
  /** Whether router and load generator had a core each. */
  readonly pinned: boolean;
  readonly versions: Readonly<Record<string, string>>;
  readonly machine: { readonly cpu: string; readonly cores: number; readonly memory: string; readonly system: string };
  readonly results: readonly Result[];
}

/** The figures of one target in one row. */
export interface Figures {
  readonly value: Spread;
  /** Median by median of the floor; least and greatest of the ratios within one round. Not in rows without a floor. */
  readonly ratio?: Spread;
}

/** The name of the target that all others are compared with. */
export const floorName = 'floor';

const values = (samples: readonly Sample[] = []): readonly number[] => samples.map(({ value }) => value);

/** Undefined when the target failed or was not measured. */
export const figuresOf = ({ samples, errors }: Result, target: string): Figures | undefined => {
  const [floor, own] = [values(samples[floorName]), values(samples[target])];
  if (errors[target] !== undefined || errors[floorName] !== undefined || own.length === 0) return undefined;
  const value = spreadOf(own);
  if (floor.length === 0) return { value };
  const low = spreadOf(floor);
  const { min, max } = spreadOf(own.map((each, round) => each / (floor[round] ?? Number.NaN)));
  return { value, ratio: { median: value.median / low.median, min, max } };
};

/** Whether the row is a comparison that can be drawn. */
export const hasFloor = (result: Result): boolean => figuresOf(result, floorName) !== undefined;

/** Whether the target is above the bound or limit of the row. A quick run says nothing about bounds. */
export const breaksBound = (result: Result, { target, quick }: Pick<Run, 'target' | 'quick'>): boolean => {
  if (quick) return false;
  const figures = figuresOf(result, target);
  const { bound, limit } = result.row;
  if (figures === undefined) return false;
  const { ratio, value } = figures;
  // So that what is no number is not within any bound.
  const keepsBound = bound === undefined || ratio === undefined || (ratio.median > 0 && ratio.median <= bound);
  return !keepsBound || !(limit === undefined || value.median <= limit);
};

/** 0 when the target has figures within the bounds in every row, 1 otherwise. */
export const exitCode = (run: Pick<Run, 'results' | 'target' | 'quick'>): number =>
  run.results.some((result) => figuresOf(result, run.target) === undefined || breaksBound(result, run)) ? 1 : 0;

const busy = 0.9;

/** Sentences about what makes the figures doubtful or bad. */
export const remarksOn = (run: Run): readonly string[] => [
  ...(run.quick ? ['Quick run: short intervals, figures are rough.'] : []),
  ...(run.pinned ? [] : ['Not pinned to cores: needs two of them and taskset; latencies may vary more.']),
  ...run.results.flatMap((result) => {
    const { row, samples, errors } = result;
    const name = `${row.group}: ${row.title}`;
    const load = Math.max(
      ...[floorName, run.target].flatMap((each) => samples[each] ?? []).map((sample) => sample.load),
    );
    return [
      ...Object.entries(errors).map(([failed, error]) => `${name}: ${failed} failed: ${error}`),
      ...(breaksBound(result, run) ? [`${name}: above its bound of ${boundOf(row)}.`] : []),
      ...(load > busy
        ? [`${name}: the load generator used ${Math.round(load * 100)} % of a core and may have been the bottleneck.`]
        : []),
    ];
  }),
];

/** The bound of a row in words; empty when it has none. */
export const boundOf = ({ bound, limit, unit }: Row): string =>
  limit === undefined ? (bound === undefined ? '' : `${bound}×`) : `${limit} ${unit.split(' ', 1)[0]}`;
