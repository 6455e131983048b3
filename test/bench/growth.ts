/** What the costs of our router do when there is more of everything, against limits. */

import { growingFanOut, slowSubscribers } from './growth-fan-out.ts';
import { idleConnections } from './growth-idle.ts';
import { inProcess } from './growth-in-process.ts';
import type { Growth } from './growth-sample.ts';
import type { Workload } from './workload.ts';

const all: readonly Growth[] = [growingFanOut, ...inProcess, slowSubscribers, idleConnections];

/** The workloads of this part of the table. */
export const growth: readonly Workload[] = all.map(({ rows, sample, hasFloor = false }) => ({
  rows: rows.map((row) => ({ ...row, id: `growth/${row.id}`, group: 'How cost grows' })),
  protocol: 'growth',
  hasFloor,
  hasPeers: false,
  sample,
}));
