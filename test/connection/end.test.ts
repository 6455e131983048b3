import { bufferTime, merge, mergeAll, NEVER } from 'rxjs';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { serializerNames } from '../../src/codec/serializers.ts';
import type { Authorizer } from '../../src/index.ts';
import { ConfigError, WampError } from '../../src/index.ts';
import { beginCall, errorOf, finalAnswers, heard, nextInvocation, settle } from '../support/calls.ts';
import { everything, startOpenRouter, startRouter } from '../support/router.ts';
import { joinStalled } from '../support/stalled.ts';
import { connectV1 } from '../support/v1-client.ts';
import type { V2Peer } from '../support/v2-client.ts';
import { connectV2, connectV2InMemory, joinV2 } from '../support/v2-client.ts';
import { code, createV2Router } from '../support/v2-router.ts';

/** A router whose timers run when the test says so. What is done last is undone first, and to close it takes real time. */
const createTimedRouter: typeof createV2Router = (...options) => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  const router = createV2Router(...options);
  onTestFinished(() => {
    vi.useRealTimers();
  });
  return router;
};

/** Lets what was written arrive, and be answered. */
const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 6; turn += 1) await new Promise(setImmediate);
};

const pass = async (ms: number): Promise<void> => {
  await vi.advanceTimersByTimeAsync(ms);
  await turns();
};

const types = (peer: V2Peer): readonly unknown[] => peer.received.map(([type]) => type);
const said = (peer: V2Peer): boolean => heard(peer, code.GOODBYE).length > 0;
const shutdown = 'wamp.close.system_shutdown';
const canceled = 'wamp.error.canceled';
const longest = 1_000;

/** Answers no question about an action on `com.slow` before `longest` has passed. */
const patient =
  (slow: string): Authorizer =>
  ({ action, uri }) =>
    action === slow && uri === 'com.slow' ? new Promise((resolve) => setTimeout(resolve, longest, true)) : true;

