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
  openCall,
  settle,
} from '../support/calls.ts';
import { joinV2 } from '../support/v2-client.ts';
import { code, createV2Router } from '../support/v2-router.ts';

const streaming = calleeWith('progressive_call_results', 'call_canceling');

// Advanced Profile, "Progressive Call Results"
describe('receive_progress', () => {
  const detailsFor = async (details: Readonly<Record<string, unknown>>, options: object): Promise<unknown> => {
    const { callee } = await openCall(details, options);
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

// The chapter: the dealer disregards the progressive results of a callee that does not announce call_canceling.
describe('a callee that announces progressive_call_results without call_canceling', () => {
  const stream = async (progressWithoutCanceling: boolean | undefined, times = 1) => {
    const lines: object[] = [];
    const log = (facts: object, message: string) => void lines.push({ ...facts, message });
    const logger = { debug: () => {}, info: log, warn: log, error: log };
    const realm = progressWithoutCanceling === undefined ? {} : { progressWithoutCanceling };
    const router = createV2Router(realm, { logger });
    const { caller, callee } = await joinPair(router, calleeWith('progressive_call_results'));
    await callee.register('com.procedure');
    for (let time = 0; time < times; time += 1) {
      beginCall(caller, 'com.procedure', { receive_progress: true });
      const invocation = await nextInvocation(callee);
      callee.send(code.YIELD, invocation, { progress: true }, ['part']);
      callee.send(code.YIELD, invocation, {}, ['whole']);
    }
    await settle(callee);
    const results = heard(caller, code.RESULT).map(([, , details, args]) => [details, args]);
    return { results, lines, caller, callee, router };
  };

  test.each([undefined, false])(
    'is heard with its last result only, with progressWithoutCanceling %s',
    async (given) => {
      expect((await stream(given)).results).toEqual([[{}, ['whole']]]);
    },
  );

  test('is heard with all its results under progressWithoutCanceling', async () => {
    const { results, lines } = await stream(true);
    expect(results).toEqual([
      [{ progress: true }, ['part']],
      [{}, ['whole']],
    ]);
    expect(lines).toEqual([]);
  });

  test('is asked for progressive results under progressWithoutCanceling', async () => {
    const { caller, callee } = await stream(true);
    beginCall(caller, 'com.procedure', { receive_progress: true });
    expect((await callee.take(code.INVOCATION))[3]).toEqual({ receive_progress: true });
  });

  test('is named in the log once in a session, with the option that changes it', async () => {
    const { lines, callee } = await stream(undefined, 3);
    expect(lines).toEqual([
      {
        session: callee.session,
        authid: expect.any(String),
        option: 'progressWithoutCanceling',
        message: 'progressive results of a callee without call_canceling are ignored',
      },
    ]);
  });

  test('under progressWithoutCanceling is not interrupted when its caller leaves, and swallowed from then on', async () => {
    const { caller, callee, router } = await stream(true);
    beginCall(caller, 'com.procedure', { receive_progress: true });
    const invocation = await nextInvocation(callee);
    await leave(caller);
    callee.send(code.YIELD, invocation, { progress: true }, ['late']);
    callee.send(code.YIELD, invocation, {}, ['late']);
    await settle(callee);
    expect(heard(callee, code.INTERRUPT)).toEqual([]);
    expect(router.stats().pendingCalls).toBe(0);
  });
});

test.each([undefined, true])(
  'progressive results of a callee that announced none are disregarded without a word, with progressWithoutCanceling %s',
  async (given) => {
    const lines: object[] = [];
    const log = (facts: object) => void lines.push(facts);
    const logger = { debug: () => {}, info: log, warn: log, error: log };
    const { caller, callee } = await joinPair(
      createV2Router(given ? { progressWithoutCanceling: given } : {}, { logger }),
      basic,
    );
    await callee.register('com.procedure');
    beginCall(caller, 'com.procedure', { receive_progress: true });
    const invocation = await nextInvocation(callee);
    callee.send(code.YIELD, invocation, { progress: true }, ['part']);
    callee.send(code.YIELD, invocation, {}, ['whole']);
    await settle(callee);
    expect(heard(caller, code.RESULT).map((message) => message[3])).toEqual([['whole']]);
    expect(lines).toEqual([]);
  },
);

describe('a progressive result', () => {
  const streamingCall = (options: object = { receive_progress: true }) => invokedCall(streaming, options);

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

  // The text forbids the callee nothing here and has no answer to it: as a result it would end the call with its first part.
  test.each([
    ['nobody asked for', streaming, {}],
    ['are disregarded', calleeWith('progressive_call_results', 'payload_passthru_mode'), { receive_progress: true }],
  ])('that %s ends no call by the payload passthru that its caller cannot take', async (_, callees, options) => {
    const router = createV2Router();
    const { roles } = callees as { roles: { callee: { features: object } } };
    const features = { ...roles.callee.features, payload_passthru_mode: true };
    const caller = await joinV2(router, basic);
    const callee = await joinV2(router, { roles: { ...roles, callee: { features } } });
    await callee.register('com.procedure');
    const request = beginCall(caller, 'com.procedure', options);
    const invocation = await nextInvocation(callee);
    callee.send(code.YIELD, invocation, { progress: true, ppt_scheme: 'x_some' }, ['part']);
    callee.send(code.YIELD, invocation, {}, ['whole']);
    await settle(callee);
    expect(finalAnswers(caller, request)).toEqual([[code.RESULT, request, {}, ['whole']]]);
    expect(heard(callee, code.INTERRUPT)).toEqual([]);
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

  test('of a procedure of the router is not sent to a caller that did not ask for any', async () => {
    const router = createV2Router();
    const caller = await joinV2(router);
    router.registerRPC('com.procedure', ({ progress }) => {
      progress(['part']);
      return 'whole';
    });
    const [type, , details, args] = await caller.call('com.procedure');
    expect([type, details, args]).toEqual([code.RESULT, {}, ['whole']]);
    expect(heard(caller, code.RESULT)).toHaveLength(1);
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
