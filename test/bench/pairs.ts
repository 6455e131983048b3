/** One publisher and one subscriber per topic, many topics, many events under way on each. */

import type { Client } from './client.ts';
import { createCrew } from './crew.ts';
import { createRing, payload } from './frame.ts';
import { measure } from './measure.ts';
import { type Load, patience, type RowOf, type Size } from './workload.ts';

/** How many topics, how many events under way on each, how many different ones, and their size. */
interface Pairs {
  readonly topics: number;
  readonly underWay: number;
  readonly ringSize: number;
  readonly octets?: number;
}

/** Each subscriber that has heard some events has its publisher send as many again. */
const measurePairs = ({ topics, underWay, ringSize, octets }: Pairs, row: RowOf): Load => ({
  rows: [row],
  isCommon: true,
  run: async (router, pace, wire) => {
    const crew = createCrew(router.url, wire);
    try {
      const publishers = await crew.open(topics);
      const subscribers = await crew.open(topics, {
        expected: wire.event,
        sampled: (message, index) => {
          if (wire.eventOf(message) === payload(index % ringSize, octets)) return;
          throw new Error(`${JSON.stringify(message)} is not event ${index}`);
        },
      });
      await crew.watch(
        Promise.all(subscribers.map((client, at) => client.subscribe(`com.example.topic.${at}`))),
        patience,
      );
      const rings = publishers.map((_, at) =>
        createRing(wire, ringSize, (id, index) => wire.publish(id, `com.example.topic.${at}`, payload(index, octets))),
      );
      const sent = publishers.map(() => 0);
      const send = (at: number, count: number): void => {
        const publisher = publishers[at] as Client;
        const ring = rings[at];
        if (ring) publisher.send(ring.take(sent[at] as number, count, publisher.nextId(count)));
        sent[at] = (sent[at] as number) + count;
      };
      const total = (): number => subscribers.reduce((sum, { received }) => sum + received, 0);
      const publishFor = (milliseconds: number): Promise<number> =>
        new Promise((resolve) => {
          const first = total();
          const end = performance.now() + milliseconds;
          let open = topics * underWay;
          subscribers.forEach((client, at) => {
            client.listener = {
              ...client.listener,
              received: (_, count) => {
                open -= count;
                if (performance.now() < end) {
                  open += count;
                  send(at, count);
                } else if (open === 0) resolve(total() - first);
              },
            };
            send(at, underWay);
          });
        });
      await crew.watch(publishFor(pace.warmUp), pace.warmUp + patience);
      const sample = await measure(router, () => crew.watch(publishFor(pace.interval), pace.interval + patience));
      for (const [at, client] of subscribers.entries()) await crew.settle([client], sent[at] as number);
      return [sample];
    } finally {
      crew.close();
    }
  },
});

/** Small events on many topics. */
export const pairs = measurePairs(
  { topics: 64, underWay: 16, ringSize: 128 },
  { id: 'pairs', title: 'publish 1 → 1, 64 topics', unit: 'µs CPU per publication', bound: 1.6 },
);

/** Events of a size, on few topics. */
export const sizedPairs = ({ octets, name, title }: Size, bound?: number): Load => ({
  ...measurePairs(
    { topics: 8, underWay: 8, ringSize: 16, octets },
    {
      id: `pairs-${name}`,
      title: `publish 1 → 1, ${title}`,
      unit: 'µs CPU per publication',
      ...(bound !== undefined && { bound }),
    },
  ),
  isSized: true,
});
