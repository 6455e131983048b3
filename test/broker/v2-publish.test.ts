import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { basicRoles, joinV2 } from '../support/v2-client.ts';
import { code, createV2Router } from '../support/v2-router.ts';

const rolesOf = (...names: readonly string[]) => Object.fromEntries(names.map((name) => [name, everything]));
const everything = [
  { uri: '', match: 'prefix', call: true, register: true, publish: true, subscribe: true },
  { uri: 'wamp.', match: 'prefix', call: true, subscribe: true },
] as const;

/** A router with ticket users, whose ticket is their name; the role stands before the slash. */
const createNamedRouter = (realm = {}) =>
  createV2Router({
    roles: rolesOf('red', 'blue'),
    authenticators: {
      ticket: ({ authid, ticket }) => (ticket === authid ? { role: authid.split('/')[0] ?? '' } : undefined),
    },
    ...realm,
  });

const joinAs = async (router: ReturnType<typeof createV2Router>, authid: string) => {
  const { connectV2InMemory } = await import('../support/v2-client.ts');
  const peer = connectV2InMemory(router);
  await peer.hello('realm1', { authmethods: ['ticket'], authid });
  peer.send(code.AUTHENTICATE, authid, {});
  const [, session] = await peer.take(code.WELCOME);
  peer.session = session as number;
  return peer;
};

// Basic Profile, "Publishing and Events"
describe('PUBLISH', () => {
  test('is acknowledged only when it asks for it, also where it is refused', async () => {
    const router = createV2Router({ anonymous: [{ uri: 'com.mine', publish: true }] });
    const peer = await joinV2(router);
    peer.send(code.PUBLISH, peer.next(), {}, 'com.mine', [1]);
    peer.send(code.PUBLISH, peer.next(), {}, 'com.yours', [1]);
    peer.send(code.PUBLISH, peer.next(), { acknowledge: false }, 'com.yours', [1]);
    expect((await peer.publish('com.mine'))[0]).toBe(code.PUBLISHED);
    expect((await peer.publish('com.yours'))[4]).toBe('wamp.error.not_authorized');
    expect(peer.received.filter(([type]) => type === code.PUBLISHED || type === code.ERROR)).toHaveLength(2);
    expect(router.stats().counters.publish_denied).toBe(3);
  });

  test('reaches every matching subscription with one publication id, its topic told under patterns', async () => {
    const router = createV2Router();
    const [peer, publisher] = [await joinV2(router), await joinV2(router)];
    const exact = await peer.subscribe('com.a.b');
    const prefix = await peer.subscribe('com.a', { match: 'prefix' });
    const wildcard = await peer.subscribe('com..b', { match: 'wildcard' });
    await peer.subscribe('com.a.x');
    const [, , publication] = await publisher.publish('com.a.b', [1], {}, { k: 2 });
    await peer.barrier();
    expect(peer.untaken(code.EVENT)).toEqual([
      [code.EVENT, exact, publication, {}, [1], { k: 2 }],
      [code.EVENT, prefix, publication, { topic: 'com.a.b' }, [1], { k: 2 }],
      [code.EVENT, wildcard, publication, { topic: 'com.a.b' }, [1], { k: 2 }],
    ]);
  });

  test('leaves missing arguments out of EVENT', async () => {
    const router = createV2Router();
    const peer = await joinV2(router);
    await peer.subscribe('com.topic');
    const other = await joinV2(router);
    for (const payload of [[], [[]], [[], {}], [[1]], [[], { a: 1 }]])
      other.send(16, other.next(), {}, 'com.topic', ...payload);
    await other.barrier();
    await peer.barrier();
    expect(peer.untaken(code.EVENT).map((event) => event.slice(4))).toEqual([[], [], [], [[1]], [[], { a: 1 }]]);
  });
});

