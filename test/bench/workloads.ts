/** All the workloads, in the order of the table. */

import { withConfig } from './config.ts';
import { engines } from './engines.ts';
import { fanOut, largeFanOut, sizedFanOut } from './fan-out.ts';
import { growth } from './growth.ts';
import { type Sample, together } from './measure.ts';
import { pairs, sizedPairs } from './pairs.ts';
import { acknowledgedPublications, callLatency, pipelinedCalls, sizedCalls, unheardPublications } from './request.ts';
import { withRouter } from './router.ts';
import { connections, idleSessions } from './session.ts';
import { postmaster } from './targets.ts';
import { type Wire, wires } from './wire.ts';
import { bySize, type Load, type Size, type Workload } from './workload.ts';

const tiny: Size = { octets: 64, name: '64', title: '64 octets' };
const small: Size = { octets: 1024, name: '1k', title: '1 KiB' };
const large: Size = { octets: 16 * 1024, name: '16k', title: '16 KiB' };

/**
 * By payload size, the ratios that are kept: in JSON, in MessagePack and in CBOR. The floor decodes and encodes payloads, which
 * costs it the least in CBOR.
 */
const bounds: Readonly<Record<string, readonly [json: number, msgpack: number, cbor: number]>> = {
  'fan-out-20-1k': [1.15, 1.05, 1.15],
  'fan-out-20-16k': [0.92, 1.25, 1.35],
  'fan-out-20-1m': [0.95, 1.2, 1.2],
  'pairs-1k': [1.2, 0.95, 0.95],
  'pairs-16k': [0.68, 0.68, 1.1],
  'call-1k': [0.85, 0.85, 1],
  'call-16k': [0.62, 0.75, 1.3],
};

/** What a row may be, in the serializer that is spoken. */
const boundOf = (row: string, { name }: Wire): number | undefined =>
  bounds[row]?.[['json', 'msgpack', 'cbor'].indexOf(name)];

/**
 * What a router does with octets that are not its own. An event is there three times for a moment: as it is read, put together,
 * and framed. In JSON it is a text as well, and a value.
 */
const sized = (wire: Wire): readonly Load[] => [
  sizedFanOut(tiny, 256),
  sizedFanOut(small, 64, boundOf('fan-out-20-1k', wire)),
  sizedFanOut(large, 16, boundOf('fan-out-20-16k', wire)),
  largeFanOut(boundOf('fan-out-20-1m', wire), wire.hasDigits ? 5 : 3),
  sizedPairs(tiny),
  sizedPairs(small, boundOf('pairs-1k', wire)),
  sizedPairs(large, boundOf('pairs-16k', wire)),
  sizedCalls(tiny),
  sizedCalls(small, boundOf('call-1k', wire)),
  sizedCalls(large, boundOf('call-16k', wire)),
];

/** Every target gets the same windows: many events for few subscribers, few for many. */
const loads = (wire: Wire): readonly Load[] => [
  fanOut(10, 'burst', 512),
  fanOut(100, 'burst', 256, 1.8),
  fanOut(1000, 'burst', 64, 1.8),
  fanOut(100, 'paced', 256, 1.15),
  pairs,
  pipelinedCalls(1),
  ...(wire.hasCallees ? [pipelinedCalls(8)] : []),
  callLatency,
  unheardPublications,
  ...(wire.hasCallees ? [acknowledgedPublications, ...sized(wire)] : []),
  connections,
  idleSessions,
];

const inProtocol = (wire: Wire, load: Load): Workload => ({
  rows: load.rows.map((row) => ({
    ...row,
    id: `${wire.name}/${row.id}`,
    group: load.isSized ? `${wire.title}${bySize}` : wire.title,
  })),
  protocol: wire.name,
  hasFloor: true,
  hasPeers: wire.name === 'json',
  isCommon: load.isCommon === true,
  sample: async (target, { pace, pin }) => {
    const isOurs = target.name === postmaster.name;
    const prepared = load.settings && isOurs ? withConfig(target, load.settings) : target;
    const samples: (readonly Sample[])[] = [];
    while (samples.length < (load.processes ?? 1)) {
      samples.push(await withRouter(prepared, pin, (router) => load.run(router, pace, target.wire ?? wire)));
    }
    const [first = []] = samples;
    return samples.length === 1 ? first : first.map((_, row) => together(samples.flatMap((each) => each[row] ?? [])));
  },
});

export const workloads: readonly Workload[] = [
  ...wires.flatMap((wire) => loads(wire).map((load) => inProtocol(wire, load))),
  ...engines,
  ...growth,
];
