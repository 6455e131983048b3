import { describe, expect, test } from 'vitest';
import { formatV1SessionId, parseV1SessionId } from '../../src/codec/session-id-v1.ts';
import type { Postmaster } from '../../src/index.ts';
import { WampError, WampResult } from '../../src/index.ts';
import { leave } from '../support/calls.ts';
import { eventsOf, heard, settle } from '../support/principals.ts';
import { connectV1InMemory } from '../support/v1-client.ts';
import type { V2Peer } from '../support/v2-client.ts';
import { joinV2 } from '../support/v2-client.ts';
import { code, createV2Router, everythingAndMeta } from '../support/v2-router.ts';

// WAMP v1 and v2 peers on the same topics: a v1 event `e` is the only argument of a v2 event.

const topic = 'com.topic';

const setUp = async () => {
  const postmaster = createV2Router({}, { v1: { open: true } });
  const old = await connectV1InMemory(postmaster);
  const peer = await joinV2(postmaster, {}, 'msgpack');
  return { postmaster, old, peer, oldId: parseV1SessionId(old.sessionId) as number };
};

describe('an event of a v1 publisher', () => {
  test.each([1, 'text', null, true, [1, 2], [], { a: { b: [] } }, {}])(
    'reaches v2 peers as one argument: %j',
    async (event) => {
      const { old, peer } = await setUp();
      const subscription = await peer.subscribe(topic);
      old.publish(topic, event);
      await old.barrier();
      await settle(peer);
      expect(eventsOf(peer)).toEqual([[36, subscription, expect.any(Number), {}, [event]]]);
    },
  );

  test('is published to patterns, and kept in the history, as any other', async () => {
    const postmaster = createV2Router({ history: [{ uri: topic }] }, { v1: { open: true } });
    const [old, peer] = [await connectV1InMemory(postmaster), await joinV2(postmaster)];
    await peer.subscribe('com.', { match: 'prefix' });
    old.publish(topic, { a: 1 });
    await old.barrier();
    await settle(peer);
    expect(eventsOf(peer)[0]?.slice(3)).toEqual([{ topic }, [{ a: 1 }]]);
    const [, , , args] = await peer.call('wamp.subscription.lookup', [topic]);
    const [, , , found] = await peer.call('wamp.subscription.get_events', args as []);
    expect(found).toMatchObject([{ args: [{ a: 1 }] }]);
  });

  test('keeps to its lists of session ids, whatever its receivers speak', async () => {
    const { postmaster, old, peer } = await setUp();
    const other = await joinV2(postmaster, {}, 'cbor');
    const oldOther = await connectV1InMemory(postmaster);
    for (const subscriber of [peer, other]) await subscriber.subscribe(topic);
    for (const subscriber of [old, oldOther]) subscriber.subscribe(topic);
    await old.barrier();
    await oldOther.barrier();
    old.publish(topic, 'excluded', [formatV1SessionId(peer.session), old.sessionId]);
    old.publish(topic, 'eligible', [], [formatV1SessionId(peer.session), oldOther.sessionId]);
    old.publish(topic, 'not me', true);
    await old.barrier();
    await settle(peer, other);
    await oldOther.barrier();
    expect(heard(peer)).toEqual(['eligible', 'not me']);
    expect(heard(other)).toEqual(['excluded', 'not me']);
    expect(oldOther.events.map(([, event]) => event)).toEqual(['excluded', 'eligible', 'not me']);
    expect(old.events).toEqual([]);
  });

  test('names its publisher where the realm always does', async () => {
    const postmaster = createV2Router({ disclosure: 'always' }, { v1: { open: true } });
    const [old, peer] = [await connectV1InMemory(postmaster), await joinV2(postmaster)];
    await peer.subscribe(topic);
    old.publish(topic, 1);
    await old.barrier();
    await settle(peer);
    const publisher = parseV1SessionId(old.sessionId);
    expect(eventsOf(peer)[0]?.[3]).toEqual({ publisher, publisher_authrole: 'anonymous' });
  });
});

