import { describe, expect, test } from 'vitest';
import { errorOf } from '../support/calls.ts';
import { eventsOf, joinAs, settle, withPrincipals } from '../support/principals.ts';
import { connectV1InMemory } from '../support/v1-client.ts';
import type { List, V2Peer } from '../support/v2-client.ts';
import { connectV2InMemory, joinV2 } from '../support/v2-client.ts';
import { code, createV2Router } from '../support/v2-router.ts';

// Advanced Profile, "Session Meta API"

const principals = [
  ['root', 'root'],
  ['alice', 'staff'],
  ['bob', 'guest'],
] as const;

const setUp = async () => {
  const postmaster = createV2Router(withPrincipals(principals));
  const root = await joinAs(postmaster, 'root');
  const alice = await joinAs(postmaster, 'alice', 'msgpack');
  const again = await joinAs(postmaster, 'alice', 'cbor');
  const bob = await joinAs(postmaster, 'bob');
  return { postmaster, root, alice, again, bob };
};
const resultOf = async (answer: Promise<List>): Promise<unknown> => ((await answer)[3] as List | undefined)?.[0];
const sorted = (ids: unknown): readonly unknown[] => (ids as number[]).toSorted();
const goodbye = (peer: V2Peer): Promise<List> => peer.take(code.GOODBYE);
/** What a watcher was told of others, by topic. */
const told = (peer: V2Peer): unknown[] =>
  eventsOf(peer).map(([, , , details, args]) => [(details as { topic: string }).topic, args]);

describe('wamp.session.count and wamp.session.list', () => {
  test('are about all sessions of the realm, or those with one of some roles', async () => {
    const { root, alice, again, bob } = await setUp();
    const [, first, second, third] = [root, alice, again, bob].map(({ session }) => session);
    expect(await resultOf(root.call('wamp.session.count'))).toBe(4);
    expect(sorted(await resultOf(root.call('wamp.session.list')))).toEqual(
      sorted([root.session, first, second, third]),
    );
    for (const [roles, ids] of [
      [['staff'], [first, second]],
      [
        ['staff', 'guest'],
        [first, second, third],
      ],
      [['nobody'], []],
      [[], []],
    ]) {
      expect(await resultOf(root.call('wamp.session.count', [roles]))).toBe(ids?.length);
      expect(sorted(await resultOf(root.call('wamp.session.list', [roles])))).toEqual(sorted(ids));
      const byName = { filter_authroles: roles };
      expect(await resultOf(root.call('wamp.session.count', [], {}, byName))).toBe(ids?.length);
      expect(sorted(await resultOf(root.call('wamp.session.list', [], {}, byName)))).toEqual(sorted(ids));
    }
  });

  test('are about one realm only', async () => {
    const settings = withPrincipals(principals);
    const postmaster = createV2Router({}, { realms: ['realm1', 'realm2'].map((name) => ({ ...settings, name })) });
    const root = await joinAs(postmaster, 'root');
    const other = connectV2InMemory(postmaster);
    await other.hello('realm2', { authid: 'root', authmethods: ['ticket'] });
    other.send(code.AUTHENTICATE, 'secret', {});
    const [, id] = await other.take(code.WELCOME);
    expect(await resultOf(root.call('wamp.session.list'))).toEqual([root.session]);
    expect(errorOf(await root.call('wamp.session.get', [id]))).toBe('wamp.error.no_such_session');
    expect(errorOf(await root.call('wamp.session.kill', [id]))).toBe('wamp.error.no_such_session');
  });

  test('do not know who has not authenticated, or has left', async () => {
    const { postmaster, root, bob } = await setUp();
    const challenged = connectV2InMemory(postmaster);
    await challenged.hello('realm1', { authid: 'bob', authmethods: ['ticket'] });
    bob.send(code.GOODBYE, {}, 'wamp.close.close_realm');
    await goodbye(bob);
    expect(await resultOf(root.call('wamp.session.count'))).toBe(3);
  });

  test.each(['staff', [1], 17])('refuse the filter %j', async (filter) => {
    const { root } = await setUp();
    for (const procedure of ['wamp.session.count', 'wamp.session.list']) {
      expect(errorOf(await root.call(procedure, [filter]))).toBe('wamp.error.invalid_argument');
    }
  });
});

