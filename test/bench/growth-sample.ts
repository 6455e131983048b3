/** What the rows about growth have in common. */

import { withConfig } from './config.ts';
import type { Sample } from './measure.ts';
import type { Target } from './targets.ts';
import type { RowOf, Workload } from './workload.ts';

/** A workload of our router, and of the floor where that says something. */
export interface Growth extends Pick<Workload, 'sample'> {
  readonly rows: readonly RowOf[];
  readonly hasFloor?: boolean;
}

/** By how much a cost may grow. */
export const flat = 1.2;

/** A sample that says how many times `less` the value of `more` is. */
export const ratioOf = (less: Sample, more: Sample): Sample => ({ ...more, value: more.value / less.value });

/** The target with room for more connections than it has by default. */
export const withRoom = (target: Target): Target => withConfig(target, { limits: { maxConnections: 25_000 } });
