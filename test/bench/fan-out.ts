/**
 * One publisher, n subscribers of one topic.
 *
 * Burst: the publisher sends events in chunks of half a window and sends the next one as soon as every subscriber has
 * the last but one. So the router always has work, and nobody is ever more than a window behind.
 * Paced: one event per 20 ms, so that each event pays for its own wake-up and its own write.
 */

import type { Client } from './client.ts';
import { createCrew, inParallel } from './crew.ts';
import { createRing, payload } from './frame.ts';
import { measure, measurePeak, type Pace, type Sample } from './measure.ts';
import type { Router } from './router.ts';
import type { Wire } from './wire.ts';
import { type Load, patience, type Size } from './workload.ts';

const topic = 'com.example.topic';
const period = 20;

/** A stream of events from one publisher to subscribers that are all connected. */
interface Flow {
  /** Publishes as fast as the window allows, so many events or so long; resolves with the deliveries when all have arrived. */
  burst(milliseconds: number, events?: number): Promise<number>;
  /** Publishes one event per period; resolves with the deliveries when all have arrived. */
  paced(milliseconds: number): Promise<number>;
  received(client: Client, count: number): void;
  readonly published: number;
}

const createFlow = (publisher: Client, subscribers: readonly Client[], shape: Shape): Flow => {
  const { wire } = publisher;
  const { window } = shape;
  const ring = createRing(wire, window, (id, index) => wire.publish(id, topic, payloadOf(wire, index, shape)));
  let published = 0;
  let mark = 0; // a number of events
  let behind = 0; // subscribers that have received fewer
  let reached: () => void = () => {};

  const publish = (count: number): void => {
    publisher.send(ring.take(published, count, publisher.nextId(count)));
    published += count;
  };
  /** Resolves when each subscriber has received so many events. */
  const reach = (next: number): Promise<void> =>
    new Promise((resolve) => {
      mark = next;
      behind = subscribers.reduce((sum, { received }) => sum + (received < next ? 1 : 0), 0);
      reached = resolve;
      if (behind === 0) resolve();
    });

  return {
    get published() {
      return published;
    },
    received: ({ received }, count) => {
      if (received >= mark && received - count < mark && --behind === 0) reached();
    },
    burst: async (milliseconds, events) => {
      const first = published;
      const end = performance.now() + milliseconds;
      publish(window / 2);
      while (events === undefined ? performance.now() < end : published - first < events) {
        publish(window / 2);
        await reach(published - window / 2);
      }
      await reach(published);
      return (published - first) * subscribers.length;
    },
    paced: async (milliseconds) => {
      const first = published;
      const begin = performance.now();
      for (let tick = 1; tick * period <= milliseconds; tick++) {
        publish(1);
        await new Promise((resolve) => setTimeout(resolve, begin + tick * period - performance.now()));
      }
      await reach(published);
      return (published - first) * subscribers.length;
    },
  };
};

const payloadOf = (wire: Wire, index: number, { octets, isBinary }: Shape): unknown =>
  isBinary ? wire.binary(payload(index, octets)) : payload(index, octets);

const check = (wire: Wire, message: unknown, index: number, shape: Shape): void => {
  const [event, expected] = [wire.eventOf(message), payloadOf(wire, index % shape.window, shape)];
  const isSame = event instanceof Uint8Array ? Buffer.compare(event, expected as Uint8Array) === 0 : event === expected;
  if (!isSame) throw new Error(`${JSON.stringify(message).slice(0, 1000)} came instead of event ${index}`);
};

type Style = 'burst' | 'paced';

interface Shape {
  readonly style: Style;
  readonly size: number;
  readonly window: number;
  /** Of a payload; default: 64. */
  readonly octets?: number;
  /** Whether the payload is a binary value, where there are such. */
  readonly isBinary?: boolean;
  /** Measures so many events instead of an interval. */
  readonly events?: number;
  /** Measures memory. */
  readonly isForPeak?: boolean;
  /** So many more subscribe in between, and stop reading when it is measured. Only what the others receive counts. */
  readonly stalled?: number;
}

/** Subscribes everybody, the stalled ones evenly among the others; these go one by one, for the order. */
const subscribeAll = async (healthy: readonly Client[], stalled: readonly Client[]): Promise<void> => {
  if (stalled.length === 0) {
    return inParallel(healthy.length, 32, (index) => (healthy[index] as Client).subscribe(topic));
  }
  const each = Math.floor(healthy.length / stalled.length);
  for (const [index, client] of healthy.entries()) {
    await client.subscribe(topic);
    if (index % each === 0) await stalled[index / each]?.subscribe(topic);
  }
};

