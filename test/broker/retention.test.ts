import { describe, expect, test } from 'vitest';
import { eventsOf, heard, joinAs, settle, withPrincipals } from '../support/principals.ts';
import type { V2Peer } from '../support/v2-client.ts';
import { joinV2 } from '../support/v2-client.ts';
import { code, createV2Router } from '../support/v2-router.ts';

// Advanced Profile, "Event Retention"

const topic = 'com.sensor';
const retain = { retain: true };

const setUp = async (limits: { maxRetainedTopics?: number; maxRetainedSize?: number } = {}) => {
  const postmaster = createV2Router({}, { limits });
  return { postmaster, publisher: await joinV2(postmaster), subscriber: await joinV2(postmaster, {}, 'cbor') };
};
const subscribe = async (peer: V2Peer, uri = topic, options = {}): Promise<number> => {
  const id = await peer.subscribe(uri, { get_retained: true, ...options });
  await settle(peer);
  return id;
};

describe('a retained event', () => {
  test('is the most recent one that was published with retain, and is marked', async () => {
    const { publisher, subscriber } = await setUp();
    await publisher.publish(topic, [1], retain);
    const [, , publication] = await publisher.publish(topic, [2], retain, { unit: 'K' });
    await publisher.publish(topic, [3]);
    await publisher.publish(topic, [4], { retain: false });
    const subscription = await subscribe(subscriber);
    expect(eventsOf(subscriber)).toEqual([
      [code.EVENT, subscription, publication, { retained: true }, [2], { unit: 'K' }],
    ]);
    await publisher.publish(topic, [5], retain);
    await settle(subscriber);
    // Live, it is an event like any other.
    expect(eventsOf(subscriber)[1]?.[3]).toEqual({});
  });

  test.each([undefined, false])('is not sent to a subscriber whose get_retained is %s', async (get_retained) => {
    const { publisher, subscriber } = await setUp();
    await publisher.publish(topic, [1], retain);
    await subscriber.subscribe(topic, get_retained === undefined ? {} : { get_retained });
    await settle(subscriber);
    expect(eventsOf(subscriber)).toEqual([]);
  });

  test('comes after SUBSCRIBED, and again when the subscriber subscribes again', async () => {
    const { publisher, subscriber } = await setUp();
    await publisher.publish(topic, [1], retain);
    await subscriber.subscribe(topic);
    await subscribe(subscriber);
    const order = subscriber.received.map(([type]) => type).filter((type) => type === 33 || type === 36);
    expect(order).toEqual([code.SUBSCRIBED, code.SUBSCRIBED, code.EVENT]);
  });

  test('of each topic under a pattern comes with its topic, those published first come first', async () => {
    const { publisher, subscriber } = await setUp();
    for (const uri of ['com.b.x', 'com.a.x', 'com.a.y', 'org.a.x', 'com.b.x'])
      await publisher.publish(uri, [uri], retain);
    await subscribe(subscriber, 'com.', { match: 'prefix' });
    expect(eventsOf(subscriber).map(([, , , details]) => details)).toEqual([
      { topic: 'com.a.x', retained: true },
      { topic: 'com.a.y', retained: true },
      { topic: 'com.b.x', retained: true },
    ]);
    await subscribe(subscriber, '.a.x', { match: 'wildcard' });
    expect(heard(subscriber).slice(3)).toEqual(['com.a.x', 'org.a.x']);
  });

  test('tells who published it and how its payload is packed, as the live one did', async () => {
    const { publisher, subscriber } = await setUp();
    await publisher.publish(topic, ['opaque'], { retain: true, disclose_me: true, ppt_scheme: 'mqtt' });
    await subscribe(subscriber);
    expect(eventsOf(subscriber)[0]?.[3]).toMatchObject({
      ppt_scheme: 'mqtt',
      publisher: publisher.session,
      retained: true,
    });
  });

  test('outlives its publisher and all subscribers', async () => {
    const { publisher, subscriber } = await setUp();
    await subscriber.subscribe(topic);
    await publisher.publish(topic, [1], retain);
    await publisher.close();
    const id = await subscriber.subscribe(topic);
    await subscriber.ask(code.UNSUBSCRIBE, id);
    await subscribe(subscriber);
    expect(heard(subscriber).at(-1)).toBe(1);
  });

  test('is none of the publisher that would not have heard it, unless exclude_me is false', async () => {
    const { publisher } = await setUp();
    await publisher.publish(topic, [1], retain);
    await subscribe(publisher);
    expect(heard(publisher)).toEqual([]);
    await publisher.publish('com.own', [2], { retain: true, exclude_me: false });
    await subscribe(publisher, 'com.own');
    expect(heard(publisher)).toEqual([2]);
  });

  test('is not kept of a publication that was refused', async () => {
    const postmaster = createV2Router({}, { messageToPublish: () => false });
    const [publisher, subscriber] = [await joinV2(postmaster), await joinV2(postmaster)];
    await publisher.publish(topic, [1], retain);
    await subscribe(subscriber);
    expect(eventsOf(subscriber)).toEqual([]);
  });

  test('goes, the oldest topic first, when there are more topics than may be kept', async () => {
    const { publisher, subscriber } = await setUp({ maxRetainedTopics: 2 });
    for (const uri of ['com.a', 'com.b', 'com.a', 'com.c']) await publisher.publish(uri, [uri], retain);
    await subscribe(subscriber, 'com.', { match: 'prefix' });
    expect(heard(subscriber)).toEqual(['com.a', 'com.c']);
  });

  test('goes, the oldest topic first, when they are larger than they may be together', async () => {
    const { publisher, subscriber } = await setUp({ maxRetainedSize: 3_000 });
    const large = 'x'.repeat(1_000);
    for (const uri of ['com.a', 'com.b', 'com.c', 'com.d']) await publisher.publish(uri, [uri, large], retain);
    await subscribe(subscriber, 'com.', { match: 'prefix' });
    expect(heard(subscriber).at(-1)).toBe('com.d');
    expect(heard(subscriber)).not.toContain('com.a');
  });

  test.each([
    ['a long audience', [], { exclude_authid: ['x'.repeat(20_000)] }],
    ['characters of three octets', ['\u20ac'.repeat(4_000)], {}],
  ])('is not kept where %s makes it larger than all may be', async (_, args, options) => {
    const { publisher, subscriber } = await setUp({ maxRetainedSize: 10_000 });
    await publisher.publish('com.a', args, { ...retain, ...options });
    await publisher.publish('com.b', ['small'], retain);
    await subscribe(subscriber, 'com.', { match: 'prefix' });
    expect(heard(subscriber)).toEqual(['small']);
  });

  test('is counted with the octets that its payload came in, not with what it would take decoded', async () => {
    const { publisher, subscriber } = await setUp({ maxRetainedSize: 4_000 });
    const empty = Array(500).fill({});
    await publisher.publish('com.a', empty, retain);
    await subscribe(subscriber, 'com.a');
    expect(eventsOf(subscriber)[0]?.[4]).toEqual(empty);
  });

  test('takes no place of other topics when it is larger than all of them may be, or contains itself', async () => {
    const { postmaster, publisher, subscriber } = await setUp({ maxRetainedSize: 3_000 });
    const endless: unknown[] = [];
    endless.push(endless);
    for (const uri of ['com.a', 'com.b', 'com.c']) await publisher.publish(uri, [uri], retain);
    await publisher.publish('com.b', ['large', 'x'.repeat(3_000)], retain);
    await postmaster.session().publish('com.c', [endless], undefined, retain);
    await publisher.publish('com.d', ['com.d'], retain);
    await subscribe(subscriber, 'com.', { match: 'prefix' });
    expect(heard(subscriber)).toEqual(['com.a', 'com.d']);
    expect(postmaster.stats().counters.internal_error).toBe(0);
  });

  test('that contains itself reaches the observers of its topic', async () => {
    const { postmaster } = await setUp();
    const endless: unknown[] = [];
    endless.push(endless);
    const observed: unknown[] = [];
    postmaster.topic(topic).subscribe(({ args }) => observed.push(args[0]));
    await postmaster.session().publish(topic, [endless], undefined, retain);
    expect(observed).toEqual([endless]);
  });
});

