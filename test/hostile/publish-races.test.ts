/** Races of publish and subscribe (section B of the fault catalogue). B05 to B08 are in test/realm. */

import { describe, expect, test } from 'vitest';
import { joinV2 } from '../support/v2-client.ts';
import { code, createV2Router } from '../support/v2-router.ts';

describe('B01: SUBSCRIBED', () => {
  test('comes before any EVENT, however close the publication', async () => {
    const router = createV2Router();
    const [peer, publisher] = [await joinV2(router), await joinV2(router)];
    for (let at = 0; at < 50; at += 1) {
      peer.send(code.SUBSCRIBE, peer.next(), {}, `com.topic${at}`);
      publisher.send(code.PUBLISH, publisher.next(), {}, `com.topic${at}`, [at]);
    }
    await peer.barrier();
    const seen = new Set<unknown>();
    for (const [type, first, second] of peer.received) {
      if (type === code.SUBSCRIBED) seen.add(second);
      if (type === code.EVENT) expect(seen.has(first)).toBe(true);
    }
    expect(peer.untaken(code.EVENT)).toHaveLength(50);
  });
});

describe('B02: events of one publisher', () => {
  test('reach each subscriber in their order over all topics, patterns and serializers', async () => {
    const router = createV2Router();
    const publisher = await joinV2(router, {}, 'cbor');
    const peers = [await joinV2(router), await joinV2(router, {}, 'msgpack'), await joinV2(router, {}, 'cbor')];
    for (const peer of peers) {
      await peer.subscribe('com.a');
      await peer.subscribe('com.', { match: 'prefix' });
      await peer.subscribe('.b', { match: 'wildcard' });
    }
    for (let at = 0; at < 300; at += 1) {
      publisher.send(code.PUBLISH, publisher.next(), {}, at % 3 ? 'com.a' : 'com.b', [at]);
    }
    await publisher.barrier();
    for (const peer of peers) {
      await peer.barrier();
      const order = peer.untaken(code.EVENT).map((event) => (event[4] as number[])[0]!);
      expect(order).toHaveLength(600);
      expect(order).toEqual([...order].sort((a, b) => a - b));
    }
  });
});

describe('B03: UNSUBSCRIBE while events are on their way', () => {
  test('may be followed by events until UNSUBSCRIBED, and by none after it', async () => {
    const router = createV2Router();
    const [peer, publisher] = [await joinV2(router), await joinV2(router)];
    const id = await peer.subscribe('com.topic');
    for (let at = 0; at < 20; at += 1) {
      publisher.send(code.PUBLISH, publisher.next(), {}, 'com.topic', [at]);
      if (at === 10) peer.send(code.UNSUBSCRIBE, peer.next(), id);
    }
    await publisher.barrier();
    await peer.barrier();
    const types = peer.received.map(([type]) => type);
    expect(types.lastIndexOf(code.EVENT)).toBeLessThan(types.indexOf(code.UNSUBSCRIBED));
    expect(peer.untaken(code.EVENT)).toHaveLength(11);
  });
});

describe('B04: PUBLISHED', () => {
  test('is sent though the only subscriber dies while it is told, and the others hear the event', async () => {
    const router = createV2Router({}, { limits: { outboxSize: 2_000 } });
    const publisher = await joinV2(router);
    const dying = await joinV2(router);
    await dying.subscribe('com.topic');
    dying.wire.close();
    expect((await publisher.publish('com.topic', ['x']))[0]).toBe(code.PUBLISHED);
    const broken = router.session();
    await broken.subscribe('com.topic', () => {
      throw new Error('broken');
    });
    const healthy = await joinV2(router);
    await healthy.subscribe('com.topic');
    expect((await publisher.publish('com.topic', ['y']))[0]).toBe(code.PUBLISHED);
    expect((await healthy.take(code.EVENT))[4]).toEqual(['y']);
    expect(router.stats().counters.subscriber_failed).toBe(1);
  });
});
