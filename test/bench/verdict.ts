/** What the regression gate says about a row: its ratio to the floor, now and in the run that was committed. */

import { figuresOf, type Result, type Run } from './result.ts';

/** Says why the gate cannot judge; the message is one sentence. */
export class GateError extends Error {}

/** How far above the committed ratio a ratio may be. */
export const tolerance = 0.25;

/** One row, judged. */
export interface Verdict {
  readonly id: string;
  readonly title: string;
  readonly rounds: number;
  readonly committed: number;
  /** The ratio above which it fails. */
  readonly limit: number;
  /** Undefined when the row could not be measured. */
  readonly ratio: number | undefined;
  readonly isAbove: boolean;
  /** Why the row could not be measured. */
  readonly error?: string;
}

/**
 * The ratios of these rows in a committed run, of each the greatest that a round showed: what has been seen there is no
 * regression. Throws a GateError about a row that has none.
 */
export const committedRatios = (
  { results, target }: Pick<Run, 'results' | 'target'>,
  ids: readonly string[],
): ReadonlyMap<string, number> =>
  new Map(
    ids.map((id) => {
      const result = results.find(({ row }) => row.id === id);
      const ratio = result?.samples && figuresOf(result, target)?.ratio?.max;
      if (ratio === undefined || !Number.isFinite(ratio)) {
        throw new GateError(`The committed run has no ratio for the row ${id}: make a full run with "npm run bench".`);
      }
      return [id, ratio];
    }),
  );

/** Compares a row with its committed ratio. Its bound is a matter of full runs: what scatters here would break it now and then. */
export const judge = (result: Result, target: string, committed: number): Verdict => {
  const { row, samples, errors } = result;
  const ratio = figuresOf(result, target)?.ratio?.median;
  const limit = committed * (1 + tolerance);
  const [error] = Object.entries(errors).map(([name, reason]) => `${name} failed: ${reason}`);
  return {
    id: row.id,
    title: row.title,
    rounds: samples[target]?.length ?? 0,
    committed,
    limit,
    ratio,
    isAbove: ratio !== undefined && !(ratio <= limit),
    ...(error !== undefined && { error }),
  };
};

/** The same row with the samples of both. */
export const joined = (first: Result, second: Result): Result => ({
  row: first.row,
  samples: Object.fromEntries(
    Object.keys(first.samples).map((name) => [name, [...(first.samples[name] ?? []), ...(second.samples[name] ?? [])]]),
  ),
  errors: { ...first.errors, ...second.errors },
});

/** Whether a row fails the gate: above the limit, or not measured at all. */
export const isBad = ({ isAbove, ratio }: Verdict): boolean => isAbove || ratio === undefined;

const percent = (ratio: number, committed: number): string => {
  const share = Math.round((ratio / committed - 1) * 100);
  return `${share < 0 ? '' : '+'}${share} %`;
};

/** A verdict in a line. */
export const sentence = ({ id, title, rounds, committed, limit, ratio, isAbove, error }: Verdict): string => {
  if (ratio === undefined) return `FAILED  ${id} (${title}): ${error ?? 'no samples'}`;
  const figures = `${ratio.toFixed(2)} times the floor, committed ${committed.toFixed(2)}, ${percent(ratio, committed)}, limit ${limit.toFixed(2)}`;
  return `${isAbove ? 'FAILED' : 'ok    '}  ${id} (${title}): ${figures}, ${rounds} rounds`;
};