describe('an event of a v2 publisher', () => {
  test.each([
    [[1], undefined, 1],
    [[null], undefined, null],
    [[[1, 2]], undefined, [1, 2]],
    [[{ a: 1 }], {}, { a: 1 }],
    [[1, 2], undefined, { args: [1, 2], kwargs: {} }],
    [[], { a: 1 }, { args: [], kwargs: { a: 1 } }],
    [[1], { a: 1 }, { args: [1], kwargs: { a: 1 } }],
    [[], undefined, { args: [], kwargs: {} }],
  ])('with %j and %j reaches v1 peers as %j', async (args, kwargs, event) => {
    const { old, peer } = await setUp();
    old.subscribe(topic);
    await old.barrier();
    await peer.publish(topic, args, {}, kwargs);
    await old.barrier();
    expect(old.events).toEqual([[topic, event]]);
  });

  test('keeps to its lists, of which the session ids of v1 peers are part', async () => {
    const { old, peer, oldId } = await setUp();
    await peer.subscribe(topic);
    old.subscribe(topic);
    await old.barrier();
    const publish = (event: string, options: object) => peer.publish(topic, [event], { exclude_me: false, ...options });
    await publish('not old', { exclude: [oldId] });
    await publish('only old', { eligible: [oldId] });
    await publish('anonymous', { eligible_authrole: ['anonymous'] });
    await publish('somebody', { eligible_authid: ['alice'] });
    await settle(peer);
    await old.barrier();
    expect(old.events.map(([, event]) => event)).toEqual(['only old', 'anonymous']);
    expect(heard(peer)).toEqual(['not old', 'anonymous']);
  });

  test('that JSON cannot carry costs those who speak JSON this event and nothing more', async () => {
    const { postmaster, old, peer } = await setUp();
    const [json, cbor] = [await joinV2(postmaster), await joinV2(postmaster, {}, 'cbor')];
    for (const subscriber of [json, cbor]) await subscriber.subscribe(topic);
    old.subscribe(topic);
    await old.barrier();
    const large = Number.NaN;
    for (const event of [large, 'text']) expect((await peer.publish(topic, [event]))[0]).toBe(17);
    await old.barrier();
    await settle(json, cbor);
    expect(heard(cbor)).toEqual([large, 'text']);
    expect(heard(json)).toEqual(['text']);
    expect(old.events).toEqual([[topic, 'text']]);
    const missed = [...postmaster.connections()].map(({ protocol, droppedEvents }) => [protocol, droppedEvents]);
    expect(missed.toSorted()).toEqual([
      ['wamp.1', 1],
      ['wamp.2.cbor', 0],
      ['wamp.2.json', 1],
      ['wamp.2.msgpack', 0],
    ]);
  });

  test('reaches v1 peers that were subscribed before the first v2 peer came, and after the last one left', async () => {
    const { old, peer } = await setUp();
    old.subscribe(topic);
    await old.barrier();
    const id = await peer.subscribe(topic);
    await peer.publish(topic, [1]);
    await peer.ask(34, id);
    await peer.publish(topic, [2]);
    await old.barrier();
    expect(old.events).toEqual([
      [topic, 1],
      [topic, 2],
    ]);
  });
});

describe('the publisher itself', () => {
  test('hears its own event in v1 unless it excludes itself, in v2 only when it asks for it', async () => {
    const { old, peer } = await setUp();
    old.subscribe(topic);
    await old.barrier();
    await peer.subscribe(topic);
    old.publish(topic, 'v1');
    old.publish(topic, 'v1 excluded', true);
    await old.barrier();
    await peer.publish(topic, ['v2']);
    await peer.publish(topic, ['v2 included'], { exclude_me: false });
    await old.barrier();
    await settle(peer);
    expect(old.events.map(([, event]) => event)).toEqual(['v1', 'v2', 'v2 included']);
    expect(heard(peer)).toEqual(['v1', 'v1 excluded', 'v2 included']);
  });
});

describe('an ERROR of a v2 callee', () => {
  test.each<[string, readonly unknown[], readonly unknown[]]>([
    ['a text', [['sold out']], ['sold out']],
    ['a text and more', [['sold out', 3]], ['sold out', { args: ['sold out', 3], kwargs: {} }]],
    ['a text and names', [['sold out'], { left: 0 }], ['sold out', { args: ['sold out'], kwargs: { left: 0 } }]],
    ['names alone', [[], { left: 0 }], ['', { args: [], kwargs: { left: 0 } }]],
    ['no text', [[3]], ['', 3]],
    ['nothing', [], ['']],
  ])(
    'with %s has its text as errorDesc for a v1 caller, and the rest as errorDetails',
    async (_, payload, expected) => {
      const { old, peer } = await setUp();
      await peer.register('com.order');
      const answer = old.callAs('order', 'com.order').catch(() => {});
      const [, invocation] = await peer.take(code.INVOCATION);
      peer.send(code.ERROR, code.INVOCATION, invocation, {}, 'com.error.refused', ...payload);
      await answer;
      expect(old.received.at(-1)).toEqual([4, 'order', 'com.error.refused', ...expected]);
    },
  );
});