/** One sample of a fan-out. Fails unless every subscriber that reads has received everything. */
export const sampleFanOut = async (router: Router, pace: Pace, wire: Wire, shape: Shape): Promise<Sample> => {
  const { style, size } = shape;
  const crew = createCrew(router.url, wire);
  // The router may end them, and that is no failure.
  const others = createCrew(router.url, wire);
  try {
    let flow: Flow | undefined;
    const [publisher] = (await crew.open(1)) as [Client];
    const stalled = await others.open(shape.stalled ?? 0);
    const subscribers = await crew.open(size, {
      expected: wire.event,
      received: (client, count) => flow?.received(client, count),
      sampled: (message, index) => check(wire, message, index, shape),
    });
    await crew.watch(subscribeAll(subscribers, stalled), patience);
    const events = createFlow(publisher, subscribers, shape);
    flow = events;
    const state = (): string =>
      `${subscribers.filter(({ received }) => received < events.published).length} of ${size} subscribers are behind`;
    await crew.watch(flow.burst(pace.warmUp), pace.warmUp + patience, state);
    const milliseconds = style === 'burst' ? pace.interval : pace.paced;
    for (const client of stalled) client.stall();
    const sample = await (shape.isForPeak ? measurePeak : measure)(router, () =>
      crew.watch(events[style](milliseconds, shape.events), milliseconds + patience, state),
    );
    await crew.watch(crew.settle(subscribers, events.published), patience);
    if (stalled.some(({ received }) => received >= events.published)) throw new Error('nobody stopped reading');
    return sample;
  } finally {
    crew.close();
    others.close();
  }
};

/**
 * A fan-out to `size` subscribers, each of which may be `window` events behind: enough to keep the router busy, far
 * below what a router keeps for a slow subscriber.
 */
export const fanOut = (size: number, style: Style, window: number, bound?: number): Load => ({
  rows: [
    {
      id: `fan-out-${size}-${style}`,
      title: `fan-out 1 → ${size}, ${style}`,
      unit: 'µs CPU per delivery',
      ...(bound === undefined ? {} : { bound }),
    },
  ],
  isCommon: true,
  // What a wake-up costs differs from process to process, by a quarter and for as long as it lives.
  ...(style === 'paced' && { processes: 3 }),
  run: async (router, pace, wire) => [await sampleFanOut(router, pace, wire, { style, size, window })],
});

/** Bursts of payloads of a size to 20 subscribers, each of which may have `window` of them under way. */
export const sizedFanOut = ({ octets, name, title }: Size, window: number, bound?: number): Load => ({
  rows: [
    {
      id: `fan-out-20-${name}`,
      title: `fan-out 1 → 20, ${title}`,
      unit: 'µs CPU per delivery',
      ...(bound !== undefined && { bound }),
    },
  ],
  isSized: true,
  isCommon: true,
  run: async (router, pace, wire) => [
    await sampleFanOut(router, pace, wire, { style: 'burst', size: 20, window, octets }),
  ],
});

const mebibyte = 1024 * 1024;

/**
 * Events of 1 MiB, binary where the serializer has such values, one at a time to 20 subscribers; messages may be so long. An event
 * may take `most` MiB of memory.
 */
export const largeFanOut = (bound: number | undefined, most: number): Load => ({
  rows: [
    {
      id: 'fan-out-20-1m',
      title: 'fan-out 1 → 20, 1 MiB',
      unit: 'µs CPU per delivery',
      ...(bound !== undefined && { bound }),
    },
    {
      id: 'fan-out-20-1m-memory',
      title: 'fan-out 1 → 20, 1 MiB, memory',
      unit: 'MiB at most for an event',
      limit: most,
    },
  ],
  isSized: true,
  isCommon: true,
  settings: { limits: { maxMessageSize: 2 * mebibyte, outboxSize: 16 * mebibyte } },
  run: async (router, pace, wire) => {
    const shape = { style: 'burst', size: 20, window: 2, octets: mebibyte, isBinary: true } as const;
    // The first one of a process, which has no memory to spare yet.
    const one = await sampleFanOut(router, { ...pace, warmUp: 0 }, wire, { ...shape, events: 1, isForPeak: true });
    return [await sampleFanOut(router, pace, wire, shape), one];
  },
});
