import { describe, expect, test } from 'vitest';
import { beginCall, calleeWith, errorOf, heard, joinPair, leave, nextInvocation } from '../support/calls.ts';
import type { List, V2Peer } from '../support/v2-client.ts';
import { joinV2 } from '../support/v2-client.ts';
import { code, createV2Router } from '../support/v2-router.ts';

/** What a meta procedure answers: its one result, or the URI of its ERROR. */
const ask = async (peer: V2Peer, name: string, args: List = [], kwargs?: object): Promise<unknown> => {
  const answer = await peer.call(`wamp.registration.${name}`, args, {}, kwargs);
  return errorOf(answer) ?? (answer[3] as List | undefined)?.[0];
};

const iso = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

// Advanced Profile, "Registration Meta API", "Procedures"
describe('wamp.registration', () => {
  /** A peer that asks, a callee, and the ids of its registrations by match. */
  const registered = async () => {
    const { caller, callee } = await joinPair(createV2Router());
    const ids = {
      exact: await callee.register('com.exact', { invoke: 'roundrobin' }),
      prefix: await callee.register('com.prefix', { match: 'prefix' }),
      wildcard: await callee.register('com..wildcard', { match: 'wildcard' }),
    };
    return { caller, callee, ids };
  };

  test('.list has the ids of all registrations by match, and none of the router', async () => {
    const { caller, ids } = await registered();
    expect(await ask(caller, 'list')).toEqual({ exact: [ids.exact], prefix: [ids.prefix], wildcard: [ids.wildcard] });
  });

  test('.list has three empty lists when there is no registration', async () => {
    const caller = await joinV2(createV2Router());
    expect(await ask(caller, 'list')).toEqual({ exact: [], prefix: [], wildcard: [] });
  });

  test('.lookup finds the registration of exactly this URI and match, or null', async () => {
    const { caller, ids } = await registered();
    expect(await ask(caller, 'lookup', ['com.exact'])).toBe(ids.exact);
    expect(await ask(caller, 'lookup', ['com.exact', { match: 'exact' }])).toBe(ids.exact);
    expect(await ask(caller, 'lookup', ['com.prefix', { match: 'prefix' }])).toBe(ids.prefix);
    expect(await ask(caller, 'lookup', ['com..wildcard', { match: 'wildcard' }])).toBe(ids.wildcard);
    expect(await ask(caller, 'lookup', ['com.prefix'])).toBe(null);
    expect(await ask(caller, 'lookup', ['com.exact', { match: 'prefix' }])).toBe(null);
    expect(await ask(caller, 'lookup', [], { procedure: 'com.prefix', options: { match: 'prefix' } })).toBe(ids.prefix);
  });

  test('.match finds the registration that a call would go to, or null', async () => {
    const { caller, ids } = await registered();
    expect(await ask(caller, 'match', ['com.exact'])).toBe(ids.exact);
    expect(await ask(caller, 'match', ['com.prefix.any'])).toBe(ids.prefix);
    expect(await ask(caller, 'match', ['com.any.wildcard'])).toBe(ids.wildcard);
    expect(await ask(caller, 'match', ['com.prefix.wildcard'])).toBe(ids.prefix);
    expect(await ask(caller, 'match', ['org.any'])).toBe(null);
    expect(await ask(caller, 'match', [], { procedure: 'com.exact' })).toBe(ids.exact);
  });

  test('.get has id, created, uri, match and invoke of a registration', async () => {
    const { caller, ids } = await registered();
    const details = { id: ids.exact, created: iso, uri: 'com.exact', match: 'exact', invoke: 'roundrobin' };
    expect(await ask(caller, 'get', [ids.exact])).toEqual(details);
    expect(await ask(caller, 'get', [], { registration: ids.exact })).toEqual(details);
    expect(await ask(caller, 'get', [ids.prefix])).toMatchObject({ match: 'prefix', invoke: 'single' });
  });

  test('.list_callees and .count_callees tell who is attached to a registration', async () => {
    const { caller, callee, ids } = await registered();
    expect(await ask(caller, 'list_callees', [ids.exact])).toEqual([callee.session]);
    await caller.register('com.exact', { invoke: 'roundrobin' });
    expect(await ask(caller, 'list_callees', [ids.exact])).toEqual([callee.session, caller.session]);
    expect(await ask(caller, 'count_callees', [], { registration: ids.exact })).toBe(2);
    await leave(callee);
    expect(await ask(caller, 'list_callees', [ids.exact])).toEqual([caller.session]);
    expect(await ask(caller, 'count_callees', [ids.exact])).toBe(1);
  });

  test.each(['get', 'list_callees', 'count_callees', 'remove_callee'])(
    '.%s of an id that nobody has, or that is none, ends in no_such_registration',
    async (name) => {
      const caller = await joinV2(createV2Router());
      expect(await ask(caller, name)).toBe('wamp.error.no_such_registration');
      for (const id of [4711, '4711', null, -1, 0, 1.5, [1], 2 ** 53]) {
        expect(await ask(caller, name, [id, 1])).toBe('wamp.error.no_such_registration');
      }
    },
  );

  test.each(['lookup', 'match'])('.%s without a URI ends in invalid_argument', async (name) => {
    const caller = await joinV2(createV2Router());
    expect(await ask(caller, name)).toBe('wamp.error.invalid_argument');
    expect(await ask(caller, name, [1])).toBe('wamp.error.invalid_argument');
  });

  test("knows nothing of the router's own procedures", async () => {
    const caller = await joinV2(createV2Router());
    expect(await ask(caller, 'lookup', ['wamp.registration.list'])).toBe(null);
    expect(await ask(caller, 'match', ['wamp.registration.list'])).toBe(null);
    for (let id = 1; id < 40; id += 1) expect(await ask(caller, 'get', [id])).toBe('wamp.error.no_such_registration');
  });

  test('is called by those only who may', async () => {
    const caller = await joinV2(createV2Router({ anonymous: [{ uri: 'com.', match: 'prefix', call: true }] }));
    expect(await ask(caller, 'list')).toBe('wamp.error.not_authorized');
  });
});