describe('a retained event for some', () => {
  const principals = [
    ['alice', 'manager'],
    ['bob', 'staff'],
  ] as const;
  const setUpPrincipals = async () => {
    const postmaster = createV2Router(withPrincipals([...principals, ['root', 'root']]));
    return { postmaster, root: await joinAs(postmaster, 'root') };
  };

  const restrictions = [
    [{ eligible_authid: ['alice'] }],
    [{ eligible_authrole: ['manager'] }],
    [{ exclude_authid: ['bob'] }],
    [{ exclude_authrole: ['staff'] }],
  ] as const;
  test.each(restrictions)(
    'with %j is sent to those whom it was meant for, the others get the one for all',
    async (lists) => {
      const { postmaster, root } = await setUpPrincipals();
      await root.publish(topic, ['all'], retain);
      await root.publish(topic, ['some'], { retain: true, ...lists });
      const [alice, bob] = [await joinAs(postmaster, 'alice'), await joinAs(postmaster, 'bob')];
      for (const peer of [alice, bob]) await subscribe(peer);
      expect(heard(alice)).toEqual(['some']);
      expect(heard(bob)).toEqual(['all']);
    },
  );

  test('is sent to nobody else when there is none for all', async () => {
    const { postmaster, root } = await setUpPrincipals();
    await root.publish(topic, ['some'], { retain: true, eligible_authid: ['alice'] });
    const bob = await joinAs(postmaster, 'bob');
    await subscribe(bob);
    expect(heard(bob)).toEqual([]);
  });

  test('gives way to a later one for all', async () => {
    const { postmaster, root } = await setUpPrincipals();
    await root.publish(topic, ['some'], { retain: true, eligible_authid: ['alice'] });
    await root.publish(topic, ['all'], retain);
    const alice = await joinAs(postmaster, 'alice');
    await subscribe(alice);
    expect(heard(alice)).toEqual(['all']);
  });

  test('never drives out the one for all, however many there are', async () => {
    const { postmaster, root } = await setUpPrincipals();
    await root.publish(topic, ['all'], retain);
    for (let at = 0; at < 30; at += 1) {
      await root.publish(topic, [at], { retain: true, eligible_authid: ['alice'] });
    }
    const [alice, bob] = [await joinAs(postmaster, 'alice'), await joinAs(postmaster, 'bob')];
    for (const peer of [alice, bob]) await subscribe(peer);
    expect(heard(alice)).toEqual([29]);
    expect(heard(bob)).toEqual(['all']);
  });

  test('by session ids is sent to those sessions only', async () => {
    const { postmaster, root } = await setUpPrincipals();
    const [alice, again] = [await joinAs(postmaster, 'alice'), await joinAs(postmaster, 'alice')];
    await root.publish(topic, ['one'], { retain: true, eligible: [alice.session] });
    for (const peer of [alice, again]) await subscribe(peer);
    expect(heard(alice)).toEqual(['one']);
    expect(heard(again)).toEqual([]);
  });
});
