import { describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  basic,
  beginCall,
  calleeWith,
  errorOf,
  finalAnswers,
  heard,
  joinPair,
  nextInvocation,
  settle,
} from '../support/calls.ts';
import { joinV2 } from '../support/v2-client.ts';
import { code, createV2Router } from '../support/v2-router.ts';

/** A router whose timers run when the test says so. What is done last is undone first, and to close it takes real time. */
const createRouter: typeof createV2Router = (...options) => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const router = createV2Router(...options);
  onTestFinished(() => {
    vi.useRealTimers();
  });
  return router;
};

/** A call with `options` that has been invoked and not answered. */
const pendingCall = async (
  options: object,
  details: Readonly<Record<string, unknown>> = {},
  registerOptions: object = {},
  limits: { readonly callTimeout?: number } = {},
) => {
  const router = createRouter({}, { limits });
  const { caller, callee } = await joinPair(router, details);
  await callee.register('com.procedure', registerOptions);
  const before = router.stats().timers;
  const request = beginCall(caller, 'com.procedure', options);
  const invocation = await callee.take(code.INVOCATION);
  return {
    router,
    caller,
    callee,
    request,
    invocation: invocation[1] as number,
    details: invocation[3],
    /** Timers that the call has running. */
    timers: () => router.stats().timers - before,
  };
};

const timeout = (request: number) => [code.ERROR, code.CALL, request, {}, 'wamp.error.timeout', [expect.any(String)]];