describe('wamp.session.get', () => {
  test('tells who a session is, by position and by name', async () => {
    const { root, alice } = await setUp();
    const details = {
      session: alice.session,
      authid: 'alice',
      authrole: 'staff',
      authmethod: 'ticket',
      authprovider: 'static',
      transport: { protocol: 'wamp.2.msgpack' },
    };
    expect(await resultOf(root.call('wamp.session.get', [alice.session]))).toEqual(details);
    expect(await resultOf(root.call('wamp.session.get', [], {}, { session: alice.session }))).toEqual(details);
  });

  test.each([
    [[4711], 'wamp.error.no_such_session'],
    [['x'], 'wamp.error.no_such_session'],
    [[null], 'wamp.error.no_such_session'],
    [[-1], 'wamp.error.no_such_session'],
    [[0], 'wamp.error.no_such_session'],
    [[1.5], 'wamp.error.no_such_session'],
    [[[1]], 'wamp.error.no_such_session'],
    [[], 'wamp.error.no_such_session'],
  ])('of %j fails with %s', async (args, error) => {
    const { root } = await setUp();
    expect(errorOf(await root.call('wamp.session.get', args))).toBe(error);
    expect(errorOf(await root.call('wamp.session.kill', args))).toBe(error);
  });
});

describe('wamp.session.on_join and wamp.session.on_leave', () => {
  test('tell of those who come and go, and of nobody twice', async () => {
    const { postmaster, root } = await setUp();
    await root.subscribe('wamp.session.', { match: 'prefix' });
    const bob = await joinAs(postmaster, 'bob');
    const details = await resultOf(root.call('wamp.session.get', [bob.session]));
    await bob.subscribe('com.topic');
    bob.send(code.GOODBYE, {}, 'wamp.close.close_realm');
    await goodbye(bob);
    await bob.close();
    await settle(root);
    expect(told(root)).toEqual([
      ['wamp.session.on_join', [details]],
      ['wamp.session.on_leave', [bob.session, 'bob', 'guest']],
    ]);
  });

  test('tell of a session that loses its link or breaks the protocol, not of one that never joined', async () => {
    const { postmaster, root, alice, bob } = await setUp();
    await root.subscribe('wamp.session.on_leave');
    const challenged = connectV2InMemory(postmaster);
    await challenged.hello('realm1', { authid: 'bob', authmethods: ['ticket'] });
    await challenged.close();
    await alice.close();
    bob.send(code.HELLO, 'realm1', { roles: { caller: {} } });
    await bob.take(code.ABORT);
    await settle(root);
    const left = eventsOf(root).map(([, , , , args]) => (args as List)[0]);
    expect(sorted(left)).toEqual(sorted([alice.session, bob.session]));
  });

  test('tell of v1 sessions and of sessions in this process', async () => {
    const anonymous = [
      { uri: '', match: 'prefix', call: true, publish: true, subscribe: true },
      { uri: 'wamp.', match: 'prefix', call: true, subscribe: true },
    ] as const;
    const postmaster = createV2Router({ anonymous }, { v1: { open: true } });
    const peer = await joinV2(postmaster);
    await peer.subscribe('wamp.session.', { match: 'prefix' });
    const old = await connectV1InMemory(postmaster);
    const local = postmaster.session({ authid: 'inside' });
    await old.close();
    local.leave();
    await settle(peer);
    const [oldJoin, localJoin, ...left] = eventsOf(peer).map(([, , , , args]) => args as List);
    expect(oldJoin).toMatchObject([{ authid: '', authrole: 'anonymous', transport: { protocol: 'wamp.1' } }]);
    expect(localJoin).toMatchObject([{ session: local.id, authid: 'inside', authmethod: 'local' }]);
    expect(left).toHaveLength(2);
    expect(left).toContainEqual([local.id, 'inside', 'trusted']);
  });
});

