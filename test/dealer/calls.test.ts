import { describe, expect, test } from 'vitest';
import { basic, beginCall, errorOf, finalAnswers, heard, joinPair, leave, nextInvocation } from '../support/calls.ts';
import { connectV1InMemory } from '../support/v1-client.ts';
import { joinV2 } from '../support/v2-client.ts';
import { code, createV2Router, everythingAndMeta } from '../support/v2-router.ts';

// Basic Profile, "Calling and Invocations"
describe('a call', () => {
  test.each([
    ['json', 'msgpack'],
    ['msgpack', 'cbor'],
    ['cbor', 'json'],
  ] as const)('carries arguments there and results back, from %s to %s', async (from, to) => {
    const router = createV2Router();
    const [caller, callee] = [await joinV2(router, {}, from), await joinV2(router, {}, to)];
    const registration = await callee.register('com.procedure');
    const answer = caller.call('com.procedure', ['johnny', Buffer.from([0, 255])], {}, { firstname: 'John' });
    const invocation = await callee.take(code.INVOCATION);
    expect(invocation.slice(0, 4)).toEqual([code.INVOCATION, 1, registration, {}]);
    const [name, picture] = invocation[4] as [string, Uint8Array];
    expect([name, [...picture], invocation[5]]).toEqual(['johnny', [0, 255], { firstname: 'John' }]);
    callee.send(code.YIELD, 1, {}, [], { userid: 123, big: 2 ** 53 - 1 });
    expect(await answer).toEqual([code.RESULT, 1, {}, [], { userid: 123, big: 2 ** 53 - 1 }]);
  });

  test('leaves out missing arguments, on both ways', async () => {
    const { caller, callee } = await joinPair(createV2Router());
    const registration = await callee.register('com.procedure');
    const request = beginCall(caller, 'com.procedure');
    expect(await callee.take(code.INVOCATION)).toEqual([code.INVOCATION, 1, registration, {}]);
    callee.send(code.YIELD, 1, {});
    expect(await caller.take(code.RESULT)).toEqual([code.RESULT, request, {}]);
  });

  test('sends empty positional arguments when there are keyword arguments', async () => {
    const { caller, callee } = await joinPair(createV2Router());
    const registration = await callee.register('com.procedure');
    const request = beginCall(caller, 'com.procedure', {}, [], { a: 1 });
    expect(await callee.take(code.INVOCATION)).toEqual([code.INVOCATION, 1, registration, {}, [], { a: 1 }]);
    callee.send(code.YIELD, 1, {}, [], { b: 2 });
    expect(await caller.take(code.RESULT)).toEqual([code.RESULT, request, {}, [], { b: 2 }]);
  });

  test('that its callee fails ends in ERROR with type CALL, and details, URI and arguments of the callee', async () => {
    const { caller, callee } = await joinPair(createV2Router());
    await callee.register('com.procedure');
    const answer = caller.call('com.procedure');
    const invocation = await nextInvocation(callee);
    callee.send(code.ERROR, code.INVOCATION, invocation, { a: 1 }, 'com.error', ['protected'], { severity: 3 });
    expect(await answer).toEqual([code.ERROR, code.CALL, 1, { a: 1 }, 'com.error', ['protected'], { severity: 3 }]);
  });

  test('of no procedure ends in ERROR no_such_procedure', async () => {
    const caller = await joinV2(createV2Router());
    expect(await caller.call('com.procedure')).toEqual([
      code.ERROR,
      code.CALL,
      1,
      {},
      'wamp.error.no_such_procedure',
      [expect.any(String)],
    ]);
  });

  test('of no URI ends in ERROR invalid_uri, and the session lives on', async () => {
    const caller = await joinV2(createV2Router());
    expect(errorOf(await caller.call(''))).toBe('wamp.error.invalid_uri');
    expect(errorOf(await caller.call('com.a b'))).toBe('wamp.error.invalid_uri');
    expect(errorOf(await caller.call('com.procedure'))).toBe('wamp.error.no_such_procedure');
  });

  test.each([
    { timeout: -1 },
    { timeout: 1.5 },
    { timeout: '5' },
    { receive_progress: 1 },
    { progress: 0 },
    { disclose_me: 'yes' },
    { ppt_scheme: 1 },
  ])('with the options %j ends in ERROR invalid_argument', async (options) => {
    const { caller, callee } = await joinPair(createV2Router());
    await callee.register('com.procedure');
    expect(errorOf(await caller.call('com.procedure', [], options))).toBe('wamp.error.invalid_argument');
  });

  test('with options that nobody knows goes its way without them', async () => {
    const { caller, callee } = await joinPair(createV2Router());
    await callee.register('com.procedure');
    beginCall(caller, 'com.procedure', { _custom: 1, rkey: 'x' });
    expect((await callee.take(code.INVOCATION))[3]).toEqual({});
  });

  test('may be outstanding together with others, and each gets its own answer', async () => {
    const { caller, callee } = await joinPair(createV2Router());
    await callee.register('com.procedure');
    const answers = [1, 2, 3].map((number) => caller.call('com.procedure', [number]));
    const invocations = [1, 2, 3].map(() => callee.take(code.INVOCATION));
    for (const invocation of (await Promise.all(invocations)).reverse()) {
      callee.send(code.YIELD, invocation[1], {}, invocation[4]);
    }
    expect((await Promise.all(answers)).map((answer) => answer[3])).toEqual([[1], [2], [3]]);
  });

  test('reaches the callee in the order of the calls', async () => {
    const { caller, callee } = await joinPair(createV2Router());
    await callee.register('com.a');
    await callee.register('com.b');
    for (let number = 0; number < 20; number += 1) beginCall(caller, number % 2 ? 'com.a' : 'com.b', {}, [number]);
    await caller.barrier();
    expect(heard(callee, code.INVOCATION).map((message) => (message[4] as number[])[0])).toEqual([...Array(20).keys()]);
  });

  test('of a session to itself is answered', async () => {
    const peer = await joinV2(createV2Router());
    await peer.register('com.procedure');
    const answer = peer.call('com.procedure');
    peer.send(code.YIELD, await nextInvocation(peer), {}, ['me']);
    expect((await answer)[3]).toEqual(['me']);
  });

  test('is refused with unavailable beyond the pending calls that a session may have', async () => {
    const router = createV2Router({}, { limits: { maxPendingCalls: 2 } });
    const { caller, callee } = await joinPair(router);
    await callee.register('com.procedure');
    beginCall(caller, 'com.procedure');
    beginCall(caller, 'com.procedure');
    expect(errorOf(await caller.call('com.procedure'))).toBe('wamp.error.unavailable');
  });

  test('that its callee leaves ends in ERROR canceled', async () => {
    const { caller, callee } = await joinPair(createV2Router());
    await callee.register('com.procedure');
    const answer = caller.call('com.procedure');
    await nextInvocation(callee);
    await callee.close();
    expect(errorOf(await answer)).toBe('wamp.error.canceled');
  });

  // Basic Profile, "Callee Leaving During an RPC Invocation": in an orderly way, too
  test('that its callee leaves with GOODBYE ends in ERROR canceled', async () => {
    const { caller, callee } = await joinPair(createV2Router());
    await callee.register('com.procedure');
    const answer = caller.call('com.procedure');
    await nextInvocation(callee);
    callee.send(code.GOODBYE, {}, 'wamp.close.close_realm');
    expect(errorOf(await answer)).toBe('wamp.error.canceled');
    expect(errorOf(await caller.call('com.procedure'))).toBe('wamp.error.no_such_procedure');
  });
});

