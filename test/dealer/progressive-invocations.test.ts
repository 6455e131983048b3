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
  openCall,
  settle,
} from '../support/calls.ts';
import type { V2Peer } from '../support/v2-client.ts';
import { joinV2 } from '../support/v2-client.ts';
import { code, createV2Router } from '../support/v2-router.ts';

const uploading = calleeWith('progressive_call_invocations', 'progressive_call_results', 'call_canceling');

/** Sends one more part of a call. */
const continueCall = (peer: V2Peer, request: number, options: object, ...payload: readonly unknown[]): void =>
  peer.send(code.CALL, request, options, 'com.procedure', ...payload);

/** A call of which the first part has been invoked. */
const beginUpload = (details: Readonly<Record<string, unknown>> = uploading, options: object = {}) =>
  openCall(details, { progress: true, ...options }, ['part 1']);

// Advanced Profile, "Progressive Call Invocations"
describe('a progressive call', () => {
  test('sends each of its parts as INVOCATION with one id, progress in all but the last', async () => {
    const { router, caller, callee, request } = await beginUpload();
    continueCall(caller, request, { progress: true }, ['part 2']);
    continueCall(caller, request, { progress: false }, ['part 3']);
    await caller.barrier();
    const invocations = heard(callee, code.INVOCATION);
    expect(invocations.map(([, id, , details, args]) => [id, details, args])).toEqual([
      [1, { progress: true }, ['part 1']],
      [1, { progress: true }, ['part 2']],
      [1, {}, ['part 3']],
    ]);
    callee.send(code.YIELD, 1, {}, ['thanks']);
    expect(await caller.take(code.RESULT)).toEqual([code.RESULT, request, {}, ['thanks']]);
    expect(router.stats().pendingCalls).toBe(0);
  });

  test('takes no part that names another procedure, and goes on with the next that names its own', async () => {
    const { caller, callee, request } = await beginUpload();
    caller.send(code.CALL, request, { progress: true }, 'com.other', ['stray']);
    caller.send(code.CALL, request, {}, 'com.other', ['stray']);
    continueCall(caller, request, {}, ['part 2']);
    await caller.barrier();
    expect(heard(callee, code.INVOCATION).map((message) => message[4])).toEqual([['part 1'], ['part 2']]);
    expect(heard(caller, code.ERROR)).toHaveLength(1);
  });

  test.each([{ progress: true }, { progress: false }, {}])('takes no part %j behind its last', async (options) => {
    const { caller, callee, request } = await beginUpload();
    continueCall(caller, request, {}, ['last']);
    continueCall(caller, request, options, ['late']);
    await caller.barrier();
    expect(heard(callee, code.INVOCATION).map((message) => message[4])).toEqual([['part 1'], ['last']]);
    callee.send(code.YIELD, 1, {}, ['thanks']);
    expect(await caller.take(code.RESULT)).toEqual([code.RESULT, request, {}, ['thanks']]);
  });

  test('takes no part behind its last while it waits for a busy callee', async () => {
    const { caller, callee } = await joinPair(createV2Router(), uploading);
    await callee.register('com.procedure', { concurrency: 1 });
    beginCall(caller, 'com.procedure', {}, ['busy']);
    const request = beginCall(caller, 'com.procedure', { progress: true }, ['part 1']);
    continueCall(caller, request, {}, ['last']);
    continueCall(caller, request, {}, ['late']);
    callee.send(code.YIELD, await nextInvocation(callee), {});
    await settle(caller, callee);
    expect(heard(callee, code.INVOCATION).map((message) => message[4])).toEqual([['busy'], ['part 1'], ['last']]);
  });

  test('may hear results before its last part', async () => {
    const { caller, callee, request } = await beginUpload(uploading, { receive_progress: true });
    const [, invocation, , details] = await callee.take(code.INVOCATION);
    expect(details).toEqual({ receive_progress: true, progress: true });
    callee.send(code.YIELD, invocation, { progress: true }, ['so far']);
    expect(await caller.take(code.RESULT)).toEqual([code.RESULT, request, { progress: true }, ['so far']]);
    continueCall(caller, request, {}, ['part 2']);
    expect((await callee.take(code.INVOCATION)).slice(3)).toEqual([{ receive_progress: true }, ['part 2']]);
    callee.send(code.YIELD, invocation, {}, ['whole']);
    expect(await caller.take(code.RESULT)).toEqual([code.RESULT, request, {}, ['whole']]);
  });

  test('goes to one callee of a shared registration to its end', async () => {
    const router = createV2Router();
    const { caller, callee } = await joinPair(router);
    const other = await joinV2(router);
    for (const peer of [callee, other]) await peer.register('com.procedure', { invoke: 'roundrobin' });
    const request = beginCall(caller, 'com.procedure', { progress: true }, [1]);
    continueCall(caller, request, { progress: true }, [2]);
    beginCall(caller, 'com.procedure', {}, ['another call']);
    continueCall(caller, request, {}, [3]);
    await caller.barrier();
    expect(heard(callee, code.INVOCATION).map((message) => message[4])).toEqual([[1], [2], [3]]);
    expect(heard(other, code.INVOCATION).map((message) => message[4])).toEqual([['another call']]);
  });

  test('has its options frozen by the first CALL', async () => {
    const { caller, callee, request } = await beginUpload(uploading, { disclose_me: true });
    const first = await callee.take(code.INVOCATION);
    expect(first[3]).toMatchObject({ caller: caller.session, progress: true });
    continueCall(caller, request, { disclose_me: false, receive_progress: true, timeout: 1 }, ['part 2']);
    const { progress: _, ...frozen } = first[3] as Record<string, unknown>;
    expect((await callee.take(code.INVOCATION))[3]).toEqual(frozen);
  });

  test.each([
    ['nothing', basic],
    ['progressive_call_invocations alone', calleeWith('progressive_call_invocations')],
    ['call_canceling alone', calleeWith('call_canceling')],
  ])('ends in ERROR feature_not_supported when its callee announced %s', async (_, details) => {
    const { router, caller, callee, request } = await beginUpload(details);
    continueCall(caller, request, {}, ['part 2']);
    expect(errorOf(await caller.take(code.ERROR))).toBe('wamp.error.feature_not_supported');
    await settle(caller);
    expect(finalAnswers(caller, request)).toHaveLength(1);
    expect(heard(callee, code.INVOCATION)).toEqual([]);
    expect(router.stats().pendingCalls).toBe(0);
  });

  test('reaches a callee that announced call_cancelling, as the chapter spells it', async () => {
    const { callee } = await beginUpload(calleeWith('progressive_call_invocations', 'call_cancelling'));
    expect((await callee.take(code.INVOCATION))[3]).toEqual({ progress: true });
  });

  test('of a caller that did not announce the feature ends its session', async () => {
    const router = createV2Router();
    const [caller, callee] = [await joinV2(router, basic), await joinV2(router)];
    await callee.register('com.procedure');
    beginCall(caller, 'com.procedure', { progress: true });
    expect((await caller.take(code.ABORT))[2]).toBe('wamp.error.protocol_violation');
    await callee.barrier();
    expect(heard(callee, code.INVOCATION)).toEqual([]);
  });

  test.each([
    ['YIELD', [70, 1, {}]],
    ['ERROR', [8, 68, 1, {}, 'com.error']],
  ])('that is over by %s drops the parts that come after it, and the session lives on', async (_, answer) => {
    const { router, caller, callee, request } = await beginUpload();
    await nextInvocation(callee);
    callee.send(...answer);
    await caller.answerTo(code.CALL, request);
    continueCall(caller, request, { progress: true }, ['late']);
    continueCall(caller, request, {}, ['late']);
    await settle(caller);
    expect(heard(callee, code.INVOCATION)).toHaveLength(1);
    expect(finalAnswers(caller, request)).toHaveLength(1);
    expect(router.stats().pendingCalls).toBe(0);
  });

  test('has its callee interrupted with killnowait when the caller leaves between two parts', async () => {
    const { caller, callee } = await beginUpload();
    const invocation = await nextInvocation(callee);
    await caller.close();
    expect((await callee.take(code.INTERRUPT)).slice(1)).toEqual([
      invocation,
      expect.objectContaining({ mode: 'killnowait' }),
    ]);
  });

  test('ends in ERROR canceled when its callee leaves, once, and later parts are dropped', async () => {
    const { caller, callee, request } = await beginUpload();
    continueCall(caller, request, { progress: true }, ['part 2']);
    await settle(caller);
    await leave(callee);
    expect(errorOf(await caller.take(code.ERROR))).toBe('wamp.error.canceled');
    continueCall(caller, request, {}, ['part 3']);
    await settle(caller);
    expect(finalAnswers(caller, request)).toHaveLength(1);
  });

  test('waits with all its parts for a busy callee', async () => {
    const router = createV2Router();
    const { caller, callee } = await joinPair(router, uploading);
    await callee.register('com.procedure', { concurrency: 1 });
    beginCall(caller, 'com.procedure');
    const request = beginCall(caller, 'com.procedure', { progress: true }, [1]);
    continueCall(caller, request, { progress: true }, [2]);
    continueCall(caller, request, {}, [3]);
    await settle(caller);
    callee.send(code.YIELD, await nextInvocation(callee), {});
    await settle(callee);
    expect(heard(callee, code.INVOCATION).slice(1)).toEqual([
      [code.INVOCATION, 2, expect.any(Number), { progress: true }, [1]],
      [code.INVOCATION, 2, expect.any(Number), { progress: true }, [2]],
      [code.INVOCATION, 2, expect.any(Number), {}, [3]],
    ]);
  });

  test('keeps 64 parts while it waits for a busy callee, and fails with the next', async () => {
    const router = createV2Router();
    const { caller, callee } = await joinPair(router, uploading);
    await callee.register('com.procedure', { concurrency: 1 });
    beginCall(caller, 'com.procedure', {}, ['busy']);
    const sendParts = (further: number): number => {
      const request = beginCall(caller, 'com.procedure', { progress: true }, [0]);
      for (let part = 1; part <= further; part += 1) continueCall(caller, request, { progress: true }, [part]);
      return request;
    };
    sendParts(64);
    const tooMany = sendParts(65);
    await settle(caller);
    const errors = heard(caller, code.ERROR).filter(([, , request]) => (request as number) <= tooMany);
    expect(errors.map((message) => message.slice(2, 5))).toEqual([[tooMany, {}, 'wamp.error.no_available_callee']]);
    expect(router.stats().pendingCalls).toBe(2);
  });

  test('ends with one ERROR when a further part has an invalid option, and the callee is interrupted', async () => {
    const { router, caller, callee, request } = await beginUpload();
    await nextInvocation(callee);
    continueCall(caller, request, { progress: 'yes' }, ['part 2']);
    expect(errorOf(await caller.take(code.ERROR))).toBe('wamp.error.invalid_argument');
    await callee.take(code.INTERRUPT);
    expect(router.stats().pendingCalls).toBe(0);
  });
});

