import { describe, expect, test, vi } from 'vitest';
import type { RealmSettings } from '../../src/index.ts';
import { errorOf } from '../support/calls.ts';
import { createPatient, isAboutCallee } from '../support/patient.ts';
import { joinAs, settle, withPrincipals } from '../support/principals.ts';
import type { V2Peer } from '../support/v2-client.ts';
import { code, createV2Router } from '../support/v2-router.ts';

const everyRegistration = { uri: '', match: 'prefix', register: true } as const;
const noSecrets = [everyRegistration, { uri: 'com.secret.', match: 'prefix', register: false }] as const;
const noSuchProcedure = 'wamp.error.no_such_procedure';

const principals = [
  ['caller', 'root'],
  ['other', 'root'],
  ['narrow', 'narrow'],
  ['narrow2', 'narrow'],
  ['wide', 'wide'],
] as const;

const setUp = async (realm: Partial<RealmSettings> = {}) => {
  const roles = { narrow: noSecrets, wide: [everyRegistration] };
  const router = createV2Router({ ...withPrincipals(principals, roles), ...realm });
  return { router, caller: await joinAs(router, 'caller'), narrow: await joinAs(router, 'narrow') };
};

const invocations = (peer: V2Peer): readonly unknown[] =>
  peer.received.flatMap(([type, , , details]) =>
    type === code.INVOCATION ? [(details as { procedure: string }).procedure] : [],
  );

/** Answers every call that a peer is invoked for with its name, or the error. */
const answer = async (peer: V2Peer, name: string, error?: string): Promise<void> => {
  const [, invocation] = await peer.take(code.INVOCATION);
  if (error) peer.send(code.ERROR, code.INVOCATION, invocation, {}, error);
  else peer.send(code.YIELD, invocation, {}, [name]);
};

// Advanced Profile, "Pattern-based Registrations" and "Authorization"
describe('a call under a pattern', () => {
  test('does not reach a callee that may not register its URI', async () => {
    const { caller, narrow } = await setUp();
    await narrow.register('', { match: 'prefix' });
    await narrow.register('com.secret', { match: 'prefix' });
    await narrow.register('..', { match: 'wildcard' });
    expect(errorOf(await caller.call('com.secret.x', ['confidential']))).toBe(noSuchProcedure);
    expect(invocations(narrow)).toEqual([]);
    expect((await caller.call('wamp.registration.match', ['com.secret.x']))[3]).toEqual([null]);
    const result = caller.call('com.open.x');
    await answer(narrow, 'narrow');
    expect((await result)[3]).toEqual(['narrow']);
  });

  test('of what is reserved reaches nobody, whatever the rules say', async () => {
    const { caller, router } = await setUp();
    const callee = await joinAs(router, 'other');
    for (const prefix of ['', 'w', 'wam', 'http:']) await callee.register(prefix, { match: 'prefix' });
    await callee.register('.x', { match: 'wildcard' });
    for (const uri of ['wamp', 'wamp.x', 'wamp.session.none', 'http://api.wamp.ws/x']) {
      expect([uri, errorOf(await caller.call(uri, ['confidential']))]).toEqual([uri, noSuchProcedure]);
      expect((await caller.call('wamp.registration.match', [uri]))[3]).toEqual([null]);
    }
    expect(invocations(callee)).toEqual([]);
  });

  test('goes to the next best registration that has a callee for it', async () => {
    const { caller, narrow, router } = await setUp();
    const wide = await joinAs(router, 'wide');
    await narrow.register('com.secret', { match: 'prefix' });
    const registration = await wide.register('com.', { match: 'prefix' });
    await wide.register('com..x', { match: 'wildcard' });
    expect((await caller.call('wamp.registration.match', ['com.secret.x']))[3]).toEqual([registration]);
    const result = caller.call('com.secret.x');
    expect((await wide.take(code.INVOCATION))[2]).toBe(registration);
    wide.send(code.YIELD, 1, {}, ['wide']);
    expect((await result)[3]).toEqual(['wide']);
    expect(invocations(narrow)).toEqual([]);
  });

  test.each(['first', 'last', 'roundrobin', 'random'])(
    'of a shared registration judges each callee: %s',
    async (invoke) => {
      const { caller, narrow, router } = await setUp();
      const [wide, narrow2] = [await joinAs(router, 'wide'), await joinAs(router, 'narrow2')];
      for (const peer of [narrow, wide, narrow2]) await peer.register('com.', { match: 'prefix', invoke });
      for (let at = 0; at < 4; at += 1) {
        const result = caller.call('com.secret.x');
        await answer(wide, 'wide');
        expect((await result)[3]).toEqual(['wide']);
      }
      expect([invocations(narrow), invocations(narrow2)]).toEqual([[], []]);
    },
  );

  test('that is sent on or waits stays with the callees that may have it', async () => {
    const { caller, narrow, router } = await setUp();
    const wide = await joinAs(router, 'wide');
    const options = { match: 'prefix', invoke: 'first', concurrency: 1 };
    await wide.register('com.', options);
    await narrow.register('com.', options);
    const first = caller.call('com.secret.x');
    const second = caller.call('com.secret.y');
    await answer(wide, 'wide', 'wamp.error.unavailable');
    expect(errorOf(await first)).toBe('wamp.error.no_available_callee');
    await answer(wide, 'wide');
    expect((await second)[3]).toEqual(['wide']);
    expect(invocations(narrow)).toEqual([]);
  });
});

