/**
 * As many idle connections as one process may hold. A process of clients may not hold more files than the router may, so
 * there are two of them, see `idle-clients.ts`.
 */

import { readFileSync } from 'node:fs';
import { createCrew } from './crew.ts';
import { type Growth, withRoom } from './growth-sample.ts';
import { type Helper, startHelper } from './helper.ts';
import type { IdleQuestion } from './idle-clients.ts';
import { measure } from './measure.ts';
import { withRouter } from './router.ts';
import { residentBytes, settleIn } from './session.ts';
import { jsonWire } from './wire.ts';

const wanted = 20_000;
/** Where a process may not open more files than that: the router has some that are no connections. */
const least = 19_900;
const spared = 100;
const kibibyte = 1024;

/** Node raises its soft limit to the hard one by itself. */
const openFiles = (): number => {
  try {
    const [, hard] = /^Max open files\s+\S+\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return hard === undefined ? Number.POSITIVE_INFINITY : Number(hard);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
};

const count = Math.max(least, Math.min(wanted, openFiles() - spared));

/** Half of the clients in each process. */
const askAll = (helpers: readonly Helper[], url: URL, order: IdleQuestion['order']): Promise<readonly unknown[]> =>
  Promise.all(
    helpers.map((helper, at) => {
      const share = at === 0 ? Math.ceil(count / 2) : Math.floor(count / 2);
      return helper.ask({ order, url: url.href, count: share, first: at * count } satisfies IdleQuestion);
    }),
  );

/** Beside a few that were there before, so that the code is. All are asked at the end whether they are still there. */
export const idleConnections: Growth = {
  rows: [
    {
      id: 'idle',
      title: `${count.toLocaleString('en')} idle connections in one process, one topic each`,
      unit: 'KiB resident',
      limit: 15,
    },
  ],
  sample: (target, { pin }) =>
    withRouter(withRoom(target), pin, async (router) => {
      if (openFiles() < least + spared) {
        throw new Error(`it takes ${least + spared} open files, and "ulimit -n" allows ${openFiles()}`);
      }
      const early = createCrew(router.url, jsonWire);
      const idle = new URL('./idle-clients.ts', import.meta.url);
      const helpers = [startHelper(idle), startHelper(idle)];
      try {
        await settleIn(early, wanted / 200);
        early.close();
        const before = await residentBytes(router);
        let after = before;
        const sample = await measure(router, async () => {
          await askAll(helpers, router.url, 'come');
          after = await residentBytes(router);
          return count;
        });
        await askAll(helpers, router.url, 'answer');
        return [{ ...sample, value: (after - before) / count / kibibyte }];
      } finally {
        early.close();
        for (const helper of helpers) helper.stop();
      }
    }),
};