// Advanced Profile, "Call Timeouts", "Dealer-Initiated Timeouts"
describe('a call with a timeout', () => {
  test.each([
    ['of the operator, for a call that has none', {}, 50],
    ['of the operator, for a call that wants more', { timeout: 60_000 }, 50],
    ['of its own, which is less', { timeout: 20 }, 20],
  ])('ends at the time %s', async (_, options, delay) => {
    const { caller, request } = await pendingCall(options, {}, {}, { callTimeout: 50 });
    vi.advanceTimersByTime(delay - 1);
    await caller.barrier();
    expect(finalAnswers(caller, request)).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(await caller.take(code.ERROR)).toEqual(timeout(request));
  });

  test('that the callee keeps ends all the same when the operator says so', async () => {
    const pending = await pendingCall({ timeout: 60_000 }, {}, { forward_timeout: true }, { callTimeout: 50 });
    expect(pending.details).toEqual({ timeout: 60_000 });
    vi.advanceTimersByTime(50);
    expect(await pending.caller.take(code.ERROR)).toEqual(timeout(pending.request));
  });

  test('ends in ERROR timeout after that many ms, not before', async () => {
    const { caller, request } = await pendingCall({ timeout: 1500 });
    vi.advanceTimersByTime(1499);
    await caller.barrier();
    expect(finalAnswers(caller, request)).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(await caller.take(code.ERROR)).toEqual(timeout(request));
  });

  test('has a callee interrupted with killnowait that announced call_canceling, and its late YIELD swallowed', async () => {
    const { caller, callee, request, invocation } = await pendingCall({ timeout: 10 }, calleeWith('call_canceling'));
    vi.advanceTimersByTime(10);
    expect(await callee.take(code.INTERRUPT)).toEqual([
      code.INTERRUPT,
      invocation,
      { mode: 'killnowait', reason: 'wamp.error.timeout' },
    ]);
    callee.send(code.YIELD, invocation, {}, ['late']);
    await settle(callee, caller);
    expect(finalAnswers(caller, request)).toEqual([timeout(request)]);
  });

  test('interrupts no callee that did not announce call_canceling', async () => {
    const { caller, callee, request, invocation } = await pendingCall({ timeout: 10 }, basic);
    vi.advanceTimersByTime(10);
    callee.send(code.YIELD, invocation, {}, ['late']);
    await settle(callee, caller);
    expect(heard(callee, code.INTERRUPT)).toEqual([]);
    expect(finalAnswers(caller, request)).toEqual([timeout(request)]);
  });

  test('that is answered in time is answered once, and its timer is gone', async () => {
    const { caller, callee, request, invocation, timers } = await pendingCall({ timeout: 10 });
    expect(timers()).toBe(1);
    callee.send(code.YIELD, invocation, {});
    await caller.take(code.RESULT);
    expect(timers()).toBe(0);
    vi.advanceTimersByTime(10);
    await settle(caller, callee);
    expect(finalAnswers(caller, request)).toHaveLength(1);
    expect(heard(callee, code.INTERRUPT)).toEqual([]);
  });

  test('of 0, or with none, never times out', async () => {
    for (const options of [{ timeout: 0 }, {}]) {
      const { timers } = await pendingCall(options);
      expect(timers()).toBe(0);
    }
  });

  test('is not told to the callee', async () => {
    const { details } = await pendingCall({ timeout: 10 });
    expect(details).toEqual({});
  });

  test('leaves no timer when its caller, or its callee, leaves', async () => {
    const first = await pendingCall({ timeout: 10 });
    await first.caller.close();
    await first.callee.take(code.INTERRUPT);
    expect(first.timers()).toBe(0);
    const second = await pendingCall({ timeout: 10 });
    await second.callee.close();
    await second.caller.take(code.ERROR);
    expect(second.timers()).toBe(0);
  });

  test('is timed from when it may be made: an authorizer that takes its time is not counted', async () => {
    let allow = (_: boolean): void => {};
    const asked = new Promise<boolean>((resolve) => {
      allow = resolve;
    });
    const router = createRouter({ authorizer: ({ action }) => (action === 'call' ? asked : true) });
    const { caller, callee } = await joinPair(router);
    await callee.register('com.procedure');
    const request = beginCall(caller, 'com.procedure', { timeout: 10 });
    vi.advanceTimersByTime(20);
    allow(true);
    await callee.take(code.INVOCATION);
    vi.advanceTimersByTime(9);
    await caller.barrier();
    expect(finalAnswers(caller, request)).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(await caller.take(code.ERROR)).toEqual(timeout(request));
  });

  test('times out while it waits for a busy callee, which never hears of it', async () => {
    const { caller, callee, invocation } = await pendingCall({}, {}, { concurrency: 1 });
    const request = beginCall(caller, 'com.procedure', { timeout: 10 });
    await caller.barrier();
    vi.advanceTimersByTime(10);
    expect(await caller.take(code.ERROR)).toEqual(timeout(request));
    callee.send(code.YIELD, invocation, {});
    await settle(callee);
    expect(heard(callee, code.INVOCATION)).toHaveLength(1);
  });

  test('times out after CANCEL with kill, which the callee does not answer', async () => {
    const { caller, callee, request } = await pendingCall({ timeout: 10 });
    caller.send(code.CANCEL, request, { mode: 'kill' });
    await callee.take(code.INTERRUPT);
    vi.advanceTimersByTime(10);
    expect(await caller.take(code.ERROR)).toEqual(timeout(request));
    await callee.barrier();
    expect(heard(callee, code.INTERRUPT)).toHaveLength(1);
  });

  test('of a procedure of the router times out, too', async () => {
    const router = createRouter();
    const { caller } = await joinPair(router);
    router.registerRPC('com.procedure', () => new Promise(() => {}));
    const answer = caller.call('com.procedure', [], { timeout: 10 });
    await caller.barrier();
    vi.advanceTimersByTime(10);
    expect(errorOf(await answer)).toBe('wamp.error.timeout');
  });

  // The router's own limit
  test('is not needed where the router has one for all calls', async () => {
    const router = createRouter({}, { limits: { callTimeout: 100 } });
    const { caller, callee } = await joinPair(router);
    await callee.register('com.procedure');
    const answer = caller.call('com.procedure');
    await nextInvocation(callee);
    vi.advanceTimersByTime(100);
    expect(errorOf(await answer)).toBe('wamp.error.timeout');
  });
});

