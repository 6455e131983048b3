/**
 * Races: actors that each act in their own order and are interleaved by fast-check's scheduler, and what must be left
 * afterwards.
 */

import type fc from 'fast-check';
import { expect } from 'vitest';
import type { RealmSettings } from '../../src/index.ts';
import { Postmaster } from '../../src/index.ts';
import { delivered } from './at-once.ts';
import type { V2Peer } from './v2-client.ts';
import { everythingAndMeta } from './v2-router.ts';

/** Something that an actor does, with its name. */
export type Action = readonly [label: string, act: () => unknown];

/** A router for one run of a property: nothing of it runs on when its peers have left. */
export const createRaceRouter = (realm: Partial<RealmSettings> = {}): Postmaster =>
  new Postmaster({ realms: [{ name: 'realm1', anonymous: everythingAndMeta, ...realm }] });

/** Has the actors act, each in its own order, in an order among them that the scheduler chooses. */
export const interleave = async (
  scheduler: fc.Scheduler,
  actors: Readonly<Record<string, readonly Action[]>>,
): Promise<void> => {
  for (const [actor, actions] of Object.entries(actors)) {
    scheduler.scheduleSequence(
      actions.map(([label, act]) => ({
        label: `${actor}: ${label}`,
        builder: async () => {
          act();
          await delivered();
        },
      })),
    );
  }
  await scheduler.waitIdle();
};

/** All these peers leave; the router is empty then. */
export const expectNothingLeft = (router: Postmaster, peers: readonly V2Peer[]): void => {
  for (const peer of peers) peer.wire.close();
  expect(router.stats()).toMatchObject({
    connections: 0,
    sessions: 0,
    subscriptions: 0,
    registrations: 0,
    pendingCalls: 0,
    timers: 0,
  });
};
