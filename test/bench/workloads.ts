/** All the workloads, in the order of the table. */

import { fanOut } from './fan-out.ts';
import { callLatency, pipelinedCalls, unheardPublications } from './request.ts';
import { connections, idleSessions } from './session.ts';
import type { Workload } from './workload.ts';

/** Every target gets the same windows: many events for few subscribers, few for many. */
export const workloads: readonly Workload[] = [
  fanOut(1, 'burst', 512),
  fanOut(10, 'burst', 512),
  fanOut(100, 'burst', 256, 3),
  fanOut(1000, 'burst', 64),
  fanOut(1, 'paced', 512),
  fanOut(10, 'paced', 512),
  fanOut(100, 'paced', 256),
  fanOut(1000, 'paced', 64),
  pipelinedCalls,
  callLatency,
  unheardPublications,
  connections,
  idleSessions,
];
