/**
 * Races of publish and subscribe: what must be true however the messages of several peers, and slow permission checks, are
 * interleaved.
 */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { serializerNames } from '../../src/codec/serializers.ts';
import type { PeerInfo, Publication } from '../../src/index.ts';
import { runs } from '../property/settings.ts';
import { errorOf } from '../support/calls.ts';
import { eventsOf, heard, settle } from '../support/principals.ts';
import { connectV1InMemory } from '../support/v1-client.ts';
import type { List, V2Peer } from '../support/v2-client.ts';
import { connectV2, joinV2 } from '../support/v2-client.ts';
import { code, createV2Router } from '../support/v2-router.ts';

/** An authorizer that allows everything, is asked every time, and takes its time. */
const slowly = async (): Promise<unknown> => {
  await new Promise(setImmediate);
  return { allow: true, cache: false };
};

describe('SUBSCRIBED precedes every EVENT of the subscription', () => {
  const topics = [
    // Of those under `wamp.` nothing is told.
    ['', 'prefix'],
    ['wam', 'prefix'],
    ['.subscription.on_create', 'wildcard'],
    ['.subscription.on_subscribe', 'wildcard'],
  ] as const;
  for (const [name, authorizer] of [
    ['at once', undefined],
    ['after an authorizer has taken its time', slowly],
  ] as const) {
    test.each(topics)(`about this very subscription, to %s (%s), ${name}`, async (uri, match) => {
      const peer = await joinV2(createV2Router(authorizer ? { authorizer } : {}));
      const before = peer.received.length;
      const id = await peer.subscribe(uri, { match });
      await settle(peer);
      const [first, ...rest] = peer.received.slice(before);
      expect(first?.[0]).toBe(code.SUBSCRIBED);
      const events = rest.filter(([type]) => type === code.EVENT);
      expect(events.length).toBeGreaterThan(0);
      expect(new Set(events.map(([, subscription]) => subscription))).toEqual(new Set([id]));
    });
  }

  test('of somebody who publishes without a pause', async () => {
    const postmaster = createV2Router({ authorizer: slowly });
    const [publisher, subscriber] = [await joinV2(postmaster), await joinV2(postmaster)];
    const publish = (from: number): void => {
      for (let at = from; at < from + 20; at += 1)
        publisher.send(code.PUBLISH, publisher.next(), {}, 'com.topic', [at]);
    };
    publish(0);
    const subscribed = subscriber.ask(code.SUBSCRIBE, { get_retained: true }, 'com.topic');
    publish(20);
    await subscribed;
    await settle(publisher, subscriber);
    const kinds = subscriber.received.map(([type]) => type).filter((type) => [33, 36].includes(type as number));
    expect(kinds.indexOf(code.SUBSCRIBED)).toBe(0);
    expect(heard(subscriber).at(-1)).toBe(39);
  });
});

