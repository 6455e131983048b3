/** The meta API: every procedure and topic, and the order of its events. */

import { describe, expect, test } from 'vitest';
import { basicRoles, joinV2 } from '../support/v2-client.ts';
import { code, createV2Router, everythingAndMeta } from '../support/v2-router.ts';

const resultOf = (answer: readonly unknown[]): unknown =>
  answer[0] === code.RESULT ? ((answer[3] as readonly unknown[] | undefined) ?? [])[0] : answer[4];

// Advanced Profile, "Session Meta API"
describe('wamp.session.', () => {
  const setUp = async () => {
    const router = createV2Router({
      roles: { user: everythingAndMeta },
      authenticators: { ticket: { joe: { ticket: 'x', role: 'user', provider: 'ldap' } } },
    });
    const admin = await joinV2(router);
    const user = await (await import('../support/v2-client.ts')).connectV2InMemory(router);
    await user.hello('realm1', { authmethods: ['ticket'], authid: 'joe' });
    user.send(5, 'x', {});
    user.session = (await user.take(code.WELCOME))[1] as number;
    const ask = async (procedure: string, args: readonly unknown[] = [], kwargs?: object) =>
      resultOf(await admin.call(`wamp.session.${procedure}`, args, {}, kwargs));
    return { router, admin, user, ask };
  };

  test('count and list tell sessions, of some roles by position or by name', async () => {
    const { admin, user, ask } = await setUp();
    expect(await ask('count')).toBe(2);
    expect(await ask('count', [['user']])).toBe(1);
    expect(await ask('count', [], { filter_authroles: ['anonymous', 'user'] })).toBe(2);
    expect(await ask('count', [['nobody']])).toBe(0);
    expect(await ask('list')).toEqual([admin.session, user.session]);
    expect(await ask('list', [['anonymous']])).toEqual([admin.session]);
    expect(await ask('count', [5])).toBe('wamp.error.invalid_argument');
  });

  test('get tells who somebody is, and no secret', async () => {
    const { user, ask } = await setUp();
    const details = {
      session: user.session,
      authid: 'joe',
      authrole: 'user',
      authmethod: 'ticket',
      authprovider: 'ldap',
      transport: { protocol: 'wamp.2.json' },
    };
    expect(await ask('get', [user.session])).toEqual(details);
    expect(await ask('get', [], { session: user.session })).toEqual(details);
    expect(await ask('get', [1])).toBe('wamp.error.no_such_session');
    expect(await ask('get', ['x'])).toBe('wamp.error.no_such_session');
  });

  test('kill ends another session with a reason and a message, never the own one', async () => {
    const { admin, user, ask } = await setUp();
    expect(await ask('kill', [admin.session])).toBe('wamp.error.no_such_session');
    expect(await ask('kill', [user.session], { reason: 'no uri' })).toBe('wamp.error.invalid_uri');
    expect(await ask('kill', [user.session], { reason: '' })).toBe('wamp.error.invalid_uri');
    expect(await ask('kill', [user.session], { reason: 'com.why', message: 'because' })).toBeUndefined();
    expect(await user.take(code.GOODBYE)).toEqual([6, { message: 'because' }, 'com.why']);
    expect(await ask('kill', [user.session])).toBe('wamp.error.no_such_session');
    expect(await ask('count')).toBe(1);
  });

  test('kill_by_authid answers ids, kill_by_authrole a number, and the caller is spared', async () => {
    const { user, ask, router, admin } = await setUp();
    expect(await ask('kill_by_authid', ['joe'])).toEqual([user.session]);
    expect(await user.take(code.GOODBYE)).toEqual([6, {}, 'wamp.close.killed']);
    const [one, two] = [await joinV2(router), await joinV2(router)];
    expect(await ask('kill_by_authrole', [], { authrole: 'anonymous' })).toBe(2);
    for (const peer of [one, two]) expect((await peer.take(code.GOODBYE))[2]).toBe('wamp.close.killed');
    expect(await ask('list')).toEqual([admin.session]);
  });

  test('kill_all spares the caller, and neither leaves nor testaments are told of', async () => {
    const { admin, user, ask } = await setUp();
    await admin.subscribe('', { match: 'prefix' });
    await user.call('wamp.session.add_testament', ['com.testament', [1], {}]);
    await user.subscribe('com.topic');
    await admin.barrier();
    const before = admin.untaken(code.EVENT).length;
    expect(await ask('kill_all', [], { reason: 'com.maintenance' })).toBe(1);
    expect((await user.take(code.GOODBYE))[2]).toBe('com.maintenance');
    await admin.barrier();
    expect(admin.untaken(code.EVENT)).toHaveLength(before);
  });

  test('on_join and on_leave are told to who subscribes, after WELCOME, once each', async () => {
    const { router, admin } = await setUp();
    const join = await admin.subscribe('wamp.session.on_join');
    const leave = await admin.subscribe('wamp.session.on_leave');
    const peer = await joinV2(router, {}, 'cbor');
    const { authid } = peer.welcome;
    expect((await admin.take(code.EVENT)).filter((_, at) => at !== 2)).toEqual([
      36,
      join,
      {},
      [
        {
          session: peer.session,
          authid,
          authrole: 'anonymous',
          authmethod: 'anonymous',
          authprovider: 'static',
          transport: { protocol: 'wamp.2.cbor' },
        },
      ],
    ]);
    await peer.close();
    const [, id, , , args] = await admin.take(code.EVENT);
    expect([id, args]).toEqual([leave, [peer.session, authid, 'anonymous']]);
    await admin.barrier();
    expect(admin.untaken(code.EVENT)).toEqual([]);
  });
});

