import { describe, expect, test } from 'vitest';
import { beginCall, errorOf, finalAnswers, heard, nextInvocation, settle } from '../support/calls.ts';
import { joinV2 } from '../support/v2-client.ts';
import { code, createV2Router } from '../support/v2-router.ts';

/** What MessagePack has and JSON has not. */
const notJson = Number.NaN;
const canceled = 'wamp.error.canceled';

/** Whoever waits for what its peer's serializer cannot hold is told, and waits no longer. */
describe('a payload that cannot be sent to its receiver', () => {
  test('of a RESULT ends the call in ERROR, once', async () => {
    const router = createV2Router();
    const [caller, callee] = [await joinV2(router), await joinV2(router, {}, 'msgpack')];
    await callee.register('com.procedure');
    const request = beginCall(caller, 'com.procedure');
    callee.send(code.YIELD, await nextInvocation(callee), {}, [notJson]);
    await settle(callee);
    expect(finalAnswers(caller, request).map(errorOf)).toEqual(['wamp.error.invalid_argument']);
  });

  test('of an ERROR ends the call in another ERROR, once', async () => {
    const router = createV2Router();
    const [caller, callee] = [await joinV2(router), await joinV2(router, {}, 'msgpack')];
    await callee.register('com.procedure');
    const request = beginCall(caller, 'com.procedure');
    callee.send(code.ERROR, code.INVOCATION, await nextInvocation(callee), {}, 'com.error', [notJson]);
    await settle(callee);
    expect(finalAnswers(caller, request).map(errorOf)).toEqual(['wamp.error.invalid_argument']);
  });

  test('of a progressive result ends the call, once: what the callee says later is swallowed', async () => {
    const router = createV2Router();
    const [caller, callee] = [await joinV2(router), await joinV2(router, {}, 'msgpack')];
    await callee.register('com.procedure');
    const timers = router.stats().timers;
    const request = beginCall(caller, 'com.procedure', { receive_progress: true, timeout: 60_000 });
    const invocation = await nextInvocation(callee);
    callee.send(code.YIELD, invocation, { progress: true }, [1]);
    callee.send(code.YIELD, invocation, { progress: true }, [notJson]);
    callee.send(code.YIELD, invocation, { progress: true }, [2]);
    callee.send(code.YIELD, invocation, {}, [3]);
    await settle(callee);
    expect(heard(caller, code.RESULT)).toEqual([[code.RESULT, request, { progress: true }, [1]]]);
    expect(finalAnswers(caller, request).map(errorOf)).toEqual(['wamp.error.invalid_argument']);
    expect(heard(callee, code.INTERRUPT)).toEqual([
      [code.INTERRUPT, invocation, { mode: 'killnowait', reason: canceled }],
    ]);
    expect(router.stats()).toMatchObject({ pendingCalls: 0, timers });
  });

  test('of an INVOCATION ends the call in ERROR, and the callee is free', async () => {
    const router = createV2Router();
    const [caller, callee] = [await joinV2(router, {}, 'msgpack'), await joinV2(router)];
    await callee.register('com.procedure', { concurrency: 1 });
    expect(errorOf(await caller.call('com.procedure', [notJson]))).toBe('wamp.error.invalid_argument');
    beginCall(caller, 'com.procedure', {}, [1]);
    expect((await callee.take(code.INVOCATION))[4]).toEqual([1]);
  });

  // Basic Profile, "IDs": incremented by 1 in each direction.
  test.each([
    ['', {}, {}],
    [' in parts', { progress: true }, {}],
    [' that others wait behind', {}, { concurrency: 1 }],
  ])(
    'of the INVOCATION of a call%s leaves no gap in the request ids of its callee',
    async (_, options, registering) => {
      const router = createV2Router();
      const [caller, callee] = [await joinV2(router, {}, 'msgpack'), await joinV2(router)];
      await callee.register('com.procedure', registering);
      const taken: number[] = [];
      for (const payload of [1, notJson, notJson, 2, notJson, 3])
        beginCall(caller, 'com.procedure', Number.isNaN(payload) ? options : {}, [payload]);
      for (let call = 0; call < 3; call += 1) {
        taken.push(await nextInvocation(callee));
        callee.send(code.YIELD, taken.at(-1), {}, [call]);
      }
      await settle(caller, callee);
      expect(taken).toEqual([1, 2, 3]);
      expect(heard(caller, code.RESULT)).toHaveLength(3);
      expect(router.stats().pendingCalls).toBe(0);
    },
  );

  test('of the first part of a call that waited keeps the other parts from its callee', async () => {
    const router = createV2Router();
    const [caller, callee] = [await joinV2(router, {}, 'msgpack'), await joinV2(router)];
    await callee.register('com.procedure', { concurrency: 1 });
    beginCall(caller, 'com.procedure');
    const request = beginCall(caller, 'com.procedure', { progress: true }, [notJson]);
    caller.send(code.CALL, request, {}, 'com.procedure', [2]);
    await settle(caller);
    callee.send(code.YIELD, await nextInvocation(callee), {});
    await settle(callee);
    expect(heard(callee, code.INVOCATION)).toHaveLength(1);
    expect(finalAnswers(caller, request).map(errorOf)).toEqual(['wamp.error.invalid_argument']);
    expect(router.stats().pendingCalls).toBe(0);
  });

  test('of a later part of a call ends the call, and the callee that has the first is interrupted', async () => {
    const router = createV2Router();
    const [caller, callee] = [await joinV2(router, {}, 'msgpack'), await joinV2(router)];
    await callee.register('com.procedure');
    const request = beginCall(caller, 'com.procedure', { progress: true }, [1]);
    const invocation = await nextInvocation(callee);
    caller.send(code.CALL, request, { progress: true }, 'com.procedure', [notJson]);
    await settle(caller, callee);
    expect(heard(callee, code.INTERRUPT)).toEqual([
      [code.INTERRUPT, invocation, { mode: 'killnowait', reason: canceled }],
    ]);
    expect(finalAnswers(caller, request).map(errorOf)).toEqual(['wamp.error.invalid_argument']);
  });
});