// "Progressive Call Results", "Timeouts"
describe('the timeout of a call with progressive results', () => {
  test('begins anew with each of them', async () => {
    const { caller, callee, request, invocation } = await pendingCall({ timeout: 100, receive_progress: true });
    for (let part = 0; part < 5; part += 1) {
      vi.advanceTimersByTime(99);
      callee.send(code.YIELD, invocation, { progress: true }, [part]);
      await caller.take(code.RESULT);
    }
    expect(finalAnswers(caller, request)).toEqual([]);
    vi.advanceTimersByTime(100);
    expect(await caller.take(code.ERROR)).toEqual(timeout(request));
  });

  test('goes on with one that nobody asked for', async () => {
    const { caller, callee, request, invocation } = await pendingCall({ timeout: 100 });
    vi.advanceTimersByTime(99);
    callee.send(code.YIELD, invocation, { progress: true }, ['part']);
    await callee.barrier();
    vi.advanceTimersByTime(1);
    expect(await caller.take(code.ERROR)).toEqual(timeout(request));
    expect(heard(caller, code.RESULT)).toEqual([]);
  });

  test('leaves no timer after the last of them', async () => {
    const { caller, callee, invocation, timers } = await pendingCall({ timeout: 100, receive_progress: true });
    callee.send(code.YIELD, invocation, { progress: true });
    callee.send(code.YIELD, invocation, { progress: true });
    await caller.take(code.RESULT);
    expect(timers()).toBe(1);
    callee.send(code.YIELD, invocation, {});
    await caller.answerTo(code.CALL, 1);
    expect(timers()).toBe(0);
  });
});

// "Callee-Initiated Timeouts"
describe('forward_timeout', () => {
  test('tells the callee the timeout, and leaves it to the callee', async () => {
    const { caller, callee, request, invocation, details, timers } = await pendingCall(
      { timeout: 100 },
      {},
      { forward_timeout: true },
    );
    expect(details).toEqual({ timeout: 100 });
    expect(timers()).toBe(0);
    callee.send(code.ERROR, code.INVOCATION, invocation, {}, 'wamp.error.timeout');
    expect(await caller.take(code.ERROR)).toEqual([code.ERROR, code.CALL, request, {}, 'wamp.error.timeout']);
  });

  test('forwards nothing of a call without a timeout', async () => {
    const { details } = await pendingCall({}, {}, { forward_timeout: true });
    expect(details).toEqual({});
  });

  test('starts no timer with a progressive result', async () => {
    const { caller, callee, invocation, timers } = await pendingCall(
      { timeout: 100, receive_progress: true },
      {},
      { forward_timeout: true },
    );
    callee.send(code.YIELD, invocation, { progress: true });
    await caller.take(code.RESULT);
    expect(timers()).toBe(0);
  });

  test('of a callee that did not announce call_timeout leaves the timeout to the dealer', async () => {
    const { caller, request, details } = await pendingCall({ timeout: 100 }, calleeWith('call_canceling'), {
      forward_timeout: true,
    });
    expect(details).toEqual({});
    vi.advanceTimersByTime(100);
    expect(await caller.take(code.ERROR)).toEqual(timeout(request));
  });

  test('binds only the callee that asked for it: the dealer times the next one that a call is sent on to', async () => {
    const router = createRouter();
    const { caller, callee } = await joinPair(router);
    const other = await joinV2(router);
    await callee.register('com.procedure', { invoke: 'first', forward_timeout: true });
    await other.register('com.procedure', { invoke: 'first' });
    const request = beginCall(caller, 'com.procedure', { timeout: 100 });
    callee.send(code.ERROR, code.INVOCATION, await nextInvocation(callee), {}, 'wamp.error.unavailable');
    expect((await other.take(code.INVOCATION))[3]).toEqual({});
    vi.advanceTimersByTime(100);
    expect(await caller.take(code.ERROR)).toEqual(timeout(request));
  });

  test("does not keep progressive results from renewing the router's own limit", async () => {
    const router = createRouter({}, { limits: { callTimeout: 100 } });
    const { caller, callee } = await joinPair(router);
    await callee.register('com.procedure', { forward_timeout: true });
    const request = beginCall(caller, 'com.procedure', { receive_progress: true });
    const invocation = await nextInvocation(callee);
    vi.advanceTimersByTime(99);
    callee.send(code.YIELD, invocation, { progress: true });
    await caller.take(code.RESULT);
    vi.advanceTimersByTime(99);
    await caller.barrier();
    expect(finalAnswers(caller, request)).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(await caller.take(code.ERROR)).toEqual(timeout(request));
  });
});