// Advanced Profile, "Registration Revocation"
describe('wamp.registration.remove_callee', () => {
  test('takes a callee out, which hears UNREGISTERED with request 0, its registration and the reason', async () => {
    const { caller, callee } = await joinPair(createV2Router(), calleeWith('registration_revocation'));
    const registration = await callee.register('com.procedure');
    const answer = caller.call('wamp.registration.remove_callee', [registration, callee.session, 'com.moved']);
    expect(await callee.take(code.UNREGISTERED)).toEqual([code.UNREGISTERED, 0, { registration, reason: 'com.moved' }]);
    expect((await answer)[0]).toBe(code.RESULT);
    expect(errorOf(await caller.call('com.procedure'))).toBe('wamp.error.no_such_procedure');
    expect(errorOf(await callee.ask(code.UNREGISTER, registration))).toBe('wamp.error.no_such_registration');
  });

  test.each([41, 512])('gives a URI of %i octets as reason as it is', async (octets) => {
    const { caller, callee } = await joinPair(createV2Router());
    const registration = await callee.register('com.procedure');
    const reason = `com.${'a'.repeat(octets - 4)}`;
    await ask(caller, 'remove_callee', [registration, callee.session], { reason });
    expect(await callee.take(code.UNREGISTERED)).toEqual([code.UNREGISTERED, 0, { registration, reason }]);
  });

  // A mainstream client in Python ends its link over a reason that is no URI.
  test.each(['moving endpoint', '', 'a..b', `com.${'a'.repeat(509)}`])(
    'says %j, which is no URI, in the message, and gives a URI as reason',
    async (text) => {
      const { caller, callee } = await joinPair(createV2Router());
      const registration = await callee.register('com.procedure');
      await ask(caller, 'remove_callee', [registration, callee.session], { reason: text });
      const details = { registration, reason: 'postmaster.revoked.removed', message: text };
      expect(await callee.take(code.UNREGISTERED)).toEqual([code.UNREGISTERED, 0, details]);
    },
  );

  test.each([undefined, null])('gives no reason when %s was given', async (none) => {
    const { caller, callee } = await joinPair(createV2Router());
    const registration = await callee.register('com.procedure');
    await ask(caller, 'remove_callee', [], { registration, session: callee.session, reason: none });
    expect(await callee.take(code.UNREGISTERED)).toEqual([code.UNREGISTERED, 0, { registration }]);
  });

  test('takes nobody out for a reason of more than 1,024 octets', async () => {
    const { caller, callee } = await joinPair(createV2Router());
    const registration = await callee.register('com.procedure');
    const args = [registration, callee.session, 'x'.repeat(1025)];
    expect(await ask(caller, 'remove_callee', args)).toBe('wamp.error.invalid_argument');
    expect(await ask(caller, 'count_callees', [registration])).toBe(1);
  });

  test('sends nothing to a callee that did not announce registration_revocation, which on_unregister tells', async () => {
    const { caller, callee } = await joinPair(createV2Router(), calleeWith());
    await callee.subscribe('wamp.registration.on_unregister');
    const registration = await callee.register('com.procedure');
    await ask(caller, 'remove_callee', [registration, callee.session]);
    expect((await callee.take(code.EVENT))[4]).toEqual([callee.session, registration]);
    await callee.barrier();
    expect(heard(callee, code.UNREGISTERED)).toEqual([]);
  });

  test('leaves the other callees of a shared registration, and calls that are under way', async () => {
    const { caller, callee } = await joinPair(createV2Router());
    const registration = await callee.register('com.procedure', { invoke: 'first' });
    await caller.register('com.procedure', { invoke: 'first' });
    const answer = caller.call('com.procedure');
    const invocation = await nextInvocation(callee);
    await ask(caller, 'remove_callee', [registration, callee.session]);
    beginCall(caller, 'com.procedure');
    expect(await nextInvocation(caller)).toBe(1);
    callee.send(code.YIELD, invocation, {}, ['mine']);
    expect((await answer)[3]).toEqual(['mine']);
  });

  test('ends in no_such_session for a session that is none of its callees', async () => {
    const { caller, callee } = await joinPair(createV2Router());
    const registration = await callee.register('com.procedure');
    for (const id of [caller.session, 'x', null, -1, 0, 1.5, [1]]) {
      expect(await ask(caller, 'remove_callee', [registration, id])).toBe('wamp.error.no_such_session');
    }
    expect(await ask(caller, 'remove_callee', [registration])).toBe('wamp.error.no_such_session');
    expect(await ask(caller, 'count_callees', [registration])).toBe(1);
  });
});

