import { describe, expect, test } from 'vitest';
import { serializerNames } from '../../src/codec/serializers.ts';
import { calleeWith, errorOf, heard, joinPair, nextInvocation } from '../support/calls.ts';
import { connectV2InMemory, joinV2 } from '../support/v2-client.ts';
import { code, createV2Router } from '../support/v2-router.ts';

// Basic Profile, "Registering and Unregistering"
describe('a registration', () => {
  test.each(serializerNames)('is acknowledged by REGISTERED and ended by UNREGISTERED in %s', async (serializer) => {
    const callee = await joinV2(createV2Router(), {}, serializer);
    const registered = await callee.ask(code.REGISTER, {}, 'com.procedure');
    expect(registered).toEqual([code.REGISTERED, 1, expect.any(Number)]);
    expect(await callee.ask(code.UNREGISTER, registered[2])).toEqual([code.UNREGISTERED, 2]);
  });

  test('is refused with procedure_already_exists when the procedure is registered by another callee', async () => {
    const { caller, callee } = await joinPair(createV2Router());
    await callee.register('com.procedure');
    expect(await caller.ask(code.REGISTER, {}, 'com.procedure')).toEqual([
      code.ERROR,
      code.REGISTER,
      1,
      {},
      'wamp.error.procedure_already_exists',
      ['"com.procedure" is already registered with the invocation policy "single"'],
    ]);
    await callee.register('com.shared', { invoke: 'first' });
    for (const invoke of ['single', 'roundrobin']) {
      expect((await caller.ask(code.REGISTER, { invoke }, 'com.shared')).slice(4)).toEqual([
        'wamp.error.procedure_already_exists',
        [`"com.shared" is already registered with the invocation policy "first", not "${invoke}"`],
      ]);
    }
  });

  test('is refused with procedure_already_exists when the same session has it', async () => {
    const callee = await joinV2(createV2Router());
    await callee.register('com.single');
    await callee.register('com.shared', { invoke: 'roundrobin' });
    expect(errorOf(await callee.ask(code.REGISTER, {}, 'com.single'))).toBe('wamp.error.procedure_already_exists');
    expect(errorOf(await callee.ask(code.REGISTER, { invoke: 'roundrobin' }, 'com.shared'))).toBe(
      'wamp.error.procedure_already_exists',
    );
  });

  test.each(['', 'com..procedure', 'com.with space', 'wamp.procedure'])(
    'is refused with invalid_uri for "%s" and the session lives on',
    async (procedure) => {
      const callee = await joinV2(createV2Router());
      expect(errorOf(await callee.ask(code.REGISTER, {}, procedure))).toBe('wamp.error.invalid_uri');
      expect(await callee.register('com.procedure')).toBeGreaterThan(0);
    },
  );

  test('has an id that no other registration of the router has', async () => {
    const { caller, callee } = await joinPair(createV2Router());
    const ids = [await callee.register('com.a'), await callee.register('com.b'), await caller.register('com.c')];
    expect(new Set(ids).size).toBe(3);
  });

  test.each([
    { match: 'fuzzy' },
    { invoke: 'all' },
    { concurrency: 0 },
    { force_reregister: 1 },
    { disclose_caller: 0 },
    { forward_timeout: 'yes' },
  ])('is refused with invalid_argument for %j', async (options) => {
    const callee = await joinV2(createV2Router());
    expect(errorOf(await callee.ask(code.REGISTER, options, 'com.procedure'))).toBe('wamp.error.invalid_argument');
  });

  test('is refused with not_authorized without the permission', async () => {
    const router = createV2Router({ anonymous: [{ uri: '', match: 'prefix', call: true }] });
    const callee = await joinV2(router);
    expect(errorOf(await callee.ask(code.REGISTER, {}, 'com.procedure'))).toBe('wamp.error.not_authorized');
  });

  test('precedes the first INVOCATION, however early the CALL is sent', async () => {
    const { caller, callee } = await joinPair(createV2Router());
    callee.send(code.REGISTER, callee.next(), {}, 'com.procedure');
    caller.send(code.CALL, caller.next(), {}, 'com.procedure');
    await callee.take(code.INVOCATION);
    expect(callee.received.map(([type]) => type)).toEqual([code.WELCOME, code.REGISTERED, code.INVOCATION]);
  });
});