// Advanced Profile, "Subscription Meta API"
describe('wamp.subscription.', () => {
  test('list, lookup, match, get, list_subscribers and count_subscribers tell what there is', async () => {
    const router = createV2Router();
    const [admin, peer] = [await joinV2(router), await joinV2(router)];
    const exact = await peer.subscribe('com.a');
    const prefix = await peer.subscribe('com.', { match: 'prefix' });
    const wildcard = await peer.subscribe('.a', { match: 'wildcard' });
    await admin.subscribe('com.a');
    const ask = async (procedure: string, args: readonly unknown[] = [], kwargs?: object) =>
      resultOf(await admin.call(`wamp.subscription.${procedure}`, args, {}, kwargs));
    expect(await ask('list')).toEqual({ exact: [exact], prefix: [prefix], wildcard: [wildcard] });
    expect(await ask('lookup', ['com.a'])).toBe(exact);
    expect(await ask('lookup', ['com.', { match: 'prefix' }])).toBe(prefix);
    expect(await ask('lookup', [], { topic: '.a', options: { match: 'wildcard' } })).toBe(wildcard);
    expect(await ask('lookup', ['com.b'])).toBeNull();
    expect(await ask('match', ['com.a'])).toEqual([exact, prefix, wildcard]);
    expect(await ask('match', ['org.b'])).toBeNull();
    expect(await ask('get', [prefix])).toEqual({
      id: prefix,
      created: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      uri: 'com.',
      match: 'prefix',
    });
    expect(await ask('list_subscribers', [exact])).toEqual([peer.session, admin.session]);
    expect(await ask('count_subscribers', [], { subscription: exact })).toBe(2);
    for (const procedure of ['get', 'list_subscribers', 'count_subscribers']) {
      expect(await ask(procedure, [999])).toBe('wamp.error.no_such_subscription');
    }
  });

  test('events come in pairs and in order, after the acknowledgement that caused them, also at the end of a session', async () => {
    const router = createV2Router();
    const [watcher, peer] = [await joinV2(router), await joinV2(router)];
    await watcher.subscribe('wamp.subscription.', { match: 'prefix' });
    await watcher.barrier();
    for (const _ of watcher.untaken(code.EVENT)) await watcher.take(code.EVENT);
    const told = async (): Promise<unknown[]> => {
      await watcher.barrier();
      const events = [...watcher.untaken(code.EVENT)];
      for (const _ of events) await watcher.take(code.EVENT);
      return events.map(([, , , details, args]) => [
        (details as { topic: string }).topic.replace('wamp.subscription.', ''),
        (args as unknown[])[0],
        typeof (args as unknown[])[1] === 'object'
          ? ((args as unknown[])[1] as { id: number }).id
          : (args as unknown[])[1],
      ]);
    };
    const id = await peer.subscribe('com.topic');
    expect(await told()).toEqual([
      ['on_create', peer.session, id],
      ['on_subscribe', peer.session, id],
    ]);
    await peer.subscribe('com.topic');
    expect(await told()).toEqual([]);
    const second = await joinV2(router);
    await second.subscribe('com.topic');
    expect(await told()).toEqual([['on_subscribe', second.session, id]]);
    await peer.ask(code.UNSUBSCRIBE, id);
    expect(await told()).toEqual([['on_unsubscribe', peer.session, id]]);
    await second.close();
    await new Promise(setImmediate);
    expect(await told()).toEqual([
      ['on_unsubscribe', second.session, id],
      ['on_delete', second.session, id],
    ]);
  });

  test('an event about the own subscription comes after its SUBSCRIBED', async () => {
    const peer = await joinV2(createV2Router());
    for (const topic of ['on_create', 'on_subscribe']) await peer.subscribe(`wamp.subscription.${topic}`);
    await peer.subscribe('com.topic');
    await peer.barrier();
    const messages = peer.received.filter(([type]) => type === code.SUBSCRIBED || type === code.EVENT);
    const ack = messages.findLastIndex(([type]) => type === code.SUBSCRIBED);
    expect(messages.slice(ack + 1)).toHaveLength(2);
  });
});

