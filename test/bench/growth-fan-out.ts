/** Deliveries: to few subscribers and to many, and with some among them that have stopped reading. */

import { sampleFanOut } from './fan-out.ts';
import { flat, type Growth, ratioOf, together, withRoom } from './growth-sample.ts';
import type { Sample } from './measure.ts';
import { withRouter } from './router.ts';
import { jsonWire } from './wire.ts';

const unit = 'µs CPU per delivery';
const sizes = [10, 100, 1000, 10_000] as const;
// At any size half a window of events is one write to each subscriber; 10,000 of those are 30 MB on their way.
const window = 64;

/** The same burst at each size. */
export const growingFanOut: Growth = {
  rows: [
    ...sizes.map((size) => ({
      id: `fan-out-${size}`,
      title: `fan-out 1 → ${size.toLocaleString('en')}, ${window / 2} events per write`,
      unit,
    })),
    { id: 'fan-out', title: 'fan-out, 10,000 by 10 subscribers', unit: 'times', limit: flat },
  ],
  sample: (target, { pace, pin }) =>
    withRoom(target, async (roomy) => {
      const samples: Sample[] = [];
      for (const size of sizes) {
        const shape = { style: 'burst', size, window } as const;
        samples.push(await withRouter(roomy, pin, (router) => sampleFanOut(router, pace, jsonWire, shape)));
      }
      const [few, many] = [samples[0] as Sample, samples.at(-1) as Sample];
      return [...samples, ratioOf(few, many)];
    }),
};

const healthy = 100;
const stalled = 20;
/** Some 40 MB for each subscriber; one that does not read takes about 10 until its buffers and its outbox are full. */
const events = 400_000;
const repetitions = 2;

/**
 * From when they stop reading until long after the limit of their outbox has closed them. As the router serves a fifth
 * more subscribers at first, the ratio is above 1 without any waste.
 */
export const slowSubscribers: Growth = {
  rows: [
    { id: 'slow-without', title: `fan-out 1 → ${healthy}, all of them reading`, unit },
    { id: 'slow-with', title: `the same, ${stalled} more in between stop reading`, unit },
    { id: 'slow', title: 'per healthy delivery, with slow subscribers by without', unit: 'times', limit: flat },
  ],
  sample: async (target, { pace, pin }) => {
    const shape = { style: 'burst', size: healthy, window: 256, events } as const;
    const sampleWith = (slow: number): Promise<Sample> =>
      withRouter(target, pin, (router) => sampleFanOut(router, pace, jsonWire, { ...shape, stalled: slow }));
    const [without, among]: [Sample[], Sample[]] = [[], []];
    for (let round = 0; round < repetitions; round++) {
      without.push(await sampleWith(0));
      among.push(await sampleWith(stalled));
    }
    const [less, more] = [together(without), together(among)];
    return [less, more, ratioOf(less, more)];
  },
};
