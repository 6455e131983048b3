import { describe, expect, test } from 'vitest';
import { errorOf } from '../support/calls.ts';
import { eventsOf, heard, settle } from '../support/principals.ts';
import { connectV1InMemory } from '../support/v1-client.ts';
import type { List, V2Peer } from '../support/v2-client.ts';
import { basicRoles, joinV2 } from '../support/v2-client.ts';
import { code, createV2Router } from '../support/v2-router.ts';

// Advanced Profile, "Subscription Meta API"

const topic = 'com.myapp.topic';
const setUp = async () => {
  const postmaster = createV2Router();
  const [peer, other] = [await joinV2(postmaster), await joinV2(postmaster, {}, 'msgpack')];
  return { postmaster, peer, other };
};
const resultOf = async (answer: Promise<List>): Promise<unknown> => ((await answer)[3] as List | undefined)?.[0];
/** A peer that is told of the subscriptions of others, and what it has heard: the last part of the topic, the arguments. */
const watch = async (peer: V2Peer): Promise<() => Promise<unknown[]>> => {
  await peer.subscribe('wamp.subscription.', { match: 'prefix' });
  await settle(peer);
  const before = eventsOf(peer).length;
  return async () => {
    await settle(peer);
    return eventsOf(peer)
      .slice(before)
      .map(([, , , details, args]) => [(details as { topic: string }).topic.slice(18), ...(args as List)]);
  };
};

describe('the procedures', () => {
  test('list: has the ids of all subscriptions by match policy', async () => {
    const { peer, other } = await setUp();
    expect(await resultOf(peer.call('wamp.subscription.list'))).toEqual({ exact: [], prefix: [], wildcard: [] });
    const exact = [await peer.subscribe(topic), await other.subscribe('com.other')];
    const prefix = [await peer.subscribe('com.', { match: 'prefix' })];
    const wildcard = [await other.subscribe('com..topic', { match: 'wildcard' })];
    await other.subscribe(topic);
    expect(await resultOf(peer.call('wamp.subscription.list'))).toEqual({ exact, prefix, wildcard });
  });

  test('lookup: finds the subscription of this URI and policy, or null', async () => {
    const { peer, other } = await setUp();
    const exact = await other.subscribe('com.myapp');
    const prefix = await other.subscribe('com.myapp', { match: 'prefix' });
    const lookup = (args: List, kwargs = {}) => resultOf(peer.call('wamp.subscription.lookup', args, {}, kwargs));
    expect(await lookup(['com.myapp'])).toBe(exact);
    expect(await lookup(['com.myapp', {}])).toBe(exact);
    expect(await lookup(['com.myapp', { match: 'prefix' }])).toBe(prefix);
    expect(await lookup(['com.myapp', { match: 'wildcard' }])).toBeNull();
    expect(await lookup(['com.myapp.topic'])).toBeNull();
    expect(await lookup([], { topic: 'com.myapp', options: { match: 'prefix' } })).toBe(prefix);
  });

  test('match: finds all that a topic falls under, whatever their policy, or null', async () => {
    const { peer, other } = await setUp();
    const ids = [
      await other.subscribe(topic),
      await other.subscribe('com.', { match: 'prefix' }),
      await other.subscribe('com..topic', { match: 'wildcard' }),
    ];
    await other.subscribe('com.myapp');
    expect(await resultOf(peer.call('wamp.subscription.match', [topic]))).toEqual(ids);
    expect(await resultOf(peer.call('wamp.subscription.match', [], {}, { topic }))).toEqual(ids);
    expect(await resultOf(peer.call('wamp.subscription.match', ['org.none']))).toBeNull();
  });

  test('get, list_subscribers and count_subscribers: describe one subscription, by position and by name', async () => {
    const { postmaster, peer, other } = await setUp();
    const subscription = await other.subscribe('com.', { match: 'prefix' });
    await peer.subscribe('com.', { match: 'prefix' });
    // The embedding program looks on, but is no subscriber.
    postmaster.topic('com.', { match: 'prefix' }).subscribe();
    for (const [args, kwargs] of [
      [[subscription], {}],
      [[], { subscription }],
    ] as const) {
      expect(await resultOf(peer.call('wamp.subscription.get', args, {}, kwargs))).toEqual({
        id: subscription,
        created: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        uri: 'com.',
        match: 'prefix',
      });
      const subscribers = await resultOf(peer.call('wamp.subscription.list_subscribers', args, {}, kwargs));
      expect(subscribers).toEqual([other.session, peer.session]);
      expect(await resultOf(peer.call('wamp.subscription.count_subscribers', args, {}, kwargs))).toBe(2);
    }
  });

  test.each(['get', 'list_subscribers', 'count_subscribers', 'get_events', 'remove_subscriber'])(
    '%s: fails with no_such_subscription for an id that nobody has, or that is none',
    async (name) => {
      const { peer } = await setUp();
      const id = await peer.subscribe(topic);
      await peer.ask(code.UNSUBSCRIBE, id);
      for (const unusable of [id, 'x', null, -1, 0, 1.5, [1]]) {
        const answer = await peer.call(`wamp.subscription.${name}`, [unusable, peer.session]);
        expect(errorOf(answer)).toBe('wamp.error.no_such_subscription');
      }
      expect(errorOf(await peer.call(`wamp.subscription.${name}`))).toBe('wamp.error.no_such_subscription');
    },
  );

  test.each([
    ['lookup', [17]],
    ['lookup', []],
    ['lookup', ['com.a', 17]],
    ['lookup', ['com.a', { match: 'glob' }]],
    ['match', [null]],
  ])('%s: refuses the arguments %j', async (name, args) => {
    const { peer } = await setUp();
    expect(errorOf(await peer.call(`wamp.subscription.${name}`, args))).toBe('wamp.error.invalid_argument');
  });
});

