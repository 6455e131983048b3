/** What an interceptor emits that it was not given just then. */

import { bufferCount, filter, mergeMap } from 'rxjs';
import { describe, expect, test } from 'vitest';
import type { Publication } from '../../src/index.ts';
import { joinByReusedMemory } from '../support/octets-peer.ts';
import { joinV2 } from '../support/v2-client.ts';
import { code, createV2Router, everythingAndMeta } from '../support/v2-router.ts';

describe('an interceptor', () => {
  test('emits no publication of another realm, and none of the router itself', async () => {
    const realms = ['realm1', 'realm2'].map((name) => ({ name, anonymous: everythingAndMeta }));
    const router = createV2Router({}, { realms });
    const others: Publication[] = [];
    router.topic('com.topic', { realm: 'realm2' }).subscribe((publication) => others.push(publication));
    router.topic('wamp.session.on_join').subscribe((publication) => others.push(publication));
    const publisher = await joinV2(router, {}, 'json', 'realm2');
    await publisher.publish('com.topic', ['other']);
    const peer = await joinV2(router);
    await peer.subscribe('com.topic');
    await peer.subscribe('wamp.session.on_join');
    expect(others.map(({ topic }) => topic)).toEqual(['com.topic', 'wamp.session.on_join']);
    router.intercept(mergeMap((publication) => [...others, publication]));
    await peer.publish('com.topic', ['own'], { exclude_me: false });
    await peer.barrier();
    expect(peer.untaken(code.EVENT).map((event) => event[4])).toEqual([['own']]);
    expect(router.stats().counters.interceptor_refused).toBe(2);
  });

  test('keeps what it holds back, whatever a payload has: what no program can have does not reach it', async () => {
    const router = createV2Router({}, { limits: { closeTimeout: 1 } });
    const look = filter(({ kwargs }: Publication) => kwargs?.secret === undefined);
    router.intercept((source) =>
      source.pipe(
        look,
        bufferCount(3),
        mergeMap((held) => held),
      ),
    );
    const [sender, receiver] = [await joinByReusedMemory(router, 'cbor'), await joinByReusedMemory(router, 'cbor')];
    await receiver.ask('SUBSCRIBE', [{}, 'com.topic']);
    const payloads = [
      ['8101', 1],
      ['8102a26161010203', 2],
      ['8103', 1],
      ['8104a1616101', 2],
    ] as const;
    for (const [octets, count] of payloads)
      sender.send([16, sender.next(), {}, 'com.topic'], Buffer.from(octets, 'hex'), count);
    const ends = [];
    for (let count = 0; count < 3; count += 1) ends.push((await receiver.take('EVENT')).data.toString('hex').slice(-4));
    expect(ends).toEqual(['8101', '8103', '6101']);
    expect(router.stats().counters).toMatchObject({ interceptor_refused: 1, interceptor_failed: 0 });
  });
});