// Advanced Profile, "Registration Meta API", "Registration Revocation"
describe('wamp.registration.', () => {
  test('list, lookup, match, get, list_callees and count_callees tell what there is, the router left out', async () => {
    const router = createV2Router();
    router.registerRPC('com.program', () => 1);
    const [admin, peer] = [await joinV2(router), await joinV2(router)];
    const exact = await peer.register('com.a', { invoke: 'roundrobin' });
    await admin.register('com.a', { invoke: 'roundrobin' });
    const prefix = await peer.register('com.b', { match: 'prefix' });
    const ask = async (procedure: string, args: readonly unknown[] = [], kwargs?: object) =>
      resultOf(await admin.call(`wamp.registration.${procedure}`, args, {}, kwargs));
    const program = await ask('lookup', ['com.program']);
    expect(await ask('list')).toEqual({ exact: [program, exact], prefix: [prefix], wildcard: [] });
    expect(await ask('lookup', [], { procedure: 'com.b', options: { match: 'prefix' } })).toBe(prefix);
    expect(await ask('lookup', ['com.b'])).toBeNull();
    expect(await ask('match', ['com.b.c'])).toBe(prefix);
    expect(await ask('match', ['wamp.session.kill'])).toBeNull();
    expect(await ask('get', [exact])).toEqual({
      id: exact,
      created: expect.any(String),
      uri: 'com.a',
      match: 'exact',
      invoke: 'roundrobin',
    });
    expect(await ask('list_callees', [exact])).toEqual([peer.session, admin.session]);
    expect(await ask('count_callees', [exact])).toBe(2);
    expect(await ask('count_callees', [program])).toBe(0);
    expect(await ask('get', [1])).toBe('wamp.error.no_such_registration');
  });

  test('events come in pairs and in order, and REGISTERED before them', async () => {
    const router = createV2Router();
    const [watcher, peer, other] = [await joinV2(router), await joinV2(router), await joinV2(router)];
    await watcher.subscribe('wamp.registration.', { match: 'prefix' });
    const id = await peer.register('com.a', { invoke: 'first' });
    await other.register('com.a', { invoke: 'first' });
    await peer.ask(code.UNREGISTER, id);
    await other.close();
    await new Promise(setImmediate);
    router.registerRPC('com.program', () => 1);
    await watcher.barrier();
    const told = watcher
      .untaken(code.EVENT)
      .map(([, , , details, args]) => [
        (details as { topic: string }).topic.replace('wamp.registration.', ''),
        (args as unknown[])[0],
      ]);
    expect(told).toEqual([
      ['on_create', peer.session],
      ['on_register', peer.session],
      ['on_register', other.session],
      ['on_unregister', peer.session],
      ['on_unregister', other.session],
      ['on_delete', other.session],
    ]);
  });

  test.each([true, false])('remove_callee revokes, and tells a callee that announced it: %s', async (isCapable) => {
    const router = createV2Router();
    const admin = await joinV2(router);
    const peer = await joinV2(router, isCapable ? {} : { roles: basicRoles });
    const id = await peer.register('com.a');
    const answer = await admin.call('wamp.registration.remove_callee', [id, peer.session], {}, { reason: 'moving' });
    expect(answer[0]).toBe(code.RESULT);
    await peer.barrier();
    expect(peer.untaken(code.UNREGISTERED)).toEqual(isCapable ? [[67, 0, { registration: id, reason: 'moving' }]] : []);
    expect((await admin.call('com.a'))[4]).toBe('wamp.error.no_such_procedure');
    expect(resultOf(await admin.call('wamp.registration.remove_callee', [id, peer.session]))).toBe(
      'wamp.error.no_such_registration',
    );
  });
});

test('the meta API is for those whose role names it', async () => {
  const router = createV2Router({
    anonymous: [{ uri: '', match: 'prefix', call: true, subscribe: true, publish: true, register: true }],
  });
  const peer = await joinV2(router);
  for (const procedure of ['session.kill_all', 'session.list', 'registration.list', 'subscription.list']) {
    expect((await peer.call(`wamp.${procedure}`))[4]).toBe('wamp.error.not_authorized');
  }
  expect((await peer.ask(code.SUBSCRIBE, {}, 'wamp.session.on_join'))[4]).toBe('wamp.error.not_authorized');
});
