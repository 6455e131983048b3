/** What a workload is. The list of them is in `workloads.ts`. */

import type { Pace, Sample } from './measure.ts';
import type { Pin } from './pin.ts';
import type { Router } from './router.ts';
import type { Target } from './targets.ts';
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
  /** Settings of our router, where its defaults do not do. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Whether it is one of a row of sizes, which have a table of their own. */
  readonly isSized?: boolean;
  /** Whether brokers that do not speak WAMP have it, too. */
  readonly isCommon?: boolean;
  /** How many processes, one after the other, make up a sample: 1 when it is left out. */
  readonly processes?: number;
  /** Throws when a message is lost, doubled, out of order or not what was sent. */
  run(router: Router, pace: Pace, wire: Wire): Promise<readonly Sample[]>;
}

/** What the headings of rows end with that differ in the size of their payload. Payloads of all others have 64 octets. */
export const bySize = ', by payload size';

/** The size of a payload. */
export interface Size {
  readonly octets: number;
  /** In the id of a row, and in its title. */
  readonly name: string;
  readonly title: string;
}

/** How a sample is taken, whatever it is of. */
export interface Terms {
  readonly pace: Pace;
  readonly pin: Pin | undefined;
}

/** A load in one protocol, or something that only our router is asked about. */
export interface Workload {
  readonly rows: readonly Row[];
  /** As in `--protocol`. */
  readonly protocol: string;
  /** Whether the floor is measured, too. Without it a row has a value, but no ratio. */
  readonly hasFloor: boolean;
  /** Whether other routers are measured, too, and also those that do not speak WAMP. */
  readonly hasPeers: boolean;
  readonly isCommon?: boolean;
  /** One sample of each row, from processes of this target that have done nothing else. */
  sample(target: Target, terms: Terms): Promise<readonly Sample[]>;
}

/** How long any load may stand still before the row fails, beyond the time that it works anyway. */
export const patience = 20_000;