// Advanced Profile, "Registration Meta API", "Events"
describe('registration meta events', () => {
  const topics = ['on_create', 'on_register', 'on_unregister', 'on_delete'] as const;
  /** Subscribes a peer to all of them; what it has heard, as [name, ...args]. */
  const watch = async (peer: V2Peer): Promise<() => readonly List[]> => {
    const names = new Map<unknown, string>();
    for (const name of topics) names.set(await peer.subscribe(`wamp.registration.${name}`), name);
    return () =>
      heard(peer, code.EVENT).map(([, subscription, , , args]) => [names.get(subscription), ...(args as List)]);
  };

  test('tell of the first callee, the others, and the last, in this order', async () => {
    const router = createV2Router();
    const { caller: watcher, callee: first } = await joinPair(router);
    const second = await joinV2(router);
    const events = await watch(watcher);
    const id = await first.register('com.procedure', { invoke: 'roundrobin' });
    await second.register('com.procedure', { invoke: 'roundrobin' });
    await first.ask(code.UNREGISTER, id);
    await second.ask(code.UNREGISTER, id);
    await watcher.barrier();
    const details = { id, created: iso, uri: 'com.procedure', match: 'exact', invoke: 'roundrobin' };
    expect(events()).toEqual([
      ['on_create', first.session, details],
      ['on_register', first.session, id],
      ['on_register', second.session, id],
      ['on_unregister', first.session, id],
      ['on_unregister', second.session, id],
      ['on_delete', second.session, id],
    ]);
  });

  test.each([
    ['GOODBYE', leave],
    ['a dropped wire', (peer: V2Peer) => peer.close()],
  ] as const)('tell of a callee that leaves by %s: on_unregister, then on_delete', async (_, go) => {
    const { caller: watcher, callee } = await joinPair(createV2Router());
    const ids = [await callee.register('com.a'), await callee.register('com.', { match: 'prefix' })];
    const events = await watch(watcher);
    const last = watcher.take((message) => message[0] === code.EVENT && (message[4] as List)[1] === ids[1]);
    await go(callee);
    await last;
    await watcher.barrier();
    expect(events()).toEqual(
      ids.flatMap((id) => [
        ['on_unregister', callee.session, id],
        ['on_delete', callee.session, id],
      ]),
    );
  });

  test('tell of a callee that is revoked', async () => {
    const { caller: watcher, callee } = await joinPair(createV2Router());
    const id = await callee.register('com.procedure');
    const events = await watch(watcher);
    await ask(watcher, 'remove_callee', [id, callee.session]);
    await watcher.barrier();
    expect(events()).toEqual([
      ['on_unregister', callee.session, id],
      ['on_delete', callee.session, id],
    ]);
  });

  test('tell of the URI and match of a pattern', async () => {
    const { caller: watcher, callee } = await joinPair(createV2Router());
    const events = await watch(watcher);
    await callee.register('com..procedure', { match: 'wildcard', invoke: 'last' });
    await watcher.barrier();
    expect(events()[0]?.[2]).toMatchObject({ uri: 'com..procedure', match: 'wildcard', invoke: 'last' });
  });

  test('come to the session that caused them after its acknowledgement', async () => {
    const callee = await joinV2(createV2Router());
    const events = await watch(callee);
    const id = await callee.register('com.procedure');
    await callee.ask(code.UNREGISTER, id);
    await callee.barrier();
    expect(events().map(([name]) => name)).toEqual(topics);
    const kinds = callee.received
      .map(([type]) => type)
      .filter((type) => type === code.EVENT || type === code.REGISTERED || type === code.UNREGISTERED);
    expect(kinds).toEqual([code.REGISTERED, code.EVENT, code.EVENT, code.UNREGISTERED, code.EVENT, code.EVENT]);
  });

  test('say nothing of a registration under the name of the router', async () => {
    const { caller: watcher, callee } = await joinPair(createV2Router());
    const events = await watch(watcher);
    await callee.ask(code.UNREGISTER, await callee.register('wamp'));
    await watcher.barrier();
    expect(events()).toEqual([]);
  });

  test('say nothing of a REGISTER that was refused', async () => {
    const { caller: watcher, callee } = await joinPair(createV2Router());
    await callee.register('com.procedure');
    const events = await watch(watcher);
    await callee.ask(code.REGISTER, {}, 'com.procedure');
    await callee.ask(code.REGISTER, {}, 'wamp.procedure');
    await callee.ask(code.UNREGISTER, 4711);
    await watcher.barrier();
    expect(events()).toEqual([]);
  });
});