describe('wamp.session.kill', () => {
  test('ends one session with GOODBYE, by default for wamp.close.killed and without a message', async () => {
    const { root, alice, again } = await setUp();
    expect(await root.call('wamp.session.kill', [alice.session])).toEqual([code.RESULT, 1, {}]);
    expect(await goodbye(alice)).toEqual([code.GOODBYE, {}, 'wamp.close.killed']);
    const ending = { reason: 'com.reason', message: 'go away' };
    await root.call('wamp.session.kill', [], {}, { session: again.session, ...ending });
    expect(await goodbye(again)).toEqual([code.GOODBYE, { message: 'go away' }, 'com.reason']);
    expect(await resultOf(root.call('wamp.session.count'))).toBe(2);
  });

  test('takes effect at once: nothing that the killed session sends is heard any more', async () => {
    const { root, alice } = await setUp();
    await root.subscribe('com.topic');
    await alice.subscribe('com.topic');
    await root.call('wamp.session.kill', [alice.session]);
    alice.send(code.PUBLISH, alice.next(), {}, 'com.topic', ['late']);
    await root.publish('com.topic', ['for nobody']);
    await goodbye(alice);
    await settle(root);
    expect(eventsOf(root)).toEqual([]);
    expect(eventsOf(alice)).toEqual([]);
  });

  test('leaves the link to another session after the GOODBYE of the peer', async () => {
    const { root, alice } = await setUp();
    const killed = alice.session;
    await root.call('wamp.session.kill', [killed]);
    await goodbye(alice);
    alice.send(code.GOODBYE, {}, 'wamp.close.goodbye_and_out');
    await alice.hello('realm1', { authid: 'alice', authmethods: ['ticket'] });
    alice.send(code.AUTHENTICATE, 'secret', {});
    expect((await alice.take(code.WELCOME))[1]).not.toBe(killed);
  });

  test('of oneself is no_such_session', async () => {
    const { root } = await setUp();
    expect(errorOf(await root.call('wamp.session.kill', [root.session]))).toBe('wamp.error.no_such_session');
  });

  const procedures = [
    ['wamp.session.kill', 1],
    ['wamp.session.kill_by_authid', 'alice'],
    ['wamp.session.kill_by_authrole', 'staff'],
    ['wamp.session.kill_all', undefined],
  ] as const;
  test.each(procedures)('refuses a malformed reason, and kills nobody (%s)', async (procedure, whom) => {
    const { root, alice } = await setUp();
    const args = whom === undefined ? [] : [whom === 1 ? alice.session : whom];
    for (const reason of ['', 'no uri', 'a..b', 17, 'a#b']) {
      expect(errorOf(await root.call(procedure, args, {}, { reason }))).toBe('wamp.error.invalid_uri');
    }
    for (const message of [17, 'x'.repeat(1025), 'ä'.repeat(513)]) {
      expect(errorOf(await root.call(procedure, args, {}, { message }))).toBe('wamp.error.invalid_argument');
    }
    expect(await resultOf(root.call('wamp.session.count'))).toBe(4);
  });

  test('takes a message of 1,024 octets', async () => {
    const { root, alice } = await setUp();
    const message = 'ä'.repeat(512);
    await root.call('wamp.session.kill', [alice.session], {}, { message });
    expect(await goodbye(alice)).toEqual([code.GOODBYE, { message }, 'wamp.close.killed']);
  });
});

