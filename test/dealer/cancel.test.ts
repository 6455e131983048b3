import { describe, expect, test } from 'vitest';
import {
  basic,
  beginCall,
  calleeWith,
  errorOf,
  finalAnswers,
  heard,
  invokedCall,
  joinPair,
  leave,
  nextInvocation,
  settle,
} from '../support/calls.ts';
import { joinV2 } from '../support/v2-client.ts';
import { code, createV2Router } from '../support/v2-router.ts';

const modes = ['skip', 'kill', 'killnowait'] as const;
const capable = calleeWith('call_canceling');

const canceled = (request: number) => [code.ERROR, code.CALL, request, {}, 'wamp.error.canceled', [expect.any(String)]];

// Advanced Profile, "Call Canceling"
describe('CANCEL', () => {
  test('with skip is answered at once, and the callee is not interrupted', async () => {
    const { router, caller, callee, request, invocation } = await invokedCall(capable);
    caller.send(code.CANCEL, request, { mode: 'skip' });
    expect(await caller.take(code.ERROR)).toEqual(canceled(request));
    callee.send(code.YIELD, invocation, {}, ['late']);
    await settle(callee, caller);
    expect(heard(callee, code.INTERRUPT)).toEqual([]);
    expect(finalAnswers(caller, request)).toHaveLength(1);
    expect(router.stats().pendingCalls).toBe(0);
  });

  test('with killnowait is answered at once, and the callee is interrupted', async () => {
    const { caller, callee, request, invocation } = await invokedCall(capable);
    caller.send(code.CANCEL, request, { mode: 'killnowait' });
    expect(await caller.take(code.ERROR)).toEqual(canceled(request));
    expect(await callee.take(code.INTERRUPT)).toEqual([
      code.INTERRUPT,
      invocation,
      { mode: 'killnowait', reason: 'wamp.error.canceled' },
    ]);
  });

  test.each([
    ['YIELD', (id: number) => [70, id, {}, ['late']]],
    ['ERROR', (id: number) => [8, 68, id, {}, 'wamp.error.canceled']],
  ] as const)('with killnowait has a late %s discarded', async (_, answer) => {
    const { caller, callee, request, invocation } = await invokedCall(capable);
    caller.send(code.CANCEL, request, { mode: 'killnowait' });
    await callee.take(code.INTERRUPT);
    callee.send(...answer(invocation));
    await settle(callee, caller);
    expect(finalAnswers(caller, request)).toEqual([canceled(request)]);
  });

  test('with kill is answered when the callee has answered the interrupt with ERROR', async () => {
    const { router, caller, callee, request, invocation } = await invokedCall(capable);
    caller.send(code.CANCEL, request, { mode: 'kill' });
    expect((await callee.take(code.INTERRUPT))[2]).toMatchObject({ mode: 'kill' });
    await caller.barrier();
    expect(finalAnswers(caller, request)).toEqual([]);
    callee.send(code.ERROR, code.INVOCATION, invocation, {}, 'wamp.error.canceled', ['stopped']);
    expect(await caller.take(code.ERROR)).toEqual([
      code.ERROR,
      code.CALL,
      request,
      {},
      'wamp.error.canceled',
      ['stopped'],
    ]);
    expect(router.stats().pendingCalls).toBe(0);
  });

  test('with kill ends in RESULT when the callee finishes first', async () => {
    const { caller, callee, request, invocation } = await invokedCall(capable);
    caller.send(code.CANCEL, request, { mode: 'kill' });
    await callee.take(code.INTERRUPT);
    callee.send(code.YIELD, invocation, {}, ['done']);
    expect(await caller.take(code.RESULT)).toEqual([code.RESULT, request, {}, ['done']]);
  });

  test('with kill is the only INTERRUPT of its callee, also when the caller leaves before the answer', async () => {
    const { router, caller, callee, request, invocation } = await invokedCall(capable);
    caller.send(code.CANCEL, request, { mode: 'kill' });
    await callee.take(code.INTERRUPT);
    await leave(caller);
    callee.send(code.YIELD, invocation, {}, ['late']);
    await settle(callee);
    expect(heard(callee, code.INTERRUPT)).toHaveLength(1);
    expect(router.stats().pendingCalls).toBe(0);
  });

  test('with kill ends in ERROR canceled when the callee leaves instead', async () => {
    const { caller, callee, request } = await invokedCall(capable);
    caller.send(code.CANCEL, request, { mode: 'kill' });
    await callee.take(code.INTERRUPT);
    await callee.close();
    expect(await caller.take(code.ERROR)).toEqual(canceled(request));
  });

  test('with kill twice interrupts once, and killnowait after it is answered at once', async () => {
    const { caller, callee, request } = await invokedCall(capable);
    for (const mode of ['kill', 'kill', 'killnowait']) caller.send(code.CANCEL, request, { mode });
    expect(await caller.take(code.ERROR)).toEqual(canceled(request));
    expect(heard(callee, code.INTERRUPT)).toHaveLength(1);
  });

  test.each(modes)('with %s is skip when the callee did not announce call_canceling', async (mode) => {
    const { caller, callee, request, invocation } = await invokedCall(basic);
    caller.send(code.CANCEL, request, { mode });
    expect(await caller.take(code.ERROR)).toEqual(canceled(request));
    callee.send(code.YIELD, invocation, {}, ['late']);
    await settle(callee, caller);
    expect(heard(callee, code.INTERRUPT)).toEqual([]);
    expect(finalAnswers(caller, request)).toHaveLength(1);
  });

  test('interrupts a callee that announced call_cancelling, as one chapter spells it', async () => {
    const { caller, callee, request } = await invokedCall(calleeWith('call_cancelling'));
    caller.send(code.CANCEL, request, { mode: 'kill' });
    expect((await callee.take(code.INTERRUPT))[2]).toMatchObject({ mode: 'kill' });
  });

  test('is killnowait when no mode is named', async () => {
    const { caller, callee, request } = await invokedCall(capable);
    caller.send(code.CANCEL, request, {});
    expect(await caller.take(code.ERROR)).toEqual(canceled(request));
    expect((await callee.take(code.INTERRUPT))[2]).toMatchObject({ mode: 'killnowait' });
  });

  test.each(modes)('with %s of a call that is over, or never was, has no effect', async (mode) => {
    const { caller, callee, request, invocation } = await invokedCall(capable);
    callee.send(code.YIELD, invocation, {});
    await caller.take(code.RESULT);
    caller.send(code.CANCEL, request, { mode });
    caller.send(code.CANCEL, 4711, { mode });
    await settle(caller, callee);
    expect(finalAnswers(caller, request)).toHaveLength(1);
    expect(heard(callee, code.INTERRUPT)).toEqual([]);
    expect(heard(caller, code.ABORT)).toEqual([]);
  });

  test('of a call of another session has no effect', async () => {
    const { router, caller, callee, request, invocation } = await invokedCall(capable);
    const stranger = await joinV2(router);
    stranger.send(code.CANCEL, request, { mode: 'killnowait' });
    await stranger.barrier();
    callee.send(code.YIELD, invocation, {}, ['mine']);
    expect(await caller.take(code.RESULT)).toEqual([code.RESULT, request, {}, ['mine']]);
  });

  test.each(modes)('with %s of a call that waits for a busy callee is answered at once', async (mode) => {
    const router = createV2Router();
    const { caller, callee } = await joinPair(router, capable);
    await callee.register('com.procedure', { concurrency: 1 });
    beginCall(caller, 'com.procedure');
    const request = beginCall(caller, 'com.procedure');
    caller.send(code.CANCEL, request, { mode });
    expect(await caller.take(code.ERROR)).toEqual(canceled(request));
    callee.send(code.YIELD, await nextInvocation(callee), {});
    await settle(callee);
    expect(heard(callee, code.INVOCATION)).toHaveLength(1);
    expect(router.stats().pendingCalls).toBe(0);
  });

  test('aborts the signal of a procedure of the router', async () => {
    const router = createV2Router();
    const caller = await joinV2(router);
    const aborted = new Promise((resolve) =>
      router.registerRPC('com.procedure', ({ signal }) => {
        signal.addEventListener('abort', () => resolve(signal.reason));
        return new Promise(() => {});
      }),
    );
    const request = beginCall(caller, 'com.procedure');
    caller.send(code.CANCEL, request, {});
    expect(errorOf(await caller.take(code.ERROR))).toBe('wamp.error.canceled');
    expect(await aborted).toMatchObject({ uri: 'wamp.error.canceled' });
  });
});