describe('a call whose callee the authorizer is asked about', () => {
  test('waits, with what its caller sends later, while others go on', async () => {
    const { authorizer, questions, asked } = createPatient(isAboutCallee);
    const { caller, narrow, router } = await setUp({ authorizer });
    const other = await joinAs(router, 'other');
    await narrow.register('com.', { match: 'prefix' });
    router.registerRPC('org.echo', () => 'echo');
    const results = [caller.call('com.a'), caller.call('com.b'), caller.call('com.a')];
    await asked(1);
    expect(questions[0]?.request).toMatchObject({ action: 'register', uri: 'com.a', match: 'exact' });
    expect(questions[0]?.request.session.id).toBe(narrow.session);
    expect((await other.call('org.echo'))[3]).toEqual(['echo']);
    expect(invocations(narrow)).toEqual([]);
    questions[0]?.answer(true);
    await asked(2);
    questions[1]?.answer(true);
    for (let at = 0; at < 3; at += 1) await answer(narrow, 'narrow');
    await Promise.all(results);
    expect(invocations(narrow)).toEqual(['com.a', 'com.b', 'com.a']);
    expect(questions).toHaveLength(2);
  });

  test('is refused with no_such_procedure when it says no', async () => {
    const { authorizer, questions, asked } = createPatient(isAboutCallee);
    const { caller, narrow } = await setUp({ authorizer });
    await narrow.register('com.', { match: 'prefix' });
    const result = caller.call('com.a');
    await asked(1);
    questions[0]?.answer(false);
    expect(errorOf(await result)).toBe(noSuchProcedure);
    expect(invocations(narrow)).toEqual([]);
  });

  test('goes to whoever is there when it answers: its callee has left, another has come', async () => {
    const { authorizer, questions, asked } = createPatient(isAboutCallee);
    const { caller, narrow, router } = await setUp({ authorizer });
    const wide = await joinAs(router, 'wide');
    await narrow.register('com.', { match: 'prefix' });
    const result = caller.call('com.a');
    await asked(1);
    await narrow.close();
    await wide.register('com', { match: 'prefix' });
    router.forgetAuthorizations();
    questions[0]?.answer(true);
    await asked(2);
    questions[1]?.answer(true);
    await answer(wide, 'wide');
    expect((await result)[3]).toEqual(['wide']);
  });

  test('is void when its caller has left', async () => {
    const { authorizer, questions, asked } = createPatient(isAboutCallee);
    const { caller, narrow, router } = await setUp({ authorizer });
    await narrow.register('com.', { match: 'prefix' });
    caller.send(code.CALL, caller.next(), {}, 'com.a');
    await asked(1);
    await caller.close();
    await vi.waitFor(() => expect(router.stats().connections).toBe(1));
    questions[0]?.answer(true);
    await settle(await joinAs(router, 'other'), narrow);
    expect(invocations(narrow)).toEqual([]);
    expect(router.stats().pendingCalls).toBe(0);
  });
});