// Basic Profile, "UNREGISTER" and "Unregister ERROR"
describe('UNREGISTER', () => {
  test('is refused with no_such_registration for an id that nobody has', async () => {
    const callee = await joinV2(createV2Router());
    expect(await callee.ask(code.UNREGISTER, 4711)).toEqual([
      code.ERROR,
      code.UNREGISTER,
      1,
      {},
      'wamp.error.no_such_registration',
      [expect.any(String)],
    ]);
  });

  test('is refused with no_such_registration for the registration of another session, which stays', async () => {
    const { caller, callee } = await joinPair(createV2Router());
    const registration = await callee.register('com.procedure');
    expect(errorOf(await caller.ask(code.UNREGISTER, registration))).toBe('wamp.error.no_such_registration');
    caller.send(code.CALL, caller.next(), {}, 'com.procedure');
    expect((await callee.take(code.INVOCATION))[2]).toBe(registration);
  });

  test('is refused the second time', async () => {
    const callee = await joinV2(createV2Router());
    const registration = await callee.register('com.procedure');
    await callee.ask(code.UNREGISTER, registration);
    expect(errorOf(await callee.ask(code.UNREGISTER, registration))).toBe('wamp.error.no_such_registration');
  });

  test('makes way for another callee', async () => {
    const { caller, callee } = await joinPair(createV2Router());
    await callee.ask(code.UNREGISTER, await callee.register('com.procedure'));
    expect(errorOf(await caller.call('com.procedure'))).toBe('wamp.error.no_such_procedure');
    expect(await caller.register('com.procedure')).toBeGreaterThan(0);
  });
});

// "REGISTER" option force_reregister: a client that lost its connection takes its old place
describe('force_reregister', () => {
  const principals = { alice: { role: 'user', ticket: 'a' }, bob: { role: 'user', ticket: 'b' } };
  const admin = { root: { role: 'admin', ticket: 'r' } };
  const everything = [{ uri: '', match: 'prefix', call: true, register: true }] as const;
  const createRouter = () =>
    createV2Router({
      authenticators: { ticket: { ...principals, ...admin } },
      roles: { user: everything, admin: everything },
      forceReregister: ['admin'],
    });
  const login = async (router: ReturnType<typeof createV2Router>, authid: string, details: object = {}) => {
    const peer = connectV2InMemory(router);
    const { roles } = { ...calleeWith('registration_revocation'), ...details } as { roles: object };
    peer.send(code.HELLO, 'realm1', { roles, authid, authmethods: ['ticket'] });
    await peer.take(code.CHALLENGE);
    peer.send(code.AUTHENTICATE, authid.charAt(0), {});
    await peer.take(code.WELCOME);
    return peer;
  };

  test('takes a procedure over from another session of the same authid, which hears UNREGISTERED 0', async () => {
    const router = createRouter();
    const [old, fresh] = [await login(router, 'alice'), await login(router, 'alice')];
    const before = await old.register('com.procedure');
    const after = await fresh.register('com.procedure', { force_reregister: true });
    expect(after).toBeGreaterThan(0);
    expect(await old.take(code.UNREGISTERED)).toEqual([
      code.UNREGISTERED,
      0,
      {
        registration: before,
        reason: 'postmaster.revoked.replaced',
        message: 'another session has taken over the registration',
      },
    ]);
    fresh.send(code.CALL, fresh.next(), {}, 'com.procedure');
    expect((await fresh.take(code.INVOCATION))[2]).toBe(after);
  });

  test('takes nothing over from another authid', async () => {
    const router = createRouter();
    const [alice, bob] = [await login(router, 'alice'), await login(router, 'bob')];
    await alice.register('com.procedure');
    const answer = await bob.ask(code.REGISTER, { force_reregister: true }, 'com.procedure');
    expect(errorOf(answer)).toBe('wamp.error.not_authorized');
    expect(heard(alice, code.UNREGISTERED)).toEqual([]);
  });

  test('takes over from another authid for a role that may', async () => {
    const router = createRouter();
    const [alice, root] = [await login(router, 'alice'), await login(router, 'root')];
    await alice.register('com.procedure');
    expect(await root.register('com.procedure', { force_reregister: true })).toBeGreaterThan(0);
    expect((await alice.take(code.UNREGISTERED))[1]).toBe(0);
  });

  test('tells a callee nothing that did not announce registration_revocation', async () => {
    const router = createRouter();
    const [old, fresh] = [await login(router, 'alice', calleeWith()), await login(router, 'alice')];
    await old.register('com.procedure');
    expect(await fresh.register('com.procedure', { force_reregister: true })).toBeGreaterThan(0);
    await old.barrier();
    expect(heard(old, code.UNREGISTERED)).toEqual([]);
  });

  test('takes no procedure of the router itself', async () => {
    const router = createRouter();
    router.registerRPC('com.procedure', () => 'router');
    const root = await login(router, 'root');
    const answer = await root.ask(code.REGISTER, { force_reregister: true }, 'com.procedure');
    expect(errorOf(answer)).toBe('wamp.error.not_authorized');
    expect((await root.call('com.procedure'))[3]).toEqual(['router']);
  });

  test('lets calls that are under way at the old callee finish', async () => {
    const router = createRouter();
    const [old, fresh] = [await login(router, 'alice'), await login(router, 'alice')];
    await old.register('com.procedure');
    const answer = fresh.call('com.procedure');
    const invocation = await nextInvocation(old);
    await fresh.register('com.procedure', { force_reregister: true });
    old.send(code.YIELD, invocation, {}, ['old']);
    expect((await answer)[3]).toEqual(['old']);
  });
});
