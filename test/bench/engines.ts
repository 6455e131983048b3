/**
 * What a connection costs with each of the two engines that can run its chart. There is no bound on the second one: who
 * chooses it wants XState's tools, and is told here what they cost.
 */

import { type EngineName, engineNames } from '../../src/chart/running-chart.ts';
import { withConfig } from './config.ts';
import type { Sample } from './measure.ts';
import { pipelinedCalls } from './request.ts';
import { withRouter } from './router.ts';
import { connections, idleSessions } from './session.ts';
import type { Target } from './targets.ts';
import { jsonWire } from './wire.ts';
import type { Load, Row, Workload } from './workload.ts';

/** The target with every connection on this engine. */
export const withEngine = (target: Target, machines: EngineName): Target => withConfig(target, { machines });

interface Measured {
  readonly load: Load;
  /** Shorter than the load's own, so that the name of the engine fits beside the bars. */
  readonly title: string;
}

const rowsOf = ({ load, title }: Measured): readonly Row[] =>
  engineNames.flatMap((engine) =>
    load.rows.map(({ id, unit }) => ({
      id: `engines/${id}-${engine}`,
      group: 'Two engines',
      title: `${title}: ${engine}`,
      unit,
    })),
  );

/** One process after the other, so that a drift of the machine meets both engines alike; the floor, which has none, twice. */
const withEachEngine = (measured: Measured): Workload => ({
  rows: rowsOf(measured),
  protocol: 'engines',
  hasFloor: true,
  hasPeers: false,
  sample: async (target, { pace, pin }) => {
    const samples: Sample[] = [];
    for (const engine of engineNames) {
      const run = withRouter(withEngine(target, engine), pin, (router) => measured.load.run(router, pace, jsonWire));
      samples.push(...(await run));
    }
    return samples;
  },
});

/** Connections that come and go, connections that are just there, and what passes through them. WAMP v2, JSON. */
export const engines: readonly Workload[] = [
  { load: connections, title: 'connect, join, leave, close' },
  { load: idleSessions, title: 'idle session, one topic each' },
  { load: pipelinedCalls(1), title: 'call, 8 callers × 16 open' },
].map(withEachEngine);
