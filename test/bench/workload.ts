/** What a workload is. The list of them is in `workloads.ts`. */

import type { Pace, Sample } from './measure.ts';
import type { Router } from './router.ts';

/** One line of the table. */
export interface Row {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  /** The ratio to the floor above which the benchmark fails. */
  readonly bound?: number;
}

/** Puts one kind of load on a router that was just started; gives one sample for each of its rows. */
export interface Workload {
  readonly rows: readonly Row[];
  /** Throws when a message is lost, doubled, out of order or not what was sent. */
  run(router: Router, pace: Pace): Promise<readonly Sample[]>;
}

/** How long any load may stand still before the row fails, beyond the time that it works anyway. */
export const patience = 20_000;