describe('the permissions of v1 peers', () => {
  test('bind what they publish to and hear of v2 peers', async () => {
    const anonymous = [
      { uri: 'com.read', subscribe: true },
      { uri: 'com.write', publish: true },
    ] as const;
    const postmaster = createV2Router({ anonymous }, { v1: { open: true } });
    const root = postmaster.session();
    const written: unknown[] = [];
    for (const uri of ['com.read', 'com.write']) await root.subscribe(uri, ({ topic }) => written.push(topic));
    const old = await connectV1InMemory(postmaster);
    for (const uri of ['com.read', 'com.write']) {
      old.subscribe(uri);
      old.publish(uri, 1);
    }
    await old.barrier();
    for (const uri of ['com.read', 'com.write']) await root.publish(uri, [uri]);
    await old.barrier();
    expect(written).toEqual(['com.write']);
    expect(old.events).toEqual([['com.read', 'com.read']]);
  });

  test('for everything do not let them speak for the router', async () => {
    const postmaster = createV2Router({ anonymous: everythingAndMeta }, { v1: { open: true } });
    const [old, peer] = [await connectV1InMemory(postmaster), await joinV2(postmaster)];
    await peer.subscribe('wamp.session.on_join');
    old.publish('wamp.session.on_join', { session: 1 });
    await old.barrier();
    await settle(peer);
    expect(eventsOf(peer)).toEqual([]);
  });
});

// Basic Profile, "Messages": what is left out and what is empty are the same. A codec reads it so; a program may say it as well.
describe('an empty dictionary of keyword arguments counts as none', () => {
  test.each<[string, (peer: V2Peer, router: Postmaster) => unknown]>([
    ['a session in this process publishes', (_, router) => router.session().publish(topic, [1], {})],
    ['publishEvent is given', (_, router) => router.publishEvent(topic, undefined, { args: [1], kwargs: {} })],
    [
      'a testament has',
      async (peer) => {
        await peer.call('wamp.session.add_testament', [topic, [1], {}]);
        await leave(peer);
      },
    ],
  ])('in an event that %s', async (_, publish) => {
    const router = createV2Router({ history: [{ uri: topic }] }, { v1: { open: true } });
    const [old, peer, other] = [await connectV1InMemory(router), await joinV2(router), await joinV2(router)];
    old.subscribe(topic);
    await old.barrier();
    const subscription = await other.subscribe(topic);
    await publish(peer, router);
    await old.barrier();
    await settle(other);
    expect(old.events).toEqual([[topic, 1]]);
    expect(eventsOf(other)).toEqual([[36, subscription, expect.any(Number), {}, [1]]]);
    const [, , , [event] = []] = (await other.call('wamp.subscription.get_events', [subscription])) as unknown[][];
    expect(event).not.toHaveProperty('kwargs');
  });

  test('in a result and in an error', async () => {
    const { postmaster, old, peer } = await setUp();
    postmaster.registerUnauthRPC('com.result', ({ args }) => new WampResult(args, {}));
    postmaster.registerUnauthRPC('com.error', ({ args }) => {
      throw new WampError('com.error.reason', { description: 'why', args, kwargs: {} });
    });
    expect(await old.call('com.result', 1)).toBe(1);
    expect(await old.call('com.result')).toBeNull();
    expect(await peer.call('com.result', [1])).toEqual([50, expect.any(Number), {}, [1]]);
    await expect(old.call('com.error', 1)).rejects.toMatchObject({ details: 1 });
    await expect(old.call('com.error')).rejects.toMatchObject({ arity: 4, description: 'why' });
    expect((await peer.call('com.error')).slice(4)).toEqual(['com.error.reason', ['why']]);
  });
});

describe('a URI with #, as those of WAMP v1', () => {
  const uri = 'http://example.com/shop#price';

  test('is refused to v2 peers, and of use to v1 peers and to the program', async () => {
    const { postmaster, old, peer } = await setUp();
    postmaster.registerUnauthRPC(uri, () => 7);
    expect(await old.call(uri)).toBe(7);
    const answers = [
      await peer.ask(code.REGISTER, {}, uri),
      await peer.ask(code.CALL, {}, uri),
      await peer.ask(code.SUBSCRIBE, {}, uri),
      await peer.ask(code.PUBLISH, { acknowledge: true }, uri),
    ];
    expect(answers.map((answer) => answer[4])).toEqual(Array(4).fill('wamp.error.invalid_uri'));
    old.subscribe(uri);
    await old.barrier();
    postmaster.publishEvent(uri, 'of the program');
    await old.barrier();
    expect(old.events).toEqual([[uri, 'of the program']]);
  });

  test('is received by v2 peers under a prefix of it without one', async () => {
    const { old, peer } = await setUp();
    await peer.subscribe('http://example.com/', { match: 'prefix' });
    old.publish(uri, 7);
    await old.barrier();
    await settle(peer);
    expect(eventsOf(peer)[0]?.slice(3)).toEqual([{ topic: uri }, [7]]);
  });
});
