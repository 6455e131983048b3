/** Calls, and publications that nobody hears: what a message costs on its way in. */

import type { Client } from './client.ts';
import { createCrew } from './crew.ts';
import { createRing, payload } from './frame.ts';
import { measure, type Sample } from './measure.ts';
import { patience, type Workload } from './workload.ts';

const callers = 8;
const inFlight = 16;
const batch = 1000;

// Ids and numbers have one length, so that the frames have one, too. A ring is longer than what is ever in flight.
const ringSize = 512;
const sums = new Map<unknown, number>(
  Array.from({ length: ringSize }, (_, index) => [`call-${1000 + index}`, 3000 + 2 * index]),
);
const calls = createRing(
  Array.from(sums.keys(), (id, index) => [2, id, 'com.example.add', 1000 + index, 2000 + index]),
);
const publications = createRing(
  Array.from({ length: batch }, (_, index) => [7, 'com.example.unheard', payload(index)]),
);

const checkSum = (message: unknown): void => {
  if (Array.isArray(message) && message[0] === 3 && sums.get(message[1]) === message[2]) return;
  throw new Error(`a call was answered with ${JSON.stringify(message)}`);
};

/** Keeps `depth` calls open per caller for a time; resolves with the calls answered when none is open. */
const callFor = (clients: readonly Client[], depth: number, milliseconds: number, round: (us: number) => void) =>
  new Promise<number>((resolve) => {
    const first = clients.reduce((sum, { received }) => sum + received, 0);
    const end = performance.now() + milliseconds;
    let open = 0;
    let last = performance.now();
    const send = (client: Client, count: number): void => {
      open += count;
      // A caller's answers and open calls are its calls so far, so the ring goes on where it was.
      client.send(calls.slices(client.received + depth - count, count));
    };
    const received = (client: Client, count: number): void => {
      const now = performance.now();
      round((now - last) * 1000);
      last = now;
      open -= count;
      if (now < end) send(client, count);
      else if (open === 0) resolve(clients.reduce((sum, each) => sum + each.received, 0) - first);
    };
    for (const client of clients) {
      client.listener = { ...client.listener, received };
      send(client, depth);
    }
  });

const measureCalls = (count: number, depth: number, rows: Workload['rows'], toSamples: ToSamples): Workload => ({
  rows,
  run: async (router, pace) => {
    const crew = createCrew(router.url);
    try {
      const clients = await crew.watch(crew.open(count, { sampled: checkSum }), patience);
      await crew.watch(
        callFor(clients, depth, pace.warmUp, () => {}),
        pace.warmUp + patience,
      );
      const before = clients.map(({ received }) => received);
      const times: number[] = [];
      const sample = await measure(router, () =>
        crew.watch(
          callFor(clients, depth, pace.interval, (us) => times.push(us)),
          pace.interval + patience,
        ),
      );
      for (const [index, client] of clients.entries()) {
        const answered = client.received;
        await crew.watch(crew.settle([client], answered), patience);
        if (answered === before[index]) throw new Error('a caller got no answer at all');
      }
      return toSamples(sample, times);
    } finally {
      crew.close();
    }
  },
});

type ToSamples = (sample: Sample, times: readonly number[]) => readonly Sample[];

/** Calls from 8 callers with 16 open calls each. */
export const pipelinedCalls: Workload = measureCalls(
  callers,
  inFlight,
  [{ id: 'call', title: 'call, 8 callers × 16 open', unit: 'µs CPU per call', bound: 2 }],
  (sample) => [sample],
);

const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;

/** One call at a time: how long it takes, not what it costs. */
export const callLatency: Workload = measureCalls(
  1,
  1,
  [
    { id: 'call-latency-p50', title: 'one call at a time, p50', unit: 'µs until answered' },
    { id: 'call-latency-p99', title: 'one call at a time, p99', unit: 'µs until answered' },
  ],
  (sample, times) => {
    const sorted = times.toSorted((a, b) => a - b);
    return [0.5, 0.99].map((share) => ({ ...sample, value: percentile(sorted, share) }));
  },
);

/** Publications to a topic without subscribers, in batches that end with a call, as v1 acknowledges nothing. */
export const unheardPublications: Workload = {
  rows: [{ id: 'publish', title: 'publish, no subscriber', unit: 'µs CPU per publication', bound: 2 }],
  run: async (router, pace) => {
    const crew = createCrew(router.url);
    try {
      const [publisher] = await crew.watch(crew.open(1), patience);
      if (!publisher) return [];
      const publishFor = async (milliseconds: number): Promise<number> => {
        const end = performance.now() + milliseconds;
        let count = 0;
        for (; performance.now() < end; count += batch) {
          publisher.send(publications.slices(0, batch));
          await crew.watch(publisher.ask('batch'), patience);
        }
        return count;
      };
      await publishFor(pace.warmUp);
      const sample = await measure(router, () => publishFor(pace.interval));
      await crew.watch(crew.settle([publisher], 0), patience);
      return [sample];
    } finally {
      crew.close();
    }
  },
};