describe('events of one publisher reach one subscriber in the order of publication', () => {
  const topics = ['com.a', 'com.a.b', 'com.c', 'org.a.b'] as const;
  const patterns = [
    ['com.a', 'exact'],
    ['com.c', 'exact'],
    ['com.', 'prefix'],
    ['com.a', 'prefix'],
    ['.a.b', 'wildcard'],
    ['com.', 'wildcard'],
  ] as const;

  const inOrder = (events: readonly (readonly [publisher: number, at: number])[]): void => {
    for (const publisher of [0, 1]) {
      const own = events.filter(([by]) => by === publisher).map(([, at]) => at);
      expect(own).toEqual(own.toSorted((a, b) => a - b));
    }
  };

  test('over all topics, patterns and serializers, while rules and vetoes take their time', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.tuple(fc.constantFrom(0, 1), fc.constantFrom(...topics)), { minLength: 5, maxLength: 20 }),
        async (scheduler, publications) => {
          const decide = (): Promise<boolean> => scheduler.schedule(Promise.resolve(true));
          const isPublishing = ({ action }: { action: string }): unknown =>
            action === 'publish' ? decide().then((allow) => ({ allow, cache: false })) : true;
          const postmaster = createV2Router(
            { authorizer: isPublishing },
            {
              messageToPublish: (_: PeerInfo, { args }: Publication) =>
                Number((args[0] as List)[1]) % 3 ? true : decide(),
            },
          );
          const publishers = [await joinV2(postmaster), await joinV2(postmaster, {}, 'cbor')];
          const subscribers = await Promise.all(serializerNames.map((name) => joinV2(postmaster, {}, name)));
          for (const peer of subscribers) for (const [uri, match] of patterns) await peer.subscribe(uri, { match });
          publications.forEach(([by, topic], at) => {
            const peer = publishers[by] as V2Peer;
            peer.send(code.PUBLISH, peer.next(), {}, topic, [[by, at]]);
          });
          const barriers = publishers.map((peer) => peer.barrier());
          await scheduler.waitFor(Promise.all(barriers));
          await settle(...subscribers);
          const matching = (topic: string): number =>
            patterns.filter(([uri, match]) => covers(uri, match, topic)).length;
          const expected = publications.reduce((sum, [, topic]) => sum + matching(topic), 0);
          for (const peer of subscribers) {
            expect(eventsOf(peer)).toHaveLength(expected);
            inOrder(heard(peer) as [number, number][]);
          }
          await postmaster.close({ drain: 0 });
        },
      ),
      runs(40, 500),
    );
  });

  const covers = (uri: string, match: string, topic: string): boolean => {
    if (match === 'exact') return uri === topic;
    if (match === 'prefix') return topic.startsWith(uri);
    return new RegExp(
      `^${uri
        .split('.')
        .map((part) => part || '[^.]+')
        .join('\\.')}$`,
    ).test(topic);
  };

  test('over real connections, in WAMP v1 as in v2', async () => {
    const postmaster = createV2Router({}, { v1: { open: true } });
    const { url } = await postmaster.listen({ port: 0 });
    const peers = await Promise.all(serializerNames.map((name) => connectV2(url, name)));
    for (const peer of peers) await peer.hello();
    const [publisher, ...subscribers] = peers as [V2Peer, ...V2Peer[]];
    for (const peer of subscribers) for (const [uri, match] of patterns) await peer.subscribe(uri, { match });
    const old = await connectV1InMemory(postmaster);
    for (const topic of topics) old.subscribe(topic);
    await old.barrier();
    for (let at = 0; at < 500; at += 1) {
      publisher.send(code.PUBLISH, publisher.next(), {}, topics[at % 4], [at]);
    }
    await settle(publisher, ...subscribers);
    await old.barrier();
    const all = Array.from({ length: 500 }, (_, at) => at);
    expect(old.events.map(([, event]) => event)).toEqual(all);
    for (const peer of subscribers) {
      const order = heard(peer) as number[];
      expect(order).toEqual(order.toSorted((a, b) => a - b));
      expect([...new Set(order)]).toEqual(all);
    }
  });

  test('also when a subscriber in this process publishes from within', async () => {
    const postmaster = createV2Router();
    const [publisher, subscriber] = [await joinV2(postmaster), await joinV2(postmaster)];
    const local = postmaster.session();
    await local.subscribe('com.cause', ({ args }) => void local.publish('com.effect', args));
    await subscriber.subscribe('com.', { match: 'prefix' });
    for (const at of [1, 2, 3]) publisher.send(code.PUBLISH, publisher.next(), {}, 'com.cause', [at]);
    await settle(publisher, subscriber);
    const order = eventsOf(subscriber).map(([, , , details, args]) => [
      (details as { topic: string }).topic,
      (args as List)[0],
    ]);
    expect(order).toEqual(
      [1, 2, 3].flatMap((at) => [
        ['com.cause', at],
        ['com.effect', at],
      ]),
    );
  });
});