describe('the window of a drain', () => {
  test('lets idle sessions leave one by one in its first half', async () => {
    const router = createTimedRouter();
    const peers = await Promise.all(Array.from({ length: 5 }, () => joinV2(router)));
    const closed = router.close({ drain: 1_000 });
    const counts: number[] = [];
    for (let step = 0; step < 5; step += 1) {
      await pass(step === 0 ? 0 : 100);
      counts.push(peers.filter(said).length);
    }
    expect(counts).toEqual([1, 2, 3, 4, 5]);
    // Nobody is there any more: the rest of the window need not pass.
    await closed;
    expect(router.state).toBe('stopped');
    expect(vi.getTimerCount()).toBe(0);
  });

  test('tells many sessions in groups, by one timer', async () => {
    const router = createTimedRouter({}, { limits: { closeTimeout: 3_000 } });
    const peers = await Promise.all(Array.from({ length: 40 }, () => joinV2(router)));
    for (const peer of peers) peer.answersShutdown = false;
    void router.close({ drain: 200 });
    await turns();
    const first = peers.filter(said).length;
    expect(first).toBe(8);
    // One for the turns, one for the half, one for each session that was told.
    expect(vi.getTimerCount()).toBe(2 + first);
    await pass(100);
    expect(peers.every(said)).toBe(true);
    await pass(3_000);
  });

  test.each([0, 10, 50])('spreads 200 sessions over its first half, with timers that are %i ms late', async (late) => {
    const router = createTimedRouter();
    const punctual = globalThis.setTimeout;
    onTestFinished(() => {
      globalThis.setTimeout = punctual;
    });
    globalThis.setTimeout = ((task: () => void, delay: number) => punctual(task, delay + late)) as typeof setTimeout;
    const peers = await Promise.all(Array.from({ length: 200 }, () => joinV2(router)));
    const closed = router.close({ drain: 2_000 });
    const slices: number[] = [];
    for (let before = 0; slices.length < 11; ) {
      await pass(100);
      const now = peers.filter(said).length;
      slices.push(now - before);
      before = now;
    }
    // An even share is 20. The last slice is that of the second half, for which there must be hardly anybody left.
    expect(Math.max(...slices)).toBeLessThanOrEqual(40);
    expect(Math.min(...slices.slice(0, 10))).toBeGreaterThan(0);
    expect(peers.every(said)).toBe(true);
    await pass(1_000 + 2 * late);
    await closed;
  });

  test('keeps a busy session until its call is answered, and lets it leave at once in the second half', async () => {
    const router = createTimedRouter();
    const [caller, callee, idle] = [await joinV2(router), await joinV2(router), await joinV2(router)];
    await callee.register('com.procedure');
    const request = beginCall(caller, 'com.procedure');
    const invocation = await nextInvocation(callee);
    const closed = router.close({ drain: 1_000 });
    await pass(600);
    expect([caller, callee, idle].map(said)).toEqual([false, false, true]);
    callee.send(code.YIELD, invocation, {}, ['done']);
    await turns();
    expect(finalAnswers(caller, request)).toEqual([[code.RESULT, request, {}, ['done']]]);
    expect([caller, callee].map(said)).toEqual([true, true]);
    await closed;
  });

  test('still delivers publications, of peers and of the program', async () => {
    const router = createTimedRouter();
    const [caller, callee] = [await joinV2(router), await joinV2(router)];
    await callee.register('com.procedure');
    await caller.subscribe('com.topic');
    beginCall(caller, 'com.procedure');
    await nextInvocation(callee);
    const closed = router.close({ drain: 1_000 });
    await callee.publish('com.topic', [1]);
    router.publishEvent('com.topic', 2);
    await turns();
    expect(heard(caller, code.EVENT).map(([, , , , args]) => args)).toEqual([[1], [2]]);
    await pass(1_000);
    await closed;
  });

  test('has a session wait for its turn that has become idle before', async () => {
    const router = createTimedRouter();
    let finish = (): void => {};
    router.registerRPC('com.slow', () => new Promise<void>((resolve) => (finish = resolve)));
    const [, busy] = [await joinV2(router), await joinV2(router)];
    const request = beginCall(busy, 'com.slow');
    await settle(busy);
    const closed = router.close({ drain: 1_000 });
    finish();
    await pass(240);
    expect([finalAnswers(busy, request).length, said(busy)]).toEqual([1, false]);
    await pass(10);
    expect(said(busy)).toBe(true);
    await closed;
  });

  test('ends, with its timers, when everybody has left by themselves', async () => {
    const router = createTimedRouter();
    const peers = await Promise.all(Array.from({ length: 5 }, () => joinV2(router)));
    const closed = router.close({ drain: 600_000 });
    for (const peer of peers) peer.wire.close();
    await closed;
    expect(vi.getTimerCount()).toBe(0);
  });

  test('lets the router itself call: an authorizer is asked as before', async () => {
    const router = createTimedRouter({ authorizer: { procedure: 'com.authorize' } });
    router.registerRPC('com.authorize', () => ({ allow: true, cache: false }));
    router.registerRPC('com.never', () => new Promise(() => {}));
    const busy = await joinV2(router);
    // What it asked for makes the router open its own session.
    await busy.publish('com.topic');
    beginCall(busy, 'com.never');
    await settle(busy);
    const closed = router.close({ drain: 1_000 });
    expect((await busy.publish('com.topic'))[0]).toBe(code.PUBLISHED);
    await pass(1_000);
    await closed;
  });

  test('has no session begin in it', async () => {
    const router = createTimedRouter({
      authenticators: { ticket: { a: { ticket: 'secret', role: 'r' } } },
      roles: { r: [] },
    });
    const [silent, challenged, busy] = [connectV2InMemory(router), connectV2InMemory(router), await joinV2(router)];
    await challenged.hello('realm1', { authmethods: ['ticket'], authid: 'a' });
    router.registerRPC('com.never', () => new Promise(() => {}));
    beginCall(busy, 'com.never');
    await settle(busy);
    const closed = router.close({ drain: 1_000 });
    await turns();
    for (const peer of [silent, challenged]) expect(heard(peer, code.ABORT)[0]?.[2]).toBe(shutdown);
    // A link whose session is over carries no other.
    busy.send(code.GOODBYE, {}, 'wamp.close.close_realm');
    busy.send(code.HELLO, 'realm1', { roles: {} });
    await turns();
    expect(types(busy).slice(-2)).toEqual([code.GOODBYE, code.ABORT]);
    expect(heard(busy, code.ABORT)[0]?.[2]).toBe(shutdown);
    await closed;
  });
});