// "Verification of CALL Request IDs"
describe.each(['warn', 'strict'] as const)('the request id of a CALL, with requestIds %s', (requestIds) => {
  test('may be one that continues a progressive call while others have begun', async () => {
    const { caller, callee } = await joinPair(createV2Router({ requestIds }), uploading);
    await callee.register('com.procedure');
    const request = beginCall(caller, 'com.procedure', { progress: true });
    beginCall(caller, 'com.procedure');
    continueCall(caller, request, {});
    await settle(caller);
    expect(heard(callee, code.INVOCATION).map(([, id]) => id)).toEqual([1, 2, 1]);
    expect(heard(caller, code.ABORT)).toEqual([]);
  });

  test('of a live call that is not progressive ends the session', async () => {
    const { caller, callee } = await joinPair(createV2Router({ requestIds }), uploading);
    await callee.register('com.procedure');
    const request = beginCall(caller, 'com.procedure');
    continueCall(caller, request, {});
    expect((await caller.take(code.ABORT))[2]).toBe('wamp.error.protocol_violation');
    await callee.barrier();
    expect(heard(callee, code.INVOCATION)).toHaveLength(1);
  });

  test('of a progressive call that is over is discarded', async () => {
    const { caller, callee } = await joinPair(createV2Router({ requestIds }), uploading);
    await callee.register('com.procedure');
    const request = beginCall(caller, 'com.procedure', { progress: true });
    callee.send(code.YIELD, await nextInvocation(callee), {});
    await caller.take(code.RESULT);
    continueCall(caller, request, {});
    await settle(caller);
    expect(heard(callee, code.INVOCATION)).toHaveLength(1);
  });
});