// Basic Profile, "IDs": session scope; "Protocol Violations"
describe('an invocation', () => {
  test('has an id that counts from 1 in the session of each callee', async () => {
    const router = createV2Router();
    const { caller, callee } = await joinPair(router);
    const other = await joinV2(router);
    await callee.register('com.a');
    await other.register('com.b');
    for (const procedure of ['com.a', 'com.b', 'com.a', 'com.b']) beginCall(caller, procedure);
    await caller.barrier();
    for (const peer of [callee, other]) expect(heard(peer, code.INVOCATION).map(([, id]) => id)).toEqual([1, 2]);
  });

  test.each([
    ['YIELD', (id: number) => [70, id, {}]],
    ['ERROR', (id: number) => [8, 68, id, {}, 'com.error']],
  ] as const)('is answered by nobody else: %s of another session with its id is a violation', async (_, answer) => {
    const router = createV2Router();
    const { caller, callee } = await joinPair(router);
    const stranger = await joinV2(router);
    await callee.register('com.procedure');
    const result = caller.call('com.procedure');
    const invocation = await nextInvocation(callee);
    stranger.send(...answer(invocation));
    expect((await stranger.take(code.ABORT))[2]).toBe('wamp.error.protocol_violation');
    callee.send(code.YIELD, invocation, {}, ['mine']);
    expect((await result)[3]).toEqual(['mine']);
  });

  test.each([
    ['YIELD', (id: number) => [70, id, {}]],
    ['ERROR', (id: number) => [8, 68, id, {}, 'com.error']],
  ] as const)(
    'that was answered swallows a second %s; the first one stands and the callee lives on',
    async (_, answer) => {
      const { caller, callee } = await joinPair(createV2Router());
      await callee.register('com.procedure');
      const request = beginCall(caller, 'com.procedure');
      const invocation = await nextInvocation(callee);
      callee.send(code.YIELD, invocation, {}, ['first']);
      callee.send(...answer(invocation));
      await callee.barrier();
      expect(finalAnswers(caller, request)).toEqual([[code.RESULT, request, {}, ['first']]]);
    },
  );

  test('that never was is a violation when it is yielded to: the session ends', async () => {
    const callee = await joinV2(createV2Router());
    callee.send(code.YIELD, 1, {});
    expect((await callee.take(code.ABORT))[2]).toBe('wamp.error.protocol_violation');
  });
});

