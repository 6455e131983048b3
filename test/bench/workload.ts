/** What a workload is. The list of them is in `workloads.ts`. */

import type { Pace, Sample } from './measure.ts';
import type { Router } from './router.ts';
import type { Wire } from './wire.ts';

/** One line of the table. */
export interface Row {
  readonly id: string;
  /** The heading that it stands under. */
  readonly group: string;
  readonly title: string;
  readonly unit: string;
  /** The ratio to the floor above which the benchmark fails. */
  readonly bound?: number;
  /** The value of our router above which the benchmark fails. */
  readonly limit?: number;
}

/** A row of a workload, before it is known what is spoken. */
export type RowOf = Omit<Row, 'group'>;

/** Puts one kind of load on a router that was just started; gives one sample for each of its rows. */
export interface Load {
  readonly rows: readonly RowOf[];
  /** Throws when a message is lost, doubled, out of order or not what was sent. */
  run(router: Router, pace: Pace, wire: Wire): Promise<readonly Sample[]>;
}

/** A load in one protocol. */
export interface Workload {
  readonly rows: readonly Row[];
  readonly wire: Wire;
  /** Whether other routers are measured, too. */
  readonly hasPeers: boolean;
  run(router: Router, pace: Pace): Promise<readonly Sample[]>;
}

/** How long any load may stand still before the row fails, beyond the time that it works anyway. */
export const patience = 20_000;