describe('the killing of many', () => {
  const ending = { reason: 'com.reason', message: 'go' };

  test('by authid returns whom it killed, and spares the caller', async () => {
    const { root, alice, again, bob } = await setUp();
    expect(await resultOf(alice.call('wamp.session.kill_by_authid', ['alice']))).toEqual([again.session]);
    expect(await goodbye(again)).toEqual([code.GOODBYE, {}, 'wamp.close.killed']);
    const byName = { authid: 'bob', ...ending };
    expect(await resultOf(root.call('wamp.session.kill_by_authid', [], {}, byName))).toEqual([bob.session]);
    expect(await goodbye(bob)).toEqual([code.GOODBYE, { message: 'go' }, 'com.reason']);
    expect(await resultOf(root.call('wamp.session.kill_by_authid', ['nobody']))).toEqual([]);
  });

  test('by authrole returns how many it killed, and spares the caller', async () => {
    const { root, alice, again, bob } = await setUp();
    expect(await resultOf(alice.call('wamp.session.kill_by_authrole', ['staff']))).toBe(1);
    expect(await goodbye(again)).toEqual([code.GOODBYE, {}, 'wamp.close.killed']);
    const byName = { authrole: 'guest', ...ending };
    expect(await resultOf(root.call('wamp.session.kill_by_authrole', [], {}, byName))).toBe(1);
    expect(await goodbye(bob)).toEqual([code.GOODBYE, { message: 'go' }, 'com.reason']);
    expect(await resultOf(root.call('wamp.session.kill_by_authrole', ['nobody']))).toBe(0);
  });

  test('by authid or authrole is told to the others, with testaments', async () => {
    const { root, alice, bob } = await setUp();
    await alice.call('wamp.session.add_testament', ['com.testament', ['alice']]);
    await bob.call('wamp.session.add_testament', ['com.testament', ['bob']]);
    await root.subscribe('com.testament', { match: 'prefix' });
    await root.subscribe('wamp.session.on_leave', { match: 'prefix' });
    await root.call('wamp.session.kill_by_authid', ['alice']);
    await root.call('wamp.session.kill_by_authrole', ['guest']);
    await settle(root);
    expect(told(root).map((event) => (event as List)[0])).toEqual([
      'com.testament',
      'wamp.session.on_leave',
      'wamp.session.on_leave',
      'com.testament',
      'wamp.session.on_leave',
    ]);
  });

  test('all but the caller is silent: no meta events, no testaments', async () => {
    const { postmaster, root, alice, again, bob } = await setUp();
    await alice.call('wamp.session.add_testament', ['com.testament', ['alice']]);
    await bob.call('wamp.session.add_testament', ['com.testament', ['bob']], {}, { scope: 'detached' });
    await alice.register('com.procedure');
    await bob.subscribe('com.topic');
    await root.subscribe('', { match: 'prefix' });
    await root.subscribe('wamp.', { match: 'prefix' });
    await settle(root);
    const before = eventsOf(root).length;
    expect(await resultOf(root.call('wamp.session.kill_all', [], {}, ending))).toBe(3);
    for (const peer of [alice, again, bob]) {
      expect(await goodbye(peer)).toEqual([code.GOODBYE, { message: 'go' }, 'com.reason']);
      await peer.close();
    }
    await settle(root);
    expect(eventsOf(root).slice(before)).toEqual([]);
    expect(await resultOf(root.call('wamp.session.list'))).toEqual([root.session]);
    expect(errorOf(await root.call('com.procedure'))).toBe('wamp.error.no_such_procedure');
    expect(postmaster.stats()).toMatchObject({ sessions: 1, topics: 2 });
  });

  test('ends v1 sessions and sessions in this process as well', async () => {
    const everything = { call: true, register: true, publish: true, subscribe: true } as const;
    const anonymous = [
      { uri: '', match: 'prefix', ...everything },
      { uri: 'wamp.', match: 'prefix', ...everything },
    ] as const;
    const postmaster = createV2Router({ anonymous }, { v1: { open: true } });
    const peer = await joinV2(postmaster);
    const old = await connectV1InMemory(postmaster);
    const local = postmaster.session();
    expect(await resultOf(peer.call('wamp.session.kill_all'))).toBe(2);
    await old.closed;
    await expect(local.publish('com.topic')).rejects.toMatchObject({ uri: 'wamp.error.canceled' });
  });

  test('does not take from the router what it needs to let others in', async () => {
    const settings = withPrincipals(principals);
    const authenticators = { ticket: { procedure: 'com.principals' } };
    const postmaster = createV2Router({ ...settings, authenticators });
    postmaster.registerRPC('com.principals', () => ({ ticket: 'secret', role: 'root' }));
    const first = await joinAs(postmaster, 'first');
    await first.call('wamp.session.kill_all');
    const second = await joinAs(postmaster, 'second');
    expect((await second.publish('com.topic'))[0]).toBe(code.PUBLISHED);
  });
});