describe('the events', () => {
  test('are on_create before on_subscribe, and on_unsubscribe before on_delete, once for the first and the last', async () => {
    const { postmaster, peer, other } = await setUp();
    const third = await joinV2(postmaster, {}, 'cbor');
    const events = await watch(peer);
    const id = await other.subscribe(topic);
    expect(await third.subscribe(topic)).toBe(id);
    expect(await third.subscribe(topic)).toBe(id);
    await other.ask(code.UNSUBSCRIBE, id);
    await third.ask(code.UNSUBSCRIBE, id);
    const details = { id, uri: topic, match: 'exact', created: expect.any(String) };
    expect(await events()).toEqual([
      ['on_create', other.session, details],
      ['on_subscribe', other.session, id],
      ['on_subscribe', third.session, id],
      ['on_unsubscribe', other.session, id],
      ['on_unsubscribe', third.session, id],
      ['on_delete', third.session, id],
    ]);
  });

  const endings = [
    ['GOODBYE', (peer: V2Peer) => peer.send(code.GOODBYE, {}, 'wamp.close.close_realm')],
    ['the loss of its link', (peer: V2Peer) => peer.close()],
    ['a protocol violation', (peer: V2Peer) => peer.send(4711)],
  ] as const;
  test.each(endings)(
    'are told when a session ends by %s: for each subscription its own, then on_delete',
    async (...given) => {
      const [, end] = given;
      const { peer, other } = await setUp();
      const shared = await peer.subscribe('com.shared');
      const events = await watch(peer);
      await other.subscribe('com.shared');
      const own = await other.subscribe('com.', { match: 'prefix' });
      const before = (await events()).length;
      await end(other);
      expect((await events()).slice(before)).toEqual([
        ['on_unsubscribe', other.session, shared],
        ['on_unsubscribe', other.session, own],
        ['on_delete', other.session, own],
      ]);
    },
  );

  test('name the session, which is in the list of subscribers by then, or out of it', async () => {
    const { peer, other } = await setUp();
    await peer.subscribe('wamp.subscription.on_subscribe');
    const id = await other.subscribe(topic);
    await peer.take(([type, , , , args]) => type === code.EVENT && (args as List)[1] === id);
    expect(await resultOf(peer.call('wamp.subscription.list_subscribers', [id]))).toEqual([other.session]);
  });

  test('are of sessions only: an observer in the program makes and ends nothing', async () => {
    const { postmaster, peer, other } = await setUp();
    const events = await watch(peer);
    const first = postmaster.topic(topic).subscribe();
    const id = await other.subscribe(topic);
    const second = postmaster.topic(topic).subscribe();
    first.unsubscribe();
    await other.ask(code.UNSUBSCRIBE, id);
    second.unsubscribe();
    expect((await events()).map((event) => (event as List)[0])).toEqual([
      'on_create',
      'on_subscribe',
      'on_unsubscribe',
      'on_delete',
    ]);
  });

  test('are of topics with a history like any other', async () => {
    const postmaster = createV2Router({ history: [{ uri: topic }] });
    const [peer, other] = [await joinV2(postmaster), await joinV2(postmaster)];
    const events = await watch(peer);
    const id = await other.subscribe(topic);
    await other.close();
    expect((await events()).map((event) => (event as List)[0])).toEqual([
      'on_create',
      'on_subscribe',
      'on_unsubscribe',
      'on_delete',
    ]);
    // Its id stays, and with it the history.
    expect(await peer.subscribe(topic)).toBe(id);
  });

  test('are about the subscriptions of v1 peers too', async () => {
    const everything = { call: true, publish: true, subscribe: true } as const;
    const anonymous = [
      { uri: '', match: 'prefix', ...everything },
      { uri: 'wamp.', match: 'prefix', ...everything },
    ] as const;
    const postmaster = createV2Router({ anonymous }, { v1: { open: true } });
    const peer = await joinV2(postmaster);
    const events = await watch(peer);
    const old = await connectV1InMemory(postmaster);
    old.subscribe(topic);
    old.unsubscribe(topic);
    await old.barrier();
    expect((await events()).map((event) => (event as List)[0])).toEqual([
      'on_create',
      'on_subscribe',
      'on_unsubscribe',
      'on_delete',
    ]);
  });

  test.each([
    ['wamp.subscription.on_create', 'exact'],
    ['wamp.subscription.on_subscribe', 'exact'],
    ['wamp', 'exact'],
    ['wamp', 'prefix'],
    ['wamp.', 'prefix'],
    ['wamp..on_join', 'wildcard'],
  ])('say nothing of a subscription to the URIs of the router (%s, %s)', async (uri, match) => {
    const { peer, other } = await setUp();
    const events = await watch(peer);
    const id = await other.subscribe(uri, { match });
    await other.ask(code.UNSUBSCRIBE, id);
    await other.subscribe(uri, { match });
    await other.close();
    expect(await events()).toEqual([]);
  });

  test.each([
    ['wampum.topic', 'exact'],
    ['', 'prefix'],
    ['wam', 'prefix'],
    ['.subscription.', 'wildcard'],
  ])('tell of a subscription that is not of the router alone (%s, %s)', async (uri, match) => {
    const { peer, other } = await setUp();
    const events = await watch(peer);
    await other.ask(code.UNSUBSCRIBE, await other.subscribe(uri, { match }));
    const names = (await events()).map((event) => (event as List)[0]);
    expect(names).toEqual(['on_create', 'on_subscribe', 'on_unsubscribe', 'on_delete']);
  });

  test('are not made by publishing: nobody can speak for the router', async () => {
    const { peer, other } = await setUp();
    await peer.subscribe('wamp.subscription.on_create');
    await settle(peer);
    const before = eventsOf(peer).length;
    const answer = await other.publish('wamp.subscription.on_create', [1]);
    expect(errorOf(answer)).toBe('wamp.error.invalid_uri');
    await settle(peer);
    expect(eventsOf(peer)).toHaveLength(before);
  });
});