describe('at the end of the window', () => {
  test.each(serializerNames)('an open call is canceled, its callee interrupted, both are told: %s', async (kind) => {
    const { url, postmaster } = await startOpenRouter();
    const [caller, callee] = [await connectV2(url, kind), await connectV2(url, kind)];
    for (const peer of [caller, callee]) await peer.hello();
    await callee.register('com.procedure');
    const request = beginCall(caller, 'com.procedure');
    const invocation = await nextInvocation(callee);
    await postmaster.close({ drain: 50 });
    expect(finalAnswers(caller, request).map(errorOf)).toEqual(['wamp.error.canceled']);
    expect(types(caller).slice(-2)).toEqual([code.ERROR, code.GOODBYE]);
    expect(types(callee).slice(-2)).toEqual([code.INTERRUPT, code.GOODBYE]);
    expect(heard(callee, code.INTERRUPT)[0]?.[1]).toBe(invocation);
    for (const peer of [caller, callee]) {
      expect(heard(peer, code.GOODBYE)[0]?.[2]).toBe(shutdown);
      expect((await peer.closed).code).toBe(1000);
    }
    expect(postmaster.stats()).toMatchObject({ connections: 0, sessions: 0, pendingCalls: 0, timers: 0 });
  });

  test('an open call of a v1 peer is answered before its link is closed', async () => {
    const { url, postmaster } = await startOpenRouter();
    postmaster.registerRPC('urn:never', () => new Promise(() => {}));
    const caller = await connectV1(url);
    const answer = caller.call('urn:never').catch((error: unknown) => error);
    await caller.barrier();
    await postmaster.close({ drain: 0 });
    expect(await answer).toMatchObject({ uri: 'wamp.error.canceled' });
    expect(await caller.closed).toEqual({ code: 1001, reason: shutdown });
  });

  test.each([0, 100])('a call that waits for a busy callee is answered and never invoked (drain %i)', async (drain) => {
    const router = createV2Router();
    const [caller, callee] = [await joinV2(router), await joinV2(router)];
    await callee.register('com.procedure', { concurrency: 1 });
    const requests = [1, 2, 3].map(() => beginCall(caller, 'com.procedure'));
    await nextInvocation(callee);
    await settle(caller);
    await router.close({ drain });
    expect(requests.flatMap((request) => finalAnswers(caller, request)).map(errorOf)).toEqual(
      requests.map(() => 'wamp.error.canceled'),
    );
    expect(heard(callee, code.INVOCATION)).toHaveLength(1);
  });

  test.each([0, 100])(
    'a call is canceled that a rule takes its time over, with those behind it (drain %i)',
    async (drain) => {
      const router = createTimedRouter({ authorizer: patient('call') });
      const [caller, callee] = [await joinV2(router), await joinV2(router)];
      caller.answersShutdown = false;
      await callee.register('com.slow');
      const requests = [1, 2, 3].map(() => beginCall(caller, 'com.slow'));
      await turns();
      const closed = router.close({ drain });
      await pass(drain);
      expect(requests.map((request) => finalAnswers(caller, request).map(errorOf))).toEqual(
        requests.map(() => [canceled]),
      );
      expect(types(caller).slice(-4)).toEqual([code.ERROR, code.ERROR, code.ERROR, code.GOODBYE]);
      await pass(longest);
      await closed;
      expect(heard(callee, code.INVOCATION)).toEqual([]);
      expect(router.stats()).toMatchObject({ sessions: 0, pendingCalls: 0, timers: 0 });
    },
  );

  test('a call is canceled once whose callee a rule takes its time over, however many parts it has', async () => {
    const router = createTimedRouter({ authorizer: patient('register') });
    const [caller, callee] = [await joinV2(router), await joinV2(router)];
    await callee.register('com', { match: 'prefix' });
    const request = beginCall(caller, 'com.slow', { progress: true });
    caller.send(code.CALL, request, { progress: true }, 'com.slow', [2]);
    caller.send(code.CALL, request, {}, 'com.slow', [3]);
    await turns();
    await router.close({ drain: 0 });
    expect(finalAnswers(caller, request).map(errorOf)).toEqual([canceled]);
    expect(types(caller).slice(-2)).toEqual([code.ERROR, code.GOODBYE]);
  });

  test('a call in parts is canceled once that a callee has, while more of its parts wait for a rule', async () => {
    const router = createTimedRouter({ authorizer: patient('publish') });
    const [caller, callee] = [await joinV2(router), await joinV2(router)];
    await callee.register('com.procedure');
    const request = beginCall(caller, 'com.procedure', { progress: true });
    await nextInvocation(callee);
    caller.send(code.PUBLISH, caller.next(), {}, 'com.slow');
    caller.send(code.CALL, request, {}, 'com.procedure', [2]);
    await turns();
    await router.close({ drain: 0 });
    expect(finalAnswers(caller, request).map(errorOf)).toEqual([canceled]);
  });

  test('a call of an in-process session is canceled that a rule takes its time over', async () => {
    const router = createTimedRouter({ authorizer: patient('call') });
    router.registerRPC('com.slow', () => 1);
    const answer = router
      .session()
      .call('com.slow')
      .catch((error: unknown) => error);
    await router.close({ drain: 0 });
    expect(await answer).toMatchObject({ uri: canceled, description: 'the call was canceled' });
  });

  test('a call of a v1 peer is canceled that a rule takes its time over', async () => {
    const authorizer = vi.fn<Authorizer>(() => new Promise(() => {}));
    const { url, postmaster } = await startRouter({
      realms: [{ name: 'realm1', anonymous: everything, authorizer }],
      v1: { open: true },
    });
    postmaster.registerRPC('urn:procedure', () => 1);
    const caller = await connectV1(url);
    const answer = caller.call('urn:procedure').catch((error: unknown) => error);
    await vi.waitFor(() => expect(authorizer).toHaveBeenCalledOnce());
    await postmaster.close({ drain: 50 });
    expect(await answer).toMatchObject({ uri: canceled });
    expect(await caller.closed).toEqual({ code: 1001, reason: shutdown });
  });

  test.each([0, 100])('what an interceptor holds is published before anybody is told (drain %i)', async (drain) => {
    const router = createV2Router();
    router.intercept((all) => all.pipe(bufferTime(60_000), mergeAll()));
    router.registerRPC('com.never', () => new Promise(() => {}));
    const observed: unknown[] = [];
    router.topic('com.topic').subscribe(({ args }) => observed.push(args[0]));
    const peer = await joinV2(router);
    await peer.subscribe('com.topic');
    beginCall(peer, 'com.never');
    await settle(peer);
    router.publishEvent('com.topic', 'held');
    await router.close({ drain });
    expect(types(peer).slice(-3)).toEqual([code.EVENT, code.ERROR, code.GOODBYE]);
    expect(observed).toEqual(['held']);
  });

  test('what an interceptor holds is published also when everybody has left', async () => {
    const router = createV2Router();
    router.intercept((all) => all.pipe(bufferTime(60_000), mergeAll()));
    const observed: unknown[] = [];
    router.topic('com.topic').subscribe(({ args }) => observed.push(args[0]));
    router.publishEvent('com.topic', 'held');
    await router.close({ drain: 60_000 });
    expect(observed).toEqual(['held']);
  });

  test('an interceptor that does not complete is waited for no longer than closeTimeout', async () => {
    const router = createTimedRouter({}, { limits: { closeTimeout: 300 } });
    router.intercept((all) => merge(all, NEVER));
    const peer = await joinV2(router);
    const closed = router.close({ drain: 0 });
    await pass(299);
    expect(said(peer)).toBe(false);
    await pass(1);
    expect(said(peer)).toBe(true);
    await closed;
  });

  test('who does not answer GOODBYE is cut after closeTimeout, others are not waited for', async () => {
    const router = createTimedRouter({}, { limits: { closeTimeout: 300 } });
    const [polite, stubborn] = [await joinV2(router), await joinV2(router)];
    stubborn.answersShutdown = false;
    const closed = router.close({ drain: 0 });
    await turns();
    expect(router.stats().connections).toBe(1);
    expect((await polite.closed).code).toBe(1000);
    await pass(299);
    expect(router.stats().connections).toBe(1);
    await pass(1);
    await closed;
    expect(types(stubborn).at(-1)).toBe(code.GOODBYE);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('a peer that reads nothing is cut as well', async () => {
    const router = createTimedRouter({}, { limits: { closeTimeout: 300 } });
    const stalled = joinStalled(router);
    await stalled.subscribe('com.topic');
    router.publishEvent('com.topic', 1);
    const closed = router.close({ drain: 0 });
    await pass(299);
    expect(stalled.isClosed()).toBe(false);
    await pass(1);
    await closed;
    expect(stalled.isClosed()).toBe(true);
  });
});

describe('in-process sessions, when the router ends', () => {
  test('call nothing new in the window, publish all the same, and have what they called rejected', async () => {
    const router = createTimedRouter();
    const [session, callee] = [router.session(), await joinV2(router)];
    const events: unknown[] = [];
    let isComplete = false;
    const heardLate = router.topic('com.topic');
    heardLate.subscribe({ next: ({ args }) => events.push(args[0]), complete: () => (isComplete = true) });
    await callee.register('com.procedure');
    const answer = session.call('com.procedure').catch((error: unknown) => error);
    await nextInvocation(callee);
    const closed = router.close({ drain: 1_000 });
    await expect(session.call('com.procedure')).rejects.toMatchObject({ uri: 'wamp.error.unavailable' });
    await session.publish('com.topic', [1]);
    expect([events, isComplete]).toEqual([[1], false]);
    await pass(1_000);
    await closed;
    expect(await answer).toMatchObject({ uri: 'wamp.error.canceled' });
    await expect(session.publish('com.topic')).rejects.toBeInstanceOf(WampError);
    expect(isComplete).toBe(true);
    const late = vi.fn();
    heardLate.subscribe({ complete: late });
    expect(late).toHaveBeenCalledOnce();
    expect(router.stats()).toMatchObject({ sessions: 0, subscriptions: 0, pendingCalls: 0 });
  });

  test('and procedures of the program do not keep the router: their signal aborts', async () => {
    const router = createTimedRouter();
    let signal: AbortSignal | undefined;
    router.registerRPC('com.never', (call) => {
      signal = call.signal;
      return new Promise(() => {});
    });
    const answer = router
      .session()
      .call('com.never')
      .catch((error: unknown) => error);
    await router.close({ drain: 600_000 });
    expect(await answer).toMatchObject({ uri: 'wamp.error.canceled' });
    expect(signal?.aborted).toBe(true);
  });
});

describe('close', () => {
  test.each([Number.NaN, -1, 0.5, Number.POSITIVE_INFINITY, 2 ** 31, '5' as never, null as never])(
    'refuses a drain of %s, and goes on',
    async (drain) => {
      const router = createV2Router();
      await expect(router.close({ drain })).rejects.toThrow(/^drain must be a whole number from 0 to 2147483647, not/);
      expect(router.state).toBe('starting');
    },
  );

  test('may be called by a procedure, whose caller is answered at the end of the window', async () => {
    const router = createV2Router();
    let closed = Promise.resolve();
    router.registerRPC('com.close', () => {
      closed = router.close({ drain: 50 });
      return closed;
    });
    const peer = await joinV2(router);
    expect(errorOf(await peer.call('com.close'))).toBe('wamp.error.canceled');
    await closed;
  });

  test('leaves nothing to begin: what would throws as listen does', async () => {
    const { postmaster } = await startOpenRouter();
    const session = postmaster.session();
    const begin: readonly (() => unknown)[] = [
      () => postmaster.session(),
      () => postmaster.registerRPC('urn:a', () => 1),
      () => postmaster.registerUnauthRPC('urn:a', () => 1),
      () => postmaster.intercept((all) => all),
      () => postmaster.topic('urn:a'),
      () => postmaster.connect({} as never, {} as never),
      () => postmaster.attach({} as never),
    ];
    postmaster.registerRPC('urn:never', () => new Promise(() => {}));
    const peer = await joinV2(postmaster);
    beginCall(peer, 'urn:never');
    await settle(peer);
    const closed = postmaster.close({ drain: 100 });
    for (const each of begin) expect(each).toThrow(new ConfigError('the router is draining'));
    await expect(postmaster.listen()).rejects.toThrow('the router is draining');
    postmaster.publishEvent('urn:a', 1);
    await closed;
    for (const each of [...begin, () => postmaster.publishEvent('urn:a', 1)]) {
      expect(each).toThrow(new ConfigError('the router is stopped'));
    }
    await expect(session.call('urn:a')).rejects.toMatchObject({ uri: 'wamp.error.canceled' });
  });
});