describe('no EVENT comes after UNSUBSCRIBED', () => {
  test.each(serializerNames)(
    'while somebody publishes without a pause, over a real connection in %s',
    async (serializer) => {
      const postmaster = createV2Router();
      const { url } = await postmaster.listen({ port: 0 });
      const [publisher, subscriber] = [await connectV2(url), await connectV2(url, serializer)];
      for (const peer of [publisher, subscriber]) await peer.hello();
      for (let round = 0; round < 20; round += 1) {
        const id = await subscriber.subscribe('com.topic');
        for (let at = 0; at < 20; at += 1) publisher.send(code.PUBLISH, publisher.next(), {}, 'com.topic', [at]);
        await subscriber.take(code.EVENT);
        const unsubscribed = subscriber.ask(code.UNSUBSCRIBE, id);
        for (let at = 0; at < 20; at += 1) publisher.send(code.PUBLISH, publisher.next(), {}, 'com.topic', [at]);
        await unsubscribed;
        await settle(publisher, subscriber);
        const end = subscriber.received.findLastIndex(([type]) => type === code.UNSUBSCRIBED);
        expect(subscriber.received.slice(end).filter(([type]) => type === code.EVENT)).toEqual([]);
        while (subscriber.untaken(code.EVENT).length > 0) await subscriber.take(code.EVENT);
      }
    },
  );

  test('nor after a revocation', async () => {
    const postmaster = createV2Router({ authorizer: slowly });
    const [publisher, subscriber] = [await joinV2(postmaster), await joinV2(postmaster)];
    const id = await subscriber.subscribe('com.topic');
    for (let at = 0; at < 10; at += 1) publisher.send(code.PUBLISH, publisher.next(), {}, 'com.topic', [at]);
    const revoked = publisher.call('wamp.subscription.remove_subscriber', [id, subscriber.session]);
    for (let at = 0; at < 10; at += 1) publisher.send(code.PUBLISH, publisher.next(), {}, 'com.topic', [at]);
    expect(errorOf(await revoked)).toBeUndefined();
    await settle(publisher, subscriber);
    const end = subscriber.received.findIndex(([type]) => type === code.UNSUBSCRIBED);
    expect(heard(subscriber)).toHaveLength(10);
    expect(subscriber.received.slice(end).filter(([type]) => type === code.EVENT)).toEqual([]);
  });
});

describe('a retained event and live ones at the time of SUBSCRIBE', () => {
  test('are all heard from the first on, none lost and none twice, the retained one marked', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.integer({ min: 0, max: 8 }),
        fc.integer({ min: 1, max: 8 }),
        async (scheduler, before, after) => {
          const postmaster = createV2Router(
            { authorizer: () => scheduler.schedule(Promise.resolve({ allow: true, cache: false })) },
            { messageToPublish: () => scheduler.schedule(Promise.resolve(true)) },
          );
          const publisher = await joinV2(postmaster);
          const subscriber = await joinV2(postmaster, {}, 'msgpack');
          const publish = (at: number): void =>
            publisher.send(code.PUBLISH, publisher.next(), { retain: true }, 'com.topic', [at]);
          for (let at = 1; at <= before; at += 1) publish(at);
          const subscribed = subscriber.ask(code.SUBSCRIBE, { get_retained: true }, 'com.topic');
          for (let at = before + 1; at <= before + after; at += 1) publish(at);
          await scheduler.waitFor(Promise.all([subscribed, publisher.barrier()]));
          await scheduler.waitFor(settle(subscriber));
          const order = heard(subscriber) as number[];
          const [first = before + after] = order;
          expect(order).toEqual(Array.from({ length: before + after - first + 1 }, (_, at) => first + at));
          const marks = eventsOf(subscriber).map(([, , , details]) => (details as { retained?: boolean }).retained);
          // What comes first is either retained, or the first that there ever was.
          expect(marks).toEqual(
            order.map((_, at) => (at === 0 && (first > 1 || marks[0] === true) ? true : undefined)),
          );
          await postmaster.close({ drain: 0 });
        },
      ),
      runs(60, 1_000),
    );
  });
});
