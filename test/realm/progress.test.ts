import { describe, expect, test } from 'vitest';
import {
  basic,
  beginCall,
  calleeWith,
  errorOf,
  finalAnswers,
  heard,
  joinPair,
  leave,
  nextInvocation,
  settle,
} from '../support/calls.ts';
import { joinV2 } from '../support/v2-client.ts';
import { code, createV2Router } from '../support/v2-router.ts';

const streaming = calleeWith('progressive_call_results', 'call_canceling');

// Advanced Profile, "Progressive Call Results"
describe('receive_progress', () => {
  const detailsFor = async (details: Readonly<Record<string, unknown>>, options: object): Promise<unknown> => {
    const { caller, callee } = await joinPair(createV2Router(), details);
    await callee.register('com.procedure');
    beginCall(caller, 'com.procedure', options);
    return (await callee.take(code.INVOCATION))[3];
  };

  test('is forwarded to a callee that announced progressive_call_results and call_canceling', async () => {
    expect(await detailsFor(streaming, { receive_progress: true })).toEqual({ receive_progress: true });
  });

  test.each([
    ['progressive_call_results alone', calleeWith('progressive_call_results')],
    ['call_canceling alone', calleeWith('call_canceling')],
    ['nothing', basic],
  ])('is dropped silently for a callee that announced %s', async (_, details) => {
    expect(await detailsFor(details, { receive_progress: true })).toEqual({});
  });

  test('is forwarded only when the caller says true', async () => {
    expect(await detailsFor(streaming, {})).toEqual({});
    expect(await detailsFor(streaming, { receive_progress: false })).toEqual({});
  });
});

describe('a progressive result', () => {
  const streamingCall = async (options: object = { receive_progress: true }) => {
    const router = createV2Router();
    const { caller, callee } = await joinPair(router, streaming);
    await callee.register('com.procedure');
    const request = beginCall(caller, 'com.procedure', options);
    return { router, caller, callee, request, invocation: await nextInvocation(callee) };
  };

  test('is sent on at once with progress, and the final one without', async () => {
    const { router, caller, callee, request, invocation } = await streamingCall();
    callee.send(code.YIELD, invocation, { progress: true }, ['partial 1', 10]);
    expect(await caller.take(code.RESULT)).toEqual([code.RESULT, request, { progress: true }, ['partial 1', 10]]);
    callee.send(code.YIELD, invocation, { progress: true }, [], { foo: 10 });
    expect(await caller.take(code.RESULT)).toEqual([code.RESULT, request, { progress: true }, [], { foo: 10 }]);
    callee.send(code.YIELD, invocation, { progress: true });
    expect(await caller.take(code.RESULT)).toEqual([code.RESULT, request, { progress: true }]);
    expect(router.stats().pendingCalls).toBe(1);
    callee.send(code.YIELD, invocation, {});
    expect(await caller.take(code.RESULT)).toEqual([code.RESULT, request, {}]);
    expect(router.stats().pendingCalls).toBe(0);
  });

  test('keeps its place among the others', async () => {
    const { caller, callee, request, invocation } = await streamingCall();
    for (let part = 0; part < 50; part += 1) callee.send(code.YIELD, invocation, { progress: part < 49 }, [part]);
    await settle(callee);
    expect(heard(caller, code.RESULT).map((message) => (message[3] as number[])[0])).toEqual([...Array(50).keys()]);
    expect(finalAnswers(caller, request)).toHaveLength(1);
  });

  test('may be followed by ERROR, which ends the call', async () => {
    const { caller, callee, request, invocation } = await streamingCall();
    callee.send(code.YIELD, invocation, { progress: true });
    callee.send(code.ERROR, code.INVOCATION, invocation, {}, 'com.error', [1830]);
    expect(await caller.take(code.ERROR)).toEqual([code.ERROR, code.CALL, request, {}, 'com.error', [1830]]);
  });

  test('is not sent to a caller that did not ask for any, and does not end its call', async () => {
    const { caller, callee, request, invocation } = await streamingCall({});
    callee.send(code.YIELD, invocation, { progress: true }, ['part']);
    callee.send(code.YIELD, invocation, {}, ['whole']);
    await settle(callee);
    expect(heard(caller, code.RESULT)).toEqual([[code.RESULT, request, {}, ['whole']]]);
  });

  test('need not be produced although the caller asked for it', async () => {
    const { caller, callee, request, invocation } = await streamingCall();
    callee.send(code.YIELD, invocation, {}, ['whole']);
    expect(await caller.take(code.RESULT)).toEqual([code.RESULT, request, {}, ['whole']]);
  });

  test('that comes after the final one is swallowed', async () => {
    const { caller, callee, invocation } = await streamingCall();
    callee.send(code.YIELD, invocation, {});
    callee.send(code.YIELD, invocation, { progress: true }, ['late']);
    await settle(callee);
    expect(heard(caller, code.RESULT)).toHaveLength(1);
  });

  test('comes no more once the caller has left: the callee is interrupted with killnowait', async () => {
    const { router, caller, callee, invocation } = await streamingCall();
    callee.send(code.YIELD, invocation, { progress: true });
    await caller.take(code.RESULT);
    await caller.close();
    expect((await callee.take(code.INTERRUPT))[2]).toMatchObject({ mode: 'killnowait' });
    callee.send(code.YIELD, invocation, { progress: true });
    callee.send(code.YIELD, invocation, {});
    await settle(callee);
    expect(router.stats().pendingCalls).toBe(0);
  });

  test('is followed by ERROR canceled when the callee leaves', async () => {
    const { caller, callee, invocation } = await streamingCall();
    callee.send(code.YIELD, invocation, { progress: true });
    await caller.take(code.RESULT);
    await leave(callee);
    expect(errorOf(await caller.take(code.ERROR))).toBe('wamp.error.canceled');
  });

  test.each(['skip', 'killnowait'])('comes no more once the caller has cancelled with %s', async (mode) => {
    const { caller, callee, request, invocation } = await streamingCall();
    callee.send(code.YIELD, invocation, { progress: true });
    await caller.take(code.RESULT);
    caller.send(code.CANCEL, request, { mode });
    expect(errorOf(await caller.take(code.ERROR))).toBe('wamp.error.canceled');
    callee.send(code.YIELD, invocation, { progress: true });
    callee.send(code.YIELD, invocation, {});
    await settle(callee, caller);
    expect(heard(caller, code.RESULT)).toHaveLength(1);
    expect(finalAnswers(caller, request)).toHaveLength(1);
  });

  test('of a procedure of the router is one, too', async () => {
    const router = createV2Router();
    const caller = await joinV2(router);
    router.registerRPC('com.procedure', ({ progress }) => {
      progress(['part']);
      return 'whole';
    });
    const request = beginCall(caller, 'com.procedure', { receive_progress: true });
    await caller.answerTo(code.CALL, request);
    expect(heard(caller, code.RESULT)).toEqual([
      [code.RESULT, request, { progress: true }, ['part']],
      [code.RESULT, request, {}, ['whole']],
    ]);
  });
});
