/**
 * The course of a soak: a warm-up and the soak itself. At first, and after each of them, the router is measured with its
 * residents alone.
 */

import { setTimeout as pause } from 'node:timers/promises';
import { type Helper, startHelper } from '../bench/helper.ts';
import type { Progress } from '../bench/progress.ts';
import type { CrowdQuestion, Tally } from './crowd.ts';
import type { RouterQuestion } from './router.ts';
import type { Sample } from './sample.ts';
import type { Findings, Moment } from './verdict.ts';
import type { Place } from './visit.ts';
import { kinds } from './visits.ts';

/** ms between two samples. */
const sampleEvery = 5_000;
/** ms of peers that come before memory counts: code is compiled, tables have grown, the retained events are there. */
const warmUp = 120_000;
/** ms that the router has to be as it was, and between two looks whether it is. */
const patience = 60_000;
const lookEvery = 250;

/** Samples of a run: how many there will be, for whoever shows how far it is. */
export const sampleCount = (minutes: number): number => Math.ceil((warmUp + minutes * 60_000) / sampleEvery);

/** A router in a process of its own. */
export interface RouterProcess {
  ask(question: RouterQuestion): Promise<unknown>;
  sample(collect?: boolean): Promise<Sample>;
  readonly place: Place;
}

/** Starts a router for this work alone. */
export const withRouter = async <Value>(work: (router: RouterProcess) => Promise<Value>): Promise<Value> => {
  const helper = startHelper(new URL('./router.ts', import.meta.url), ['--expose-gc']);
  const ask = (question: RouterQuestion): Promise<unknown> => helper.ask(question);
  try {
    const place = (await ask({ order: 'where' })) as Place;
    return await work({
      ask,
      place,
      sample: async (collect = false) => (await ask({ order: 'sample', collect })) as Sample,
    });
  } finally {
    helper.stop();
  }
};

/** What the router holds once its counts are those of the beginning, or after `patience`. */
const settle = async (router: RouterProcess, begin: Sample): Promise<Sample> => {
  const wanted = JSON.stringify(begin.counts);
  const end = performance.now() + patience;
  while (performance.now() < end && JSON.stringify((await router.sample()).counts) !== wanted) await pause(lookEvery);
  return router.sample(true);
};

const mebibytes = (octets: number): string => `${Math.round(octets / 2 ** 20)} MiB`;

const describe = ({ memory, counts, delay }: Sample): string =>
  `RSS ${mebibytes(memory.rss)}, heap ${mebibytes(memory.heapUsed)}, ${counts.connections} connections, ` +
  `${counts.subscriptions} subscriptions, loop ${delay.p99.toFixed(0)} ms late`;

/** Has the crowd come for a time, and leave. */
const soak = async (
  { router, crowd }: { readonly router: RouterProcess; readonly crowd: Helper },
  milliseconds: number,
  onSample: (sample: Sample) => void,
): Promise<readonly Tally[]> => {
  const tell = (question: CrowdQuestion): Promise<unknown> => crowd.ask(question);
  await router.ask({ order: 'program', isOn: true });
  await tell({ order: 'come', place: router.place });
  for (let passed = 0; passed < milliseconds; passed += sampleEvery) {
    await pause(Math.min(sampleEvery, milliseconds - passed));
    onSample(await router.sample());
  }
  await router.ask({ order: 'program', isOn: false });
  return (await tell({ order: 'stop' })) as readonly Tally[];
};

const nobody: Tally = { visits: 0, failures: 0, failure: '' };

const sumOf = (one = nobody, other = nobody): Tally => ({
  visits: one.visits + other.visits,
  failures: one.failures + other.failures,
  failure: one.failure || other.failure,
});

/** The whole course. */
export const runSoak = (minutes: number, progress: Progress): Promise<Findings> =>
  withRouter(async (router) => {
    const crowd = startHelper(new URL('./crowd.ts', import.meta.url));
    const moments: Moment[] = [];
    const start = performance.now();
    const passed = (): number => (performance.now() - start) / 1000;
    const noteAs = (phase: string) => (sample: Sample) => {
      moments.push({ at: passed(), sample });
      progress.done(phase, describe(sample));
      progress.sample(phase, describe(sample));
    };
    try {
      await crowd.ask({ order: 'move in', place: router.place } satisfies CrowdQuestion);
      const begin = await router.sample(true);
      const early = await soak({ router, crowd }, warmUp, noteAs('warm-up'));
      const settled = await settle(router, begin);
      const from = passed();
      const tallies = await soak({ router, crowd }, minutes * 60_000, noteAs('soak'));
      const to = passed();
      const end = await settle(router, begin);
      moments.push({ at: passed(), sample: end });
      const named = kinds.map(({ title }, at) => ({ title, ...sumOf(early[at], tallies[at]) }));
      return { begin, settled, end, moments, from, to, tallies: named };
    } finally {
      crowd.stop();
    }
  });
