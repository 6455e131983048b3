/** One publisher and one subscriber per topic, many topics, many events under way on each. */

import type { Client } from './client.ts';
import { createCrew } from './crew.ts';
import { createRing, payload } from './frame.ts';
import { measure } from './measure.ts';
import { type Load, patience } from './workload.ts';

const topics = 64;
const underWay = 16;
const ringSize = 128;

/** Each subscriber that has heard some events has its publisher send as many again. */
export const pairs: Load = {
  rows: [{ id: 'pairs', title: `publish 1 → 1, ${topics} topics`, unit: 'µs CPU per publication', bound: 1.6 }],
  run: async (router, pace, wire) => {
    const crew = createCrew(router.url, wire);
    try {
      const publishers = await crew.open(topics);
      const subscribers = await crew.open(topics, {
        expected: wire.event,
        sampled: (message, index) => {
          if (wire.eventOf(message) === payload(index % ringSize)) return;
          throw new Error(`${JSON.stringify(message)} is not event ${index}`);
        },
      });
      await crew.watch(
        Promise.all(subscribers.map((client, at) => client.subscribe(`com.example.topic.${at}`))),
        patience,
      );
      const rings = publishers.map((_, at) =>
        createRing(wire, ringSize, (id, index) => wire.publish(id, `com.example.topic.${at}`, payload(index))),
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
};