// "Verification of CALL Request IDs": a part of a live call is one, however many calls have begun since.
test.each(['warn', 'strict'] as const)(
  'a live call takes parts behind 1,100 others, with requestIds %s',
  async (requestIds) => {
    const router = createV2Router({ requestIds });
    const { caller, callee } = await joinPair(router, uploading);
    await callee.register('com.procedure');
    const live = beginCall(caller, 'com.procedure', { progress: true }, [1]);
    for (let other = 0; other < 1100; other += 1) beginCall(caller, 'com.nobody', { progress: true });
    continueCall(caller, live, {}, [2]);
    await settle(caller, callee);
    expect(heard(callee, code.INVOCATION).map(([, , , , args]) => args)).toEqual([[1], [2]]);
    expect(router.stats().counters.request_id_gap).toBe(0);
  },
);

// "Continuations on Completed Calls"; the router refuses a call that no callee has heard of
describe.each(['warn', 'strict'] as const)('a progressive call that is refused, with requestIds %s', (requestIds) => {
  test('is answered once: its later parts are dropped', async () => {
    const { caller, callee } = await joinPair(createV2Router({ requestIds }), uploading);
    const request = beginCall(caller, 'com.procedure', { progress: true }, [1]);
    expect(errorOf(await caller.take(code.ERROR))).toBe('wamp.error.no_such_procedure');
    continueCall(caller, request, { progress: true }, [2]);
    await callee.register('com.procedure');
    continueCall(caller, request, {}, [3]);
    await settle(caller);
    expect(heard(callee, code.INVOCATION)).toEqual([]);
    expect(finalAnswers(caller, request)).toHaveLength(1);
  });

  test('because an authorizer says no, after all its parts have come, is answered once', async () => {
    const authorizer = async ({ uri }: { uri: string }) => uri !== 'com.procedure';
    const { caller, callee } = await joinPair(createV2Router({ requestIds, authorizer }), uploading);
    await callee.register('com.', { match: 'prefix' });
    const request = beginCall(caller, 'com.procedure', { progress: true }, [1]);
    continueCall(caller, request, {}, [2]);
    await settle(caller);
    expect(finalAnswers(caller, request)).toHaveLength(1);
  });

  test('not, when an authorizer says yes after all its parts have come', async () => {
    const authorizer = async () => true;
    const { caller, callee } = await joinPair(createV2Router({ requestIds, authorizer }), uploading);
    await callee.register('com.procedure');
    const request = beginCall(caller, 'com.procedure', { progress: true }, [1]);
    continueCall(caller, request, {}, [2]);
    await settle(caller);
    expect(heard(callee, code.INVOCATION).map((message) => message[4])).toEqual([[1], [2]]);
  });
});