// Basic Profile, "Caller Leaving During an RPC Invocation"
describe('a caller that leaves', () => {
  test.each(['close', 'GOODBYE'])('by %s has its callee interrupted with killnowait', async (way) => {
    const { caller, callee } = await joinPair(createV2Router());
    await callee.register('com.procedure');
    beginCall(caller, 'com.procedure');
    const invocation = await nextInvocation(callee);
    if (way === 'close') await caller.close();
    else caller.send(code.GOODBYE, {}, 'wamp.close.close_realm');
    const [, request, options] = await callee.take(code.INTERRUPT);
    expect([request, options]).toEqual([invocation, expect.objectContaining({ mode: 'killnowait' })]);
  });

  test.each([
    ['YIELD', (id: number) => [70, id, {}]],
    ['ERROR', (id: number) => [8, 68, id, {}, 'com.error']],
  ] as const)('has the late %s of its callee swallowed', async (_, answer) => {
    const router = createV2Router();
    const { caller, callee } = await joinPair(router);
    await callee.register('com.procedure');
    beginCall(caller, 'com.procedure');
    const invocation = await nextInvocation(callee);
    await caller.close();
    await callee.take(code.INTERRUPT);
    callee.send(...answer(invocation));
    await callee.barrier();
    expect(router.stats()).toMatchObject({ sessions: 1, pendingCalls: 0 });
  });

  test('interrupts no callee that did not announce call_canceling', async () => {
    const router = createV2Router();
    const { caller, callee } = await joinPair(router, basic);
    await callee.register('com.procedure');
    beginCall(caller, 'com.procedure');
    await nextInvocation(callee);
    await leave(caller);
    await callee.barrier();
    expect(heard(callee, code.INTERRUPT)).toEqual([]);
    expect(router.stats().pendingCalls).toBe(0);
  });
});

// PROTOCOL.md: WAMP v1 and v2 meet in one realm
describe('between WAMP v1 and v2', () => {
  const everybody = { v1: { open: true } } as const;

  test('a v1 caller is answered by a v2 callee', async () => {
    const router = createV2Router({}, everybody);
    const [caller, callee] = [await connectV1InMemory(router), await joinV2(router)];
    await callee.register('com.procedure');
    const answer = caller.call('com.procedure', 1, { a: 2 });
    const invocation = await callee.take(code.INVOCATION);
    expect(invocation.slice(3)).toEqual([{}, [1, { a: 2 }]]);
    callee.send(code.YIELD, invocation[1], {}, ['two']);
    expect(await answer).toBe('two');
  });

  test('a v1 caller hears an ERROR of a v2 callee as CALLERROR', async () => {
    const router = createV2Router({}, everybody);
    const [caller, callee] = [await connectV1InMemory(router), await joinV2(router)];
    await callee.register('com.procedure');
    const answer = caller.call('com.procedure');
    callee.send(code.ERROR, code.INVOCATION, await nextInvocation(callee), {}, 'com.error', ['why']);
    await expect(answer).rejects.toMatchObject({ uri: 'com.error', description: 'why', details: undefined });
  });

  test('a v1 caller that leaves has a v2 callee interrupted', async () => {
    const router = createV2Router({}, everybody);
    const [caller, callee] = [await connectV1InMemory(router), await joinV2(router)];
    await callee.register('com.procedure');
    caller.call('com.procedure').catch(() => {});
    await nextInvocation(callee);
    await caller.close();
    expect((await callee.take(code.INTERRUPT))[2]).toMatchObject({ mode: 'killnowait' });
  });

  test('a v1 caller is answered once when a v2 callee that yields progressively ends', async () => {
    const router = createV2Router({}, everybody);
    const [caller, callee] = [await connectV1InMemory(router), await joinV2(router)];
    await callee.register('com.procedure');
    const answer = caller.call('com.procedure');
    const invocation = await nextInvocation(callee);
    callee.send(code.YIELD, invocation, { progress: true }, ['part']);
    callee.send(code.YIELD, invocation, {}, ['whole']);
    expect(await answer).toBe('whole');
    expect(caller.received.filter(([type]) => type === 3 || type === 4)).toHaveLength(1);
  });

  test('a v2 caller calls a procedure of the router, as a v1 caller does', async () => {
    const router = createV2Router({ anonymous: everythingAndMeta }, everybody);
    router.registerRPC('com.add', ({ args: [a, b] }) => (a as number) + (b as number));
    const [v1, v2] = [await connectV1InMemory(router), await joinV2(router)];
    expect(await v1.call('com.add', 1, 2)).toBe(3);
    expect((await v2.call('com.add', [1, 2]))[3]).toEqual([3]);
  });
});
