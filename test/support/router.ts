/** Routers for tests: one that is open to all peers, one with a user, and the check that nothing is left over. */

import { expect, onTestFinished, vi } from 'vitest';
import type { PostmasterOptions } from '../../src/index.ts';
import { Postmaster } from '../../src/index.ts';

/** Permission to do everything. */
export const everything = [
  { uri: '', match: 'prefix', call: true, register: true, publish: true, subscribe: true },
] as const;

/** The user of `startRouter`: secret `secret`, everything allowed. */
export const alice = { authKey: 'alice', secret: 'secret' } as const;

/** A router that listens on a free port and is closed when the test is over. Alice may log in. */
export const startRouter = async (
  options: Partial<PostmasterOptions> = {},
): Promise<{ readonly postmaster: Postmaster; readonly url: string; readonly port: number }> => {
  const postmaster = new Postmaster({
    realms: ['realm1'],
    getAuthSecret: (authKey) => (authKey === alice.authKey ? alice.secret : undefined),
    getAuthPermissions: () => everything,
    logger: false,
    ...options,
  });
  const { url, port } = await postmaster.listen({ port: 0 });
  onTestFinished(() => postmaster.close({ drain: 500 }));
  return { postmaster, url, port };
};

/** A router whose v1 peers are authenticated from the start and may do everything. */
export const startOpenRouter = (options: Partial<PostmasterOptions> = {}): ReturnType<typeof startRouter> =>
  startRouter({
    ...options,
    realms: [{ name: 'realm1', anonymous: everything }],
    v1: { ...options.v1, open: true },
  });

/** Waits until nobody is connected, then expects that nothing of anybody is left. */
export const expectNothingLeft = async (postmaster: Postmaster): Promise<void> => {
  await vi.waitFor(() => expect(postmaster.stats().connections).toBe(0));
  const { sessions, topics, subscriptions, pendingCalls, heldOctets, timers } = postmaster.stats();
  expect({ sessions, topics, subscriptions, pendingCalls, heldOctets, timers }).toEqual({
    sessions: 0,
    topics: 0,
    subscriptions: 0,
    pendingCalls: 0,
    heldOctets: 0,
    timers: 0,
  });
};