// Advanced Profile, "Subscription Revocation"
describe('wamp.subscription.remove_subscriber', () => {
  test('takes a session off a subscription; it is told with UNSUBSCRIBED 0, and hears nothing more', async () => {
    const { peer, other } = await setUp();
    const id = await other.subscribe(topic);
    await other.subscribe('com.other');
    const events = await watch(peer);
    const kwargs = { reason: 'com.expired' };
    expect(await peer.call('wamp.subscription.remove_subscriber', [id, other.session], {}, kwargs)).toEqual([
      code.RESULT,
      expect.any(Number),
      {},
    ]);
    const details = { subscription: id, reason: 'com.expired' };
    expect(await other.take(code.UNSUBSCRIBED)).toEqual([code.UNSUBSCRIBED, 0, details]);
    await peer.publish(topic, ['late']);
    await peer.publish('com.other', ['other']);
    await settle(other);
    expect(heard(other)).toEqual(['other']);
    expect(await events()).toEqual([
      ['on_unsubscribe', other.session, id],
      ['on_delete', other.session, id],
    ]);
    expect(errorOf(await other.ask(code.UNSUBSCRIBE, id))).toBe('wamp.error.no_such_subscription');
    expect(await other.subscribe(topic)).not.toBe(id);
  });

  test('takes its arguments by name; without a reason none is told', async () => {
    const { peer, other } = await setUp();
    const subscription = await other.subscribe(topic);
    await peer.call('wamp.subscription.remove_subscriber', [], {}, { subscription, session: other.session });
    expect(await other.take(code.UNSUBSCRIBED)).toEqual([code.UNSUBSCRIBED, 0, { subscription }]);
  });

  test('says a sentence given as reason in the message, and gives a URI as reason', async () => {
    const { peer, other } = await setUp();
    const id = await other.subscribe(topic);
    await peer.call('wamp.subscription.remove_subscriber', [id, other.session, 'no longer authorized']);
    const details = { subscription: id, reason: 'postmaster.revoked.removed', message: 'no longer authorized' };
    expect(await other.take(code.UNSUBSCRIBED)).toEqual([code.UNSUBSCRIBED, 0, details]);
  });

  test('takes nobody off for a reason of more than 1,024 octets', async () => {
    const { peer, other } = await setUp();
    const id = await other.subscribe(topic);
    const answer = await peer.call('wamp.subscription.remove_subscriber', [id, other.session, 'x'.repeat(1025)]);
    expect(errorOf(answer)).toBe('wamp.error.invalid_argument');
    await peer.publish(topic, ['heard']);
    await settle(other);
    expect(heard(other)).toEqual(['heard']);
  });

  test('does not tell a session that did not announce the feature', async () => {
    const { postmaster, peer } = await setUp();
    const simple = await joinV2(postmaster, { roles: basicRoles });
    const id = await simple.subscribe(topic);
    await peer.call('wamp.subscription.remove_subscriber', [id, simple.session]);
    await peer.publish(topic, ['late']);
    await settle(simple);
    expect(simple.untaken(code.UNSUBSCRIBED)).toEqual([]);
    expect(eventsOf(simple)).toEqual([]);
  });

  test('fails with no_such_session, or no_such_subscription for one that is not subscribed', async () => {
    const { peer, other } = await setUp();
    const id = await peer.subscribe(topic);
    const remove = (session: unknown) => peer.call('wamp.subscription.remove_subscriber', [id, session]);
    expect(errorOf(await remove(4711))).toBe('wamp.error.no_such_session');
    expect(errorOf(await remove(other.session))).toBe('wamp.error.no_such_subscription');
    for (const id of ['x', null, -1, 0, 1.5, [1]]) expect(errorOf(await remove(id))).toBe('wamp.error.no_such_session');
    expect(errorOf(await peer.call('wamp.subscription.remove_subscriber', [id, peer.session, 17]))).toBe(
      'wamp.error.invalid_argument',
    );
  });
});
