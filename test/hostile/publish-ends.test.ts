/** Events, testaments and meta events when peers disconnect at the worst moment. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { runs } from '../property/settings.ts';
import { eventsOf, heard, settle } from '../support/principals.ts';
import { joinStalled } from '../support/stalled.ts';
import type { List, V2Peer } from '../support/v2-client.ts';
import { joinV2 } from '../support/v2-client.ts';
import { code, createV2Router } from '../support/v2-router.ts';

const topic = 'com.topic';

describe('PUBLISHED is sent, and everybody else hears the event', () => {
  test('when the only subscriber dies of the event', async () => {
    const postmaster = createV2Router({}, { limits: { outboxSize: 20_000 } });
    const publisher = await joinV2(postmaster);
    const stalled = joinStalled(postmaster);
    await stalled.subscribe(topic);
    await settle(publisher);
    let dead = stalled.isClosed();
    expect(dead).toBe(false);
    for (let at = 0; !dead && at < 10; at += 1) {
      expect((await publisher.publish(topic, ['x'.repeat(9_000)]))[0]).toBe(code.PUBLISHED);
      dead = stalled.isClosed();
    }
    expect(dead).toBe(true);
    expect((await publisher.publish(topic, ['nobody']))[0]).toBe(code.PUBLISHED);
    expect(postmaster.stats()).toMatchObject({ sessions: 1, topics: 0, subscriptions: 0 });
  });

  test('when one of many dies of it, before and behind it in the row', async () => {
    const postmaster = createV2Router({}, { limits: { outboxSize: 20_000 } });
    const publisher = await joinV2(postmaster);
    const first = await joinV2(postmaster);
    const stalled = joinStalled(postmaster);
    const last = await joinV2(postmaster, {}, 'cbor');
    await first.subscribe(topic);
    await stalled.subscribe(topic);
    await last.subscribe(topic);
    for (const peer of [first, last]) await peer.subscribe('wamp.subscription.on_unsubscribe');
    const published = [];
    for (let at = 0; at < 5; at += 1) published.push((await publisher.publish(topic, [at, 'x'.repeat(9_000)]))[0]);
    await settle(publisher, first, last);
    expect(stalled.isClosed()).toBe(true);
    expect(published).toEqual(Array(5).fill(code.PUBLISHED));
    const numbers = heard(first).filter((event) => (event as number) < 5);
    expect(numbers).toEqual([0, 1, 2, 3, 4]);
    expect(heard(first)).toHaveLength(6);
    // What follows from the event comes behind it, also for those who heard it later in the row.
    expect(heard(last)).toEqual(heard(first));
  });

  test('when a handler in this process throws, leaves, unsubscribes or kills in the middle of it', async () => {
    const postmaster = createV2Router();
    const [publisher, victim, last] = [await joinV2(postmaster), await joinV2(postmaster), await joinV2(postmaster)];
    const [thrower, leaver, killer] = [postmaster.session(), postmaster.session(), postmaster.session()];
    await thrower.subscribe(topic, () => {
      throw new Error('on purpose');
    });
    await leaver.subscribe(topic, () => leaver.leave());
    // Of the second event the victim is gone already.
    await killer.subscribe(topic, () => void killer.call('wamp.session.kill', [victim.session]).catch(() => {}));
    const quitter = postmaster.session();
    const subscription = await quitter.subscribe(topic, () => void subscription.unsubscribe());
    for (const peer of [victim, last]) await peer.subscribe(topic);
    for (const at of [1, 2]) expect((await publisher.publish(topic, [at]))[0]).toBe(code.PUBLISHED);
    await victim.take(code.GOODBYE);
    await settle(last);
    expect(heard(last)).toEqual([1, 2]);
    // The kill waits for its turn: the event that caused it is still heard.
    expect(heard(victim)).toEqual([1]);
    expect(postmaster.stats().counters.subscriber_failed).toBe(2);
  });
});

describe('a testament is published once, whatever ends the session', () => {
  const endings: readonly (readonly [string, (mortal: V2Peer, killer: V2Peer) => unknown, readonly string[]])[] = [
    ['GOODBYE', (mortal) => mortal.send(code.GOODBYE, {}, 'wamp.close.close_realm'), ['detached', 'destroyed']],
    ['the loss of the link', (mortal) => mortal.close(), ['detached', 'destroyed']],
    ['ABORT', (mortal) => mortal.send(code.ABORT, {}, 'com.error'), ['detached', 'destroyed']],
    ['a protocol violation', (mortal) => mortal.send(code.WELCOME, 1, {}), ['detached', 'destroyed']],
    [
      'wamp.session.kill',
      ({ session }, killer) => killer.call('wamp.session.kill', [session]),
      ['detached', 'destroyed'],
    ],
    ['wamp.session.kill_all', (_, killer) => killer.call('wamp.session.kill_all'), []],
    [
      'GOODBYE, after flush_testaments',
      async (mortal) => {
        await mortal.call('wamp.session.flush_testaments');
        mortal.send(code.GOODBYE, {}, 'wamp.close.close_realm');
      },
      ['detached'],
    ],
  ];
  test.each(endings)('%s', async (_, end, expected) => {
    const postmaster = createV2Router();
    const published: unknown[] = [];
    postmaster.topic(topic).subscribe(({ args }) => published.push(args[0]));
    const [mortal, heir] = [await joinV2(postmaster), await joinV2(postmaster, {}, 'cbor')];
    await heir.subscribe(topic);
    for (const scope of ['destroyed', 'detached']) {
      await mortal.call('wamp.session.add_testament', [topic, [scope]], {}, { scope });
    }
    await end(mortal, heir);
    await settle(heir);
    await mortal.close();
    await settle(heir);
    expect(heard(heir)).toEqual(expected);
    expect(published).toEqual(expected);
  });

  test('the shutdown of the router: those whose turn comes later still hear it', async () => {
    const postmaster = createV2Router();
    const published: unknown[] = [];
    postmaster.topic(topic).subscribe(({ args }) => published.push(args[0]));
    const [mortal, heir] = [await joinV2(postmaster), await joinV2(postmaster, {}, 'cbor')];
    await heir.subscribe(topic);
    await mortal.call('wamp.session.add_testament', [topic, ['last words']]);
    const closed = postmaster.close({ drain: 1_000 });
    for (const peer of [mortal, heir]) {
      expect((await peer.take(code.GOODBYE))[2]).toBe('wamp.close.system_shutdown');
      peer.send(code.GOODBYE, {}, 'wamp.close.goodbye_and_out');
    }
    await closed;
    expect(published).toEqual(['last words']);
    expect(heard(heir)).toEqual(['last words']);
  });
});

describe('the meta events of subscriptions', () => {
  type Action = 'subscribe' | 'unsubscribe' | 'leave' | 'kill' | 'revoke';
  const actions: readonly Action[] = ['subscribe', 'subscribe', 'subscribe', 'unsubscribe', 'leave', 'kill', 'revoke'];
  const targets = [
    ['com.a', 'exact'],
    ['com.', 'prefix'],
    ['com.a', 'wildcard'],
  ] as const;

  /** Reads the events of all subscriptions as a grammar: create subscribe (subscribe | unsubscribe)* unsubscribe delete. */
  const check = (events: readonly (readonly [kind: string, session: number, subscription: number])[]): void => {
    const subscribers = new Map<number, Set<number>>();
    events.forEach(([kind, session, id], at) => {
      const [before, , same] = events[at - 1] ?? [];
      const known = subscribers.get(id);
      if (kind === 'on_create') {
        expect(known).toBeUndefined();
        subscribers.set(id, new Set());
        expect(events[at + 1]).toEqual(['on_subscribe', session, id]);
      } else if (kind === 'on_subscribe') {
        expect(known?.has(session)).toBe(false);
        known?.add(session);
      } else if (kind === 'on_unsubscribe') {
        expect(known?.delete(session)).toBe(true);
        const isLast = known?.size === 0;
        expect(events[at + 1]?.[0] === 'on_delete' && events[at + 1]?.[2] === id).toBe(isLast);
      } else {
        expect([before, same, known?.size]).toEqual(['on_unsubscribe', id, 0]);
        subscribers.delete(id);
      }
    });
    expect([...subscribers.keys()]).toEqual([]);
  };

  test('are paired and in order for each subscription, whatever peers do at the same time', async () => {
    const command = fc.tuple(fc.constantFrom(...actions), fc.nat(2), fc.nat(2));
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 30 }), fc.boolean(), async (commands, isObserved) => {
        const postmaster = createV2Router();
        if (isObserved) postmaster.topic('com.a').subscribe();
        const watcher = await joinV2(postmaster);
        await watcher.subscribe('wamp.subscription.', { match: 'prefix' });
        await settle(watcher);
        const own = eventsOf(watcher).length;
        const peers = await Promise.all([0, 1, 2].map(() => joinV2(postmaster)));
        const held = new Map<V2Peer, number[]>(peers.map((peer) => [peer, []]));
        for (const [action, who, what] of commands) {
          const peer = peers[who] as V2Peer;
          const [uri, match] = targets[what] as (typeof targets)[number];
          if (action === 'subscribe') held.get(peer)?.push(await answered(peer, code.SUBSCRIBE, { match }, uri));
          const id = held.get(peer)?.at(-1) ?? 4711;
          if (action === 'unsubscribe') await answered(peer, code.UNSUBSCRIBE, id);
          if (action === 'revoke') await watcher.call('wamp.subscription.remove_subscriber', [id, peer.session]);
          if (action === 'kill') await watcher.call('wamp.session.kill', [peer.session]);
          if (action === 'leave' || action === 'kill') peer.wire.close();
          if (action === 'leave' || action === 'kill') {
            peers[who] = await joinV2(postmaster);
            held.set(peers[who] as V2Peer, []);
          }
        }
        for (const peer of peers) peer.wire.close();
        await new Promise(setImmediate);
        await settle(watcher);
        check(
          eventsOf(watcher)
            .slice(own)
            .map(([, , , details, args]) => {
              const kind = (details as { topic: string }).topic.slice('wamp.subscription.'.length);
              const [session, subscription] = args as [number, number | { id: number }];
              return [kind, session, typeof subscription === 'number' ? subscription : subscription.id];
            }),
        );
        await postmaster.close({ drain: 0 });
      }),
      runs(100, 2_000),
    );
  });

  const answered = async (peer: V2Peer, type: number, ...rest: List): Promise<number> =>
    (await peer.ask(type, ...rest))[2] as number;
});