// Advanced Profile, "Pattern-based Subscriptions"
describe('patterns', () => {
  test('by prefix are textual, by wildcard component by component', async () => {
    const router = createV2Router();
    const peer = await joinV2(router);
    const prefix = await peer.subscribe('com.a.obj1', { match: 'prefix' });
    const wildcard = await peer.subscribe('com..c', { match: 'wildcard' });
    const heard = async (topic: string): Promise<unknown[]> => {
      await peer.publish(topic, [], { exclude_me: false });
      await peer.barrier();
      const ids = peer.untaken(code.EVENT).map(([, id]) => id);
      for (const id of ids) await peer.take(([type, from]) => type === code.EVENT && from === id);
      return ids;
    };
    expect(await heard('com.a.obj1')).toEqual([prefix]);
    expect(await heard('com.a.obj1-x')).toEqual([prefix]);
    expect(await heard('com.a.obj')).toEqual([]);
    expect(await heard('com.b.c')).toEqual([wildcard]);
    expect(await heard('com.b.c.d')).toEqual([]);
    expect(await heard('com.c')).toEqual([]);
  });

  test('do not let a session hear what it may not subscribe to', async () => {
    const rules = [
      { uri: 'com.', match: 'prefix', subscribe: true, publish: true },
      { uri: 'com.secret', publish: true },
    ] as const;
    const router = createV2Router({ anonymous: rules });
    const peer = await joinV2(router);
    expect((await peer.ask(code.SUBSCRIBE, {}, 'com.secret'))[4]).toBe('wamp.error.not_authorized');
    await peer.subscribe('com.', { match: 'prefix' });
    for (const topic of ['com.secret', 'com.open'])
      await peer.publish(topic, [topic], { exclude_me: false, retain: true });
    await peer.subscribe('com.', { match: 'prefix', get_retained: true });
    await peer.barrier();
    expect(peer.untaken(code.EVENT).map((event) => event[4])).toEqual([['com.open'], ['com.open']]);
  });

  test('that cover everything do not hear of the router without a rule that says so', async () => {
    const router = createV2Router({ anonymous: [everything[0]] });
    const peer = await joinV2(router);
    await peer.subscribe('', { match: 'prefix' });
    expect((await peer.ask(code.SUBSCRIBE, {}, 'wamp.session.on_join'))[4]).toBe('wamp.error.not_authorized');
    await joinV2(router);
    await peer.barrier();
    expect(peer.untaken(code.EVENT)).toEqual([]);
  });
});

