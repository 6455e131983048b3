/**
 * Peers that use the router while another misuses it: one in the realm of the attacker, one in another. What must be true of
 * them after every attack is checked here, once.
 */

import { expect, vi } from 'vitest';
import type { Postmaster, PostmasterOptions, Stats } from '../../src/index.ts';
import type { V2Peer } from './v2-client.ts';
import { joinV2 } from './v2-client.ts';
import { code, createV2Router, everythingAndMeta } from './v2-router.ts';

const realms = ['realm1', 'realm2'] as const;
const uri = 'bystander.uri';
/** ms within which a bystander has an answer and an event, whatever goes on. */
const patience = 100;

/** A router of two realms, and a bystander in each. */
export interface Watched {
  readonly postmaster: Postmaster;
  /**
   * Expects that everybody but the bystanders has gone and left nothing: no session, subscription, registration, call or timer.
   * Both bystanders are then served within 100 ms, and the router reports no fault of its own.
   */
  readonly expectUnharmed: () => Promise<void>;
}

const countsOf = ({ topics, counters: _, ...others }: Stats) => others;

/** Has the peer call and publish to itself; ms until it has both answer and event. */
const serve = async (peer: V2Peer): Promise<number> => {
  const start = performance.now();
  const call = peer.call(uri, ['call']);
  const [, invocation] = await peer.take(code.INVOCATION);
  peer.send(code.YIELD, invocation, {}, ['answer']);
  expect((await call)[3]).toEqual(['answer']);
  peer.send(code.PUBLISH, peer.next(), { exclude_me: false }, uri, ['event']);
  expect((await peer.take(code.EVENT))[4]).toEqual(['event']);
  return performance.now() - start;
};

const expectServed = async (peer: V2Peer): Promise<void> => {
  const times = [await serve(peer), await serve(peer), await serve(peer)];
  // The quickest says what the router has done; the others say what else this machine does.
  expect(Math.min(...times)).toBeLessThan(patience);
};

/** Makes them. Anonymous peers may do everything in both realms. */
export const createWatchedRouter = async (options: Partial<PostmasterOptions> = {}): Promise<Watched> => {
  const anonymous = everythingAndMeta;
  const postmaster = createV2Router({}, { realms: realms.map((name) => ({ name, anonymous })), ...options });
  const peers = await Promise.all(realms.map((realm) => joinV2(postmaster, {}, 'json', realm)));
  for (const peer of peers) {
    await peer.register(uri);
    await peer.subscribe(uri);
  }
  const before = countsOf(postmaster.stats());
  return {
    postmaster,
    expectUnharmed: async () => {
      await vi.waitFor(() => expect(countsOf(postmaster.stats())).toEqual(before));
      for (const peer of peers) await expectServed(peer);
      expect(postmaster.stats().counters.internal_error).toBe(0);
    },
  };
};