describe('with requestIds strict', () => {
  test('a CALL whose request id leaves a gap ends the session', async () => {
    const caller = await joinV2(createV2Router({ requestIds: 'strict' }));
    caller.send(code.CALL, 1, { progress: true }, 'com.procedure');
    caller.send(code.CALL, 3, {}, 'com.procedure');
    expect((await caller.take(code.ABORT))[2]).toBe('wamp.error.protocol_violation');
  });

  test.each(['live', 'over'])(
    'a part of a call that is %s but names another procedure ends the session',
    async (state) => {
      const { caller, callee } = await joinPair(createV2Router({ requestIds: 'strict' }), uploading);
      await callee.register('com.procedure');
      const request = beginCall(caller, 'com.procedure', { progress: true });
      const invocation = await nextInvocation(callee);
      if (state === 'over') {
        callee.send(code.YIELD, invocation, {});
        await caller.take(code.RESULT);
      }
      caller.send(code.CALL, request, { progress: true }, 'com.other');
      expect((await caller.take(code.ABORT))[2]).toBe('wamp.error.protocol_violation');
    },
  );

  test.each([true, false])(
    'a CALL with the id of a call that was none of parts ends it, with progress %s',
    async (progress) => {
      const caller = await joinV2(createV2Router({ requestIds: 'strict' }));
      await caller.call('com.procedure');
      caller.send(code.CALL, 1, { progress }, 'com.procedure');
      expect((await caller.take(code.ABORT))[2]).toBe('wamp.error.protocol_violation');
    },
  );

  test('a CALL with the id of a live call ends the session of a caller that sends no parts', async () => {
    const router = createV2Router({ requestIds: 'strict' });
    const [caller, callee] = [await joinV2(router, basic), await joinV2(router)];
    await callee.register('com.procedure');
    beginCall(caller, 'com.procedure');
    continueCall(caller, 1, {});
    expect((await caller.take(code.ABORT))[2]).toBe('wamp.error.protocol_violation');
  });
});
