/** What a session costs: to come and go, and just to be there. */

import { setTimeout as delay } from 'node:timers/promises';
import { type Client, openClient } from './client.ts';
import { type Crew, createCrew, inParallel } from './crew.ts';
import { measure } from './measure.ts';
import type { Router } from './router.ts';
import type { Wire } from './wire.ts';
import { type Load, patience } from './workload.ts';

const lanes = 8;
/** Of the usual time to warm up: a connection runs through much code, a few thousand times a second. */
const longerWarmUp = 6;
const kibibyte = 1024;

/** Connects and closes for a time, a few at once; resolves with the number of connections. */
const comeAndGo = async (url: URL, wire: Wire, milliseconds: number): Promise<number> => {
  const end = performance.now() + milliseconds;
  let count = 0;
  let failure: Error | undefined;
  const failed = (error: Error): void => {
    failure = error;
  };
  const lane = async (): Promise<void> => {
    while (performance.now() < end && !failure) {
      const client = await openClient(url, wire, { failed });
      await client.close();
      if (client.received > 0) throw new Error('a new session received more than WELCOME');
      count++;
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  if (failure) throw failure;
  return count;
};

/** TCP, upgrade, HELLO, WELCOME, GOODBYE and the closing handshake; in v1 there is neither HELLO nor GOODBYE. */
export const connections: Load = {
  rows: [{ id: 'connect', title: 'connect, join, leave, close', unit: 'µs CPU per connection', bound: 1.5 }],
  run: async (router, pace, wire) => {
    const crew = createCrew(router.url, wire);
    const warmUp = pace.warmUp * longerWarmUp;
    await crew.watch(comeAndGo(router.url, wire, warmUp), warmUp + patience);
    const work = (): Promise<number> =>
      crew.watch(comeAndGo(router.url, wire, pace.interval), pace.interval + patience);
    return [await measure(router, work)];
  },
};

/** Resident memory after two collections, so that what finalizers and timers hold is gone as well. */
export const residentBytes = async (router: Router): Promise<number> => {
  await router.usage({ collect: true });
  await delay(200);
  return (await router.usage({ collect: true })).rss;
};

/** Sessions that subscribe to a topic each and then say nothing. */
export const settleIn = async (crew: Crew, count: number): Promise<readonly Client[]> => {
  const clients = await crew.watch(crew.open(count), patience);
  const subscribed = inParallel(count, 32, async (index) => {
    const client = clients[index];
    await client?.subscribe(`com.example.session.${index}`);
  });
  await crew.watch(subscribed, patience);
  return clients;
};

/** Memory of sessions that do nothing, beside a tenth as many that are there before: code and buffers are there already. */
export const idleSessions: Load = {
  rows: [{ id: 'memory', title: 'idle session, one topic each', unit: 'KiB resident', limit: 15 }],
  run: async (router, pace, wire) => {
    const [early, crew] = [createCrew(router.url, wire), createCrew(router.url, wire)];
    try {
      await settleIn(early, pace.sessions / 10);
      const before = await residentBytes(router);
      let after = before;
      let clients: readonly Client[] = [];
      const sample = await measure(router, async () => {
        clients = await settleIn(crew, pace.sessions);
        after = await residentBytes(router);
        return pace.sessions;
      });
      await crew.watch(crew.settle(clients, 0), patience);
      return [{ ...sample, value: (after - before) / pace.sessions / kibibyte }];
    } finally {
      early.close();
      crew.close();
    }
  },
};
