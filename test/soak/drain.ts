/**
 * How sessions leave a router that drains: whether they are told evenly over the first half of the drain, and whether the
 * router goes on serving meanwhile.
 */

import { startHelper } from '../bench/helper.ts';
import type { Departure, DrainQuestion } from './drain-clients.ts';
import { withRouter } from './run.ts';
import type { Sample } from './sample.ts';

/** ms of the window. */
export const drain = 10_000;

/** What was seen. */
export interface DrainFindings {
  readonly departures: readonly Departure[];
  /** ms until the router was gone. */
  readonly took: number;
  /** Of the router, when all had left. */
  readonly end: Sample;
}

/** Two processes of clients: one may not open more files than the router may. */
export const runDrain = (sessions: number): Promise<DrainFindings> =>
  withRouter(async (router) => {
    const clients = new URL('./drain-clients.ts', import.meta.url);
    const helpers = [startHelper(clients), startHelper(clients)];
    const askAll = (questionOf: (at: number) => DrainQuestion): Promise<unknown[]> =>
      Promise.all(helpers.map((helper, at) => helper.ask(questionOf(at))));
    try {
      const { url } = router.place;
      await askAll((at) => ({ order: 'come', url, count: Math.floor((sessions + at) / 2) }));
      // What comes before is not of the drain.
      await router.sample(true);
      const begin = performance.now();
      await router.ask({ order: 'close', drain });
      const took = performance.now() - begin;
      const departures = (await askAll(() => ({ order: 'tell' }))) as Departure[][];
      return { departures: departures.flat(), took, end: await router.sample() };
    } finally {
      for (const helper of helpers) helper.stop();
    }
  });
