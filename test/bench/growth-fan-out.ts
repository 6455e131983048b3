/** Deliveries: to few subscribers and to many, and with some among them that have stopped reading. */

import { sampleFanOut } from './fan-out.ts';
import { flat, type Growth, ratioOf, withRoom } from './growth-sample.ts';
import { type Sample, together } from './measure.ts';
import { withRouter } from './router.ts';
import { jsonWire } from './wire.ts';

const unit = 'µs CPU per delivery';
const sizes = [10, 100, 1000, 10_000] as const;
// At any size half a window of events is one write to each subscriber; 10,000 of those are 30 MB on their way.
const window = 64;
/** Of the usual time to warm up: with 10,000 subscribers there are few bursts in it. */
const longerWarmUp = 4;

/** The same burst at each size, for the floor as well: what the system does with many sockets is the same for both. */
export const growingFanOut: Growth = {
  hasFloor: true,
  rows: [
    ...sizes.map((size) => ({
      id: `fan-out-${size}`,
      title: `fan-out 1 → ${size.toLocaleString('en')}, ${window / 2} events per write`,
      unit,
    })),
    { id: 'fan-out', title: 'the dearest of these by that with 10', unit: 'times', limit: flat },
  ],
  sample: async (target, { pace, pin }) => {
    const samples: Sample[] = [];
    const warmer = { ...pace, warmUp: pace.warmUp * longerWarmUp };
    const roomy = withRoom(target);
    for (const size of sizes) {
      const shape = { style: 'burst', size, window } as const;
      samples.push(await withRouter(roomy, pin, (router) => sampleFanOut(router, warmer, jsonWire, shape)));
    }
    const [few, ...more] = samples as [Sample, ...Sample[]];
    const dearest = more.reduce((one, other) => (other.value > one.value ? other : one));
    return [...samples, ratioOf(few, dearest)];
  },
};

const subscribers = 120;
const stalled = 20;
/** Some 20 MB for each subscriber; one that does not read takes about 10 until its buffers and its outbox are full. */
const events = 200_000;
const repetitions = 2;

/** The same work, of so many subscribers that did the same before. */
const perDelivery = (samples: readonly Sample[]): Sample => {
  const all = together(samples);
  const count = events * subscribers * samples.length;
  return { ...all, count, value: all.cpu / count };
};

/**
 * From when they stop reading until after the limit of their outbox has closed them: whoever does not read must not cost
 * more than whoever does, and the others nothing.
 */
export const slowSubscribers: Growth = {
  rows: [
    { id: 'slow-none', title: `fan-out 1 → ${subscribers}, all of them reading`, unit },
    { id: 'slow-some', title: `the same, ${stalled} in between stop reading`, unit },
    { id: 'slow', title: 'with slow subscribers by without', unit: 'times', limit: flat },
  ],
  sample: async (target, { pace, pin }) => {
    const sampleWith = (slow: number): Promise<Sample> => {
      const shape = { style: 'burst', size: subscribers - slow, window: 256, events, stalled: slow } as const;
      return withRouter(target, pin, (router) => sampleFanOut(router, pace, jsonWire, shape));
    };
    const [none, some]: [Sample[], Sample[]] = [[], []];
    for (let round = 0; round < repetitions; round++) {
      none.push(await sampleWith(0));
      some.push(await sampleWith(stalled));
    }
    const [less, more] = [perDelivery(none), perDelivery(some)];
    return [less, more, ratioOf(less, more)];
  },
};
