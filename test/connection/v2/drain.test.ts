import { describe, expect, test } from 'vitest';
import { beginCall, errorOf, finalAnswers, heard, nextInvocation } from '../../support/calls.ts';
import { joinV2 } from '../../support/v2-client.ts';
import { code, createV2Router } from '../../support/v2-router.ts';

// Basic Profile, "Session Closing": the router takes leave with GOODBYE, when the calls are done
describe('a router that drains', () => {
  test('takes the parts of a call that is under way, and no new call', async () => {
    const router = createV2Router();
    const [caller, callee] = [await joinV2(router), await joinV2(router)];
    await callee.register('com.procedure');
    await caller.register('com.other');
    // A call of its own keeps the callee.
    const own = callee.call('com.other');
    const request = beginCall(caller, 'com.procedure', { progress: true }, [1]);
    const invocation = await nextInvocation(callee);
    const closing = router.close({ drain: 10_000 });
    const next = beginCall(caller, 'com.procedure');
    caller.send(code.CALL, request, {}, 'com.procedure', [2]);
    expect(errorOf(await caller.answerTo(code.CALL, next))).toBe('wamp.error.unavailable');
    expect(heard(callee, code.INVOCATION).map((message) => message[4])).toEqual([[1], [2]]);
    callee.send(code.YIELD, invocation, {}, ['done']);
    caller.send(code.YIELD, await nextInvocation(caller), {}, ['done']);
    await Promise.all([own, caller.answerTo(code.CALL, request)]);
    expect(finalAnswers(caller, request)).toEqual([[code.RESULT, request, {}, ['done']]]);
    for (const peer of [caller, callee]) {
      expect((await peer.take(code.GOODBYE))[2]).toBe('wamp.close.system_shutdown');
      peer.send(code.GOODBYE, {}, 'wamp.close.goodbye_and_out');
    }
    await closing;
  });

  test.each([
    ['YIELD', [code.YIELD, 1, {}, ['done']]],
    ['ERROR', [code.ERROR, code.INVOCATION, 1, {}, 'com.error']],
  ])('keeps a callee until it has answered by %s what it was asked', async (_, answer) => {
    const router = createV2Router();
    const [caller, callee] = [await joinV2(router), await joinV2(router)];
    await callee.register('com.procedure');
    const request = beginCall(caller, 'com.procedure');
    await nextInvocation(callee);
    const closing = router.close({ drain: 10_000 });
    expect(heard(callee, code.GOODBYE)).toEqual([]);
    callee.send(...answer);
    const final = await caller.answerTo(code.CALL, request);
    expect(errorOf(final)).not.toBe('wamp.error.canceled');
    for (const peer of [caller, callee]) {
      await peer.take(code.GOODBYE);
      peer.send(code.GOODBYE, {}, 'wamp.close.goodbye_and_out');
    }
    await closing;
  });
});