// Advanced Profile, "Subscriber Black- and Whitelisting"
describe('white and black lists', () => {
  const names = ['red/a', 'red/b', 'blue/a', 'blue/b'] as const;
  const some = <Item>(...items: readonly Item[]) => fc.option(fc.subarray([...items]), { nil: undefined });

  test('are equal to a naive model of sets, in every mix', { timeout: 60_000 }, async () => {
    const router = createNamedRouter();
    const peers = await Promise.all(names.map((name) => joinAs(router, name)));
    for (const peer of peers) await peer.subscribe('com.topic');
    const publisher = peers[0]!;
    const ids = peers.map(({ session }) => session);
    const options = fc.record({
      exclude: some(...ids),
      eligible: some(...ids),
      exclude_authid: some(...names),
      eligible_authid: some(...names),
      exclude_authrole: some('red', 'blue'),
      eligible_authrole: some('red', 'blue'),
      exclude_me: fc.option(fc.boolean(), { nil: undefined }),
    });
    await fc.assert(
      fc.asyncProperty(options, async (given) => {
        const sent = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
        await publisher.publish('com.topic', [], sent);
        const hears = await Promise.all(
          peers.map(async (peer) => {
            await peer.barrier();
            const count = peer.untaken(code.EVENT).length;
            for (let at = 0; at < count; at += 1) await peer.take(code.EVENT);
            peer.received.length = 0;
            return count;
          }),
        );
        const expected = peers.map((peer, at) => {
          const [name, role] = [names[at]!, names[at]!.split('/')[0]!];
          if (peer === publisher && given.exclude_me !== false) return 0;
          if (given.exclude?.includes(peer.session) || given.exclude_authid?.includes(name)) return 0;
          if (given.exclude_authrole?.includes(role)) return 0;
          if (given.eligible && !given.eligible.includes(peer.session)) return 0;
          if (given.eligible_authid && !given.eligible_authid.includes(name)) return 0;
          return given.eligible_authrole && !given.eligible_authrole.includes(role) ? 0 : 1;
        });
        expect(hears).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  test.each(['eligible', 'eligible_authid', 'eligible_authrole'])('%s that is empty is nobody', async (key) => {
    const router = createV2Router();
    const [peer, publisher] = [await joinV2(router), await joinV2(router)];
    await peer.subscribe('com.topic');
    await publisher.publish('com.topic', [], { [key]: [] });
    await peer.barrier();
    expect(peer.untaken(code.EVENT)).toEqual([]);
  });
});

// Advanced Profile, "Publisher Identification"
describe('the publisher', () => {
  const detailsOf = async (realm: object, options: object) => {
    const router = createV2Router(realm);
    const [peer, publisher] = [await joinV2(router), await joinV2(router)];
    await peer.subscribe('com.topic');
    const answer = await publisher.publish('com.topic', [], options);
    if (answer[0] === code.ERROR) return answer[4];
    const named = {
      publisher: publisher.session,
      publisher_authid: publisher.welcome.authid,
      publisher_authrole: 'anonymous',
    };
    const [, , , details] = await peer.take(code.EVENT);
    return JSON.stringify(details) === JSON.stringify(named) ? 'named' : details;
  };

  test.each<[object, object, unknown]>([
    [{}, {}, {}],
    [{}, { disclose_me: true }, 'named'],
    [{}, { disclose_me: false }, {}],
    [{ disclosure: 'always' }, {}, 'named'],
    [{ disclosure: 'never' }, {}, {}],
    [{ disclosure: 'never' }, { disclose_me: true }, 'wamp.error.option_disallowed.disclose_me'],
    [
      { anonymous: [{ uri: 'com.topic', publish: true, subscribe: true, disclose: true }], disclosure: 'never' },
      {},
      'named',
    ],
  ])('in a realm with %j that publishes with %j is shown as %j', async (realm, options, expected) => {
    expect(await detailsOf(realm, options)).toEqual(expected);
  });
});

// Advanced Profile, "Event Retention"
describe('retained events', () => {
  test('are kept one per topic, told as retained with the id of their publication, to those who ask', async () => {
    const router = createV2Router();
    const [peer, publisher] = [await joinV2(router), await joinV2(router)];
    await publisher.publish('com.topic', ['old'], { retain: true });
    const [, , publication] = await publisher.publish('com.topic', ['new'], { retain: true });
    await publisher.publish('com.topic', ['passing']);
    const id = await peer.subscribe('com.topic');
    await peer.barrier();
    expect(peer.untaken(code.EVENT)).toEqual([]);
    await peer.subscribe('com.topic', { get_retained: true });
    expect(await peer.take(code.EVENT)).toEqual([code.EVENT, id, publication, { retained: true }, ['new']]);
    const pattern = await peer.subscribe('com.', { match: 'prefix', get_retained: true });
    expect(await peer.take(code.EVENT)).toEqual([
      code.EVENT,
      pattern,
      publication,
      { topic: 'com.topic', retained: true },
      ['new'],
    ]);
  });

  test('are told to those who would have heard them, the newest of those', async () => {
    const router = createNamedRouter();
    const publisher = await joinAs(router, 'red/p');
    await publisher.publish('com.topic', ['all'], { retain: true });
    await publisher.publish('com.topic', ['reds'], { retain: true, eligible_authrole: ['red'] });
    await publisher.publish('com.topic', ['a'], { retain: true, eligible_authid: ['blue/a'] });
    for (const [name, expected] of [
      ['red/a', 'reds'],
      ['blue/a', 'a'],
      ['blue/b', 'all'],
    ] as const) {
      const peer = await joinAs(router, name);
      await peer.subscribe('com.topic', { get_retained: true });
      expect((await peer.take(code.EVENT))[4]).toEqual([expected]);
    }
  });

  test('come after SUBSCRIBED, and never twice with the live event', async () => {
    const router = createV2Router();
    const [peer, publisher] = [await joinV2(router), await joinV2(router)];
    publisher.send(code.PUBLISH, publisher.next(), { retain: true }, 'com.topic', [1]);
    peer.send(code.SUBSCRIBE, peer.next(), { get_retained: true }, 'com.topic');
    publisher.send(code.PUBLISH, publisher.next(), { retain: true }, 'com.topic', [2]);
    await publisher.barrier();
    await peer.barrier();
    const types = peer.received.map(([type]) => type);
    expect(types.indexOf(code.SUBSCRIBED)).toBeLessThan(types.indexOf(code.EVENT));
    expect(peer.untaken(code.EVENT).map(([, , , details, args]) => [details, args])).toEqual([
      [{ retained: true }, [1]],
      [{}, [2]],
    ]);
  });

  test('are bounded in number: the topic that was retained first is forgotten', async () => {
    const router = createV2Router({}, { limits: { maxRetainedTopics: 2 } });
    const peer = await joinV2(router);
    for (const topic of ['com.a', 'com.b', 'com.c']) await peer.publish(topic, [topic], { retain: true });
    const other = await joinV2(router);
    await other.subscribe('com.', { match: 'prefix', get_retained: true });
    await other.barrier();
    expect(other.untaken(code.EVENT).map((event) => event[4])).toEqual([['com.b'], ['com.c']]);
  });

  test('are bounded in octets', async () => {
    const router = createV2Router({}, { limits: { maxRetainedSize: 10_000 } });
    const peer = await joinV2(router);
    for (const topic of ['com.a', 'com.b', 'com.c']) await peer.publish(topic, ['x'.repeat(4_000)], { retain: true });
    const other = await joinV2(router);
    await other.subscribe('com.', { match: 'prefix', get_retained: true });
    await other.barrier();
    expect(other.untaken(code.EVENT)).toHaveLength(2);
  });
});

// Advanced Profile, "Payload Passthru Mode"
describe('payload passthru', () => {
  const ppt = { ppt_scheme: 'x_custom', ppt_serializer: 'cbor', ppt_cipher: 'c', ppt_keyid: 'k' };

  test('passes its four attributes and the binary payload on, over every serializer', async () => {
    const router = createV2Router();
    const publisher = await joinV2(router, {}, 'cbor');
    const peers = [await joinV2(router), await joinV2(router, {}, 'msgpack'), await joinV2(router, {}, 'cbor')];
    for (const peer of peers) await peer.subscribe('com.topic');
    await publisher.publish('com.topic', [Buffer.from([0, 1, 255])], ppt);
    for (const peer of peers) {
      const [, , , details, args] = await peer.take(code.EVENT);
      expect(details).toEqual(ppt);
      expect([...((args as unknown[])[0] as Uint8Array)]).toEqual([0, 1, 255]);
    }
  });

  test('of calls goes both ways, and needs both sides to have announced it', async () => {
    const router = createV2Router();
    const [callee, caller] = [await joinV2(router), await joinV2(router)];
    await callee.register('com.echo');
    const call = caller.call('com.echo', ['payload'], ppt);
    const [, id, , details, args] = await callee.take(code.INVOCATION);
    expect([details, args]).toEqual([ppt, ['payload']]);
    callee.send(code.YIELD, id, ppt, ['answer']);
    expect((await call).slice(2)).toEqual([ppt, ['answer']]);
    const basic = await joinV2(router, { roles: basicRoles });
    await basic.register('com.basic');
    expect((await caller.call('com.basic', ['x'], ppt))[4]).toBe('wamp.error.feature_not_supported');
    const plain = basic.call('com.echo');
    const [, second] = await callee.take(code.INVOCATION);
    callee.send(code.YIELD, second, ppt, ['answer']);
    expect((await plain)[4]).toBe('wamp.error.feature_not_supported');
  });
});
