/** Publications and calls without a wire, in a process of their own; the work itself is in `in-process.ts`. */

import { flat, type Growth, ratioOf } from './growth-sample.ts';
import { startHelper } from './helper.ts';
import type { Question } from './in-process.ts';
import type { Sample } from './measure.ts';
import type { Cost } from './steady.ts';
import type { RowOf, Terms } from './workload.ts';

const perPublication = 'µs CPU per publication';
const perCall = 'µs CPU per call';
/** Megabytes: a million subscriptions take more than a process has by default. */
const heap = 8192;

const ask = async (name: Question['name'], { pace, pin }: Terms): Promise<readonly Sample[]> => {
  const helper = startHelper(
    new URL('./in-process.ts', import.meta.url),
    ['--expose-gc', `--max-old-space-size=${heap}`],
    pin,
  );
  try {
    const question: Question = { name, repetitions: Math.ceil(pace.interval / 100) };
    const costs = (await helper.ask(question)) as readonly Cost[];
    return costs.map((cost) => ({ ...cost, load: 0 }));
  } finally {
    helper.stop();
  }
};

const growing = (name: Question['name'], few: RowOf, many: RowOf, ratio: string): Growth => ({
  rows: [few, many, { id: name, title: ratio, unit: 'times', limit: flat }],
  sample: async (_, terms) => {
    const [less, more] = (await ask(name, terms)) as [Sample, Sample];
    return [less, more, ratioOf(less, more)];
  },
});

const subscriptions = growing(
  'subscriptions',
  { id: 'subscriptions-100', title: 'publish to 1 of 100 exact subscriptions', unit: perPublication },
  { id: 'subscriptions-1000000', title: 'publish to 1 of 1,000,000 in the same process', unit: perPublication },
  'hot topics, 1,000,000 by 100 in the same process',
);

const alone: Growth = {
  rows: [{ id: 'subscriptions-alone', title: 'publish to 1 of 100 in a process without more', unit: perPublication }],
  sample: (_, terms) => ask('alone', terms),
};

const patterns: Growth = {
  rows: [
    {
      id: 'patterns',
      title: 'publish, 7 of 100,000 overlapping patterns match',
      unit: perPublication,
      limit: 5,
    },
  ],
  sample: (_, terms) => ask('patterns', terms),
};

const registrations = growing(
  'registrations',
  { id: 'registrations-10', title: 'call one of 10 procedures', unit: perCall },
  { id: 'registrations-100000', title: 'call one of 100,000 procedures in the same process', unit: perCall },
  'hot procedures, 100,000 by 10 in the same process',
);

const interceptors: Growth = {
  rows: [
    { id: 'interceptor-none', title: 'publish, no interceptor', unit: perPublication },
    { id: 'interceptor', title: 'one interceptor more', unit: perPublication, limit: 0.5 },
  ],
  sample: async (_, terms) => {
    const [none, one] = (await ask('interceptors', terms)) as [Sample, Sample];
    return [none, { ...one, value: one.value - none.value }];
  },
};

export const inProcess: readonly Growth[] = [subscriptions, alone, patterns, registrations, interceptors];
