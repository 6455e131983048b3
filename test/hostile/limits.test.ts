/** Each limit of one session: one request more is refused, and what exists already goes on working. */

import { describe, expect, test, vi } from 'vitest';
import { createWatchedRouter } from '../support/bystanders.ts';
import { beginCall, errorOf, nextInvocation } from '../support/calls.ts';
import { joinV2 } from '../support/v2-client.ts';
import { code } from '../support/v2-router.ts';

const uris = ['com.a', 'com.b', 'com.c'] as const;
const unavailable = 'wamp.error.unavailable';

describe('a session that holds as many as it may of', () => {
  test('subscriptions is refused another, and hears the events of those that it has', async () => {
    const { postmaster, expectUnharmed } = await createWatchedRouter({ limits: { maxSubscriptions: 3 } });
    const peer = await joinV2(postmaster);
    const ids: number[] = [];
    for (const uri of uris) ids.push(await peer.subscribe(uri));
    expect(errorOf(await peer.ask(code.SUBSCRIBE, {}, 'com.d'))).toBe(unavailable);
    for (const uri of uris) await peer.publish(uri, [uri], { exclude_me: false });
    await peer.barrier();
    expect(peer.untaken(code.EVENT).map((event) => event[4])).toEqual(uris.map((uri) => [uri]));
    expect(postmaster.stats().counters.limit_reached).toBe(1);
    await peer.ask(code.UNSUBSCRIBE, ids[0]);
    expect(await peer.subscribe('com.d')).toBeGreaterThan(0);
    await peer.close();
    await expectUnharmed();
  });

  test('registrations is refused another, and is invoked for those that it has', async () => {
    const { postmaster, expectUnharmed } = await createWatchedRouter({ limits: { maxRegistrations: 3 } });
    const [peer, caller] = [await joinV2(postmaster), await joinV2(postmaster)];
    const ids: number[] = [];
    for (const uri of uris) ids.push(await peer.register(uri));
    expect(errorOf(await peer.ask(code.REGISTER, {}, 'com.d'))).toBe(unavailable);
    for (const uri of uris) {
      const answer = caller.call(uri);
      peer.send(code.YIELD, await nextInvocation(peer), {}, [uri]);
      expect((await answer)[3]).toEqual([uri]);
    }
    expect(postmaster.stats().counters.limit_reached).toBe(1);
    await peer.ask(code.UNREGISTER, ids[0]);
    expect(await peer.register('com.d')).toBeGreaterThan(0);
    await Promise.all([peer.close(), caller.close()]);
    await expectUnharmed();
  });

  test('pending calls is refused another, and is answered to those that it has', async () => {
    const { postmaster, expectUnharmed } = await createWatchedRouter({ limits: { maxPendingCalls: 3 } });
    const [callee, caller] = [await joinV2(postmaster), await joinV2(postmaster)];
    await callee.register('com.a');
    const requests = uris.map((uri) => beginCall(caller, 'com.a', {}, [uri]));
    expect(errorOf(await caller.call('com.a'))).toBe(unavailable);
    for (const request of requests) {
      callee.send(code.YIELD, await nextInvocation(callee), {}, [request]);
      expect((await caller.answerTo(code.CALL, request))[3]).toEqual([request]);
    }
    const next = beginCall(caller, 'com.a');
    callee.send(code.YIELD, await nextInvocation(callee), {});
    expect(errorOf(await caller.answerTo(code.CALL, next))).toBeUndefined();
    await Promise.all([callee.close(), caller.close()]);
    await expectUnharmed();
  });
});

describe('calls that nobody answers', () => {
  const many = 5_000;

  test('end each at the timeout of the router, once, and leave no timer', async () => {
    const limits = { maxPendingCalls: many, callTimeout: 50 };
    const { postmaster, expectUnharmed } = await createWatchedRouter({ limits });
    const [callee, caller] = [await joinV2(postmaster), await joinV2(postmaster)];
    await callee.register('com.a');
    const requests = Array.from({ length: many }, () => beginCall(caller, 'com.a'));
    const errors = () => caller.received.filter(([type]) => type === code.ERROR);
    await vi.waitFor(() => expect(errors()).toHaveLength(many), { timeout: 15_000 });
    expect(new Set(errors().map(([, , request]) => request))).toEqual(new Set(requests));
    expect(new Set(errors().map(errorOf))).toEqual(new Set(['wamp.error.timeout']));
    expect(postmaster.stats()).toMatchObject({ pendingCalls: 0, counters: { call_timeout: many } });
    await Promise.all([callee.close(), caller.close()]);
    await expectUnharmed();
  });

  test('are pending up to the limit where nothing ends them, and go with their caller', async () => {
    const { postmaster, expectUnharmed } = await createWatchedRouter();
    const [callee, caller] = [await joinV2(postmaster), await joinV2(postmaster)];
    await callee.register('com.a');
    for (let calls = 0; calls < many; calls += 1) beginCall(caller, 'com.a');
    await vi.waitFor(() => expect(caller.untaken(code.ERROR)).toHaveLength(many - 1024), { timeout: 15_000 });
    expect(new Set(caller.untaken(code.ERROR).map(errorOf))).toEqual(new Set([unavailable]));
    expect(postmaster.stats()).toMatchObject({ pendingCalls: 1024, timers: 0 });
    await caller.close();
    await vi.waitFor(() => expect(postmaster.stats().pendingCalls).toBe(0));
    await callee.close();
    await expectUnharmed();
  });
});
