import { describe, expect, test } from 'vitest';
import type { InvokePolicy } from '../../src/wamp/options.ts';
import { beginCall, errorOf, finalAnswers, heard, joinPair, leave, nextInvocation, settle } from '../support/calls.ts';
import type { V2Peer } from '../support/v2-client.ts';
import { joinV2 } from '../support/v2-client.ts';
import { code, createV2Router } from '../support/v2-router.ts';

const unavailable = (peer: V2Peer, invocation: number): void =>
  peer.send(code.ERROR, code.INVOCATION, invocation, {}, 'wamp.error.unavailable');

/** A caller, and callees of one procedure in the order of their registration. */
const share = async (invoke: InvokePolicy, count: number, options: object = {}) => {
  const router = createV2Router();
  const caller = await joinV2(router);
  const callees: V2Peer[] = [];
  for (let at = 0; at < count; at += 1) {
    const callee = await joinV2(router);
    await callee.register('com.procedure', { invoke, ...options });
    callees.push(callee);
  }
  return { router, caller, callees };
};

/** Lets each callee say that it is unavailable until nobody is left to ask; the callees in the order of their invocation. */
const refuseAll = async (caller: V2Peer, callees: readonly V2Peer[]): Promise<readonly number[]> => {
  const order: number[] = [];
  for (let step = 0; step < callees.length; step += 1) {
    await caller.barrier();
    const at = callees.findIndex((callee) => callee.untaken(code.INVOCATION).length > 0);
    const callee = callees[at];
    if (!callee) break;
    order.push(at);
    unavailable(callee, await nextInvocation(callee));
  }
  return order;
};

// Advanced Profile, "Call Re-Routing"
describe('a call that its callee is unavailable for', () => {
  test.each([
    ['roundrobin', [0, 1, 2]],
    ['first', [0, 1, 2]],
    ['last', [2, 1, 0]],
  ] as const)('is sent on with %s in the order %j, and ends in no_available_callee', async (invoke, expected) => {
    const { router, caller, callees } = await share(invoke, 3);
    const request = beginCall(caller, 'com.procedure', {}, ['payload'], { a: 1 });
    expect(await refuseAll(caller, callees)).toEqual(expected);
    expect(errorOf(await caller.answerTo(code.CALL, request))).toBe('wamp.error.no_available_callee');
    for (const callee of callees) {
      expect(heard(callee, code.INVOCATION).map((message) => message.slice(4))).toEqual([[['payload'], { a: 1 }]]);
    }
    expect(router.stats().pendingCalls).toBe(0);
  });

  test('is sent on with random to each of the others once', async () => {
    const { caller, callees } = await share('random', 4);
    const request = beginCall(caller, 'com.procedure');
    expect([...(await refuseAll(caller, callees))].sort()).toEqual([0, 1, 2, 3]);
    expect(errorOf(await caller.answerTo(code.CALL, request))).toBe('wamp.error.no_available_callee');
  });

  test('ends in no_available_callee with single', async () => {
    const { caller, callees } = await share('single', 1);
    const answer = caller.call('com.procedure');
    expect(await refuseAll(caller, callees)).toEqual([0]);
    expect(errorOf(await answer)).toBe('wamp.error.no_available_callee');
  });

  test('is answered by the next callee, and the caller never knows', async () => {
    const { caller, callees } = await share('roundrobin', 2);
    const request = beginCall(caller, 'com.procedure');
    unavailable(callees[0]!, await nextInvocation(callees[0]!));
    callees[1]!.send(code.YIELD, await nextInvocation(callees[1]!), {}, ['second']);
    await caller.answerTo(code.CALL, request);
    expect(finalAnswers(caller, request)).toEqual([[code.RESULT, request, {}, ['second']]]);
  });

  test('leaves the turn of the next call where it is', async () => {
    const { caller, callees } = await share('roundrobin', 3);
    beginCall(caller, 'com.procedure');
    unavailable(callees[0]!, await nextInvocation(callees[0]!));
    await nextInvocation(callees[1]!);
    beginCall(caller, 'com.procedure');
    expect(await nextInvocation(callees[2]!)).toBe(1);
  });

  test('swallows what the first callee says later', async () => {
    const { caller, callees } = await share('first', 2);
    const request = beginCall(caller, 'com.procedure');
    const invocation = await nextInvocation(callees[0]!);
    unavailable(callees[0]!, invocation);
    callees[0]!.send(code.YIELD, invocation, {}, ['late']);
    await callees[0]!.barrier();
    expect(finalAnswers(caller, request)).toEqual([]);
    callees[1]!.send(code.YIELD, await nextInvocation(callees[1]!), {}, ['second']);
    expect((await caller.answerTo(code.CALL, request))[3]).toEqual(['second']);
  });

  test('is not sent on once it has had a progressive result', async () => {
    const { caller, callees } = await share('first', 2);
    const request = beginCall(caller, 'com.procedure', { receive_progress: true });
    const invocation = await nextInvocation(callees[0]!);
    callees[0]!.send(code.YIELD, invocation, { progress: true });
    unavailable(callees[0]!, invocation);
    expect(errorOf(await caller.answerTo(code.CALL, request))).toBe('wamp.error.unavailable');
    expect(heard(callees[1]!, code.INVOCATION)).toEqual([]);
  });

  test('is not sent on once its callee has had a second part of it', async () => {
    const { caller, callees } = await share('first', 2);
    const request = beginCall(caller, 'com.procedure', { progress: true });
    caller.send(code.CALL, request, {}, 'com.procedure');
    await caller.barrier();
    unavailable(callees[0]!, await nextInvocation(callees[0]!));
    expect(errorOf(await caller.answerTo(code.CALL, request))).toBe('wamp.error.unavailable');
    expect(heard(callees[1]!, code.INVOCATION)).toEqual([]);
  });

  test('is not sent on once it is being cancelled with kill', async () => {
    const { caller, callees } = await share('first', 2);
    const request = beginCall(caller, 'com.procedure');
    caller.send(code.CANCEL, request, { mode: 'kill' });
    await callees[0]!.take(code.INTERRUPT);
    unavailable(callees[0]!, await nextInvocation(callees[0]!));
    expect(errorOf(await caller.answerTo(code.CALL, request))).toBe('wamp.error.unavailable');
    expect(heard(callees[1]!, code.INVOCATION)).toEqual([]);
  });

  test('is interrupted at the callee that has it now', async () => {
    const { caller, callees } = await share('first', 2);
    const request = beginCall(caller, 'com.procedure');
    unavailable(callees[0]!, await nextInvocation(callees[0]!));
    await nextInvocation(callees[1]!);
    caller.send(code.CANCEL, request, {});
    expect((await callees[1]!.take(code.INTERRUPT))[1]).toBe(1);
    expect(heard(callees[0]!, code.INTERRUPT)).toEqual([]);
  });
});

// REGISTER option concurrency: more calls than the callee takes at once wait in a queue with an end
describe('concurrency', () => {
  test('lets a call that waits be overtaken by a later one of its caller to another procedure of the callee', async () => {
    const { caller, callees } = await share('single', 1, { concurrency: 1 });
    const [callee] = callees as [V2Peer];
    await callee.register('com.other');
    for (const procedure of ['com.procedure', 'com.procedure', 'com.other'])
      beginCall(caller, procedure, {}, [procedure]);
    await caller.barrier();
    const busy = await nextInvocation(callee);
    expect((await callee.take(code.INVOCATION))[4]).toEqual(['com.other']);
    callee.send(code.YIELD, busy, {});
    expect((await callee.take(code.INVOCATION))[4]).toEqual(['com.procedure']);
  });

  test('is how many invocations a callee has at once; others follow in their order', async () => {
    const { caller, callees } = await share('single', 1, { concurrency: 2 });
    const [callee] = callees as [V2Peer];
    for (let number = 0; number < 5; number += 1) beginCall(caller, 'com.procedure', {}, [number]);
    await caller.barrier();
    expect(heard(callee, code.INVOCATION)).toHaveLength(2);
    callee.send(code.YIELD, 2, {});
    callee.send(code.ERROR, code.INVOCATION, 1, {}, 'com.error');
    await settle(callee);
    expect(heard(callee, code.INVOCATION).map((message) => message[4])).toEqual([[0], [1], [2], [3]]);
    expect(heard(caller, code.RESULT)).toHaveLength(1);
  });

  test('is of the callee, not of the registration', async () => {
    const { caller, callees } = await share('first', 2, { concurrency: 1 });
    for (let number = 0; number < 3; number += 1) beginCall(caller, 'com.procedure', {}, [number]);
    await caller.barrier();
    expect(callees.map((callee) => heard(callee, code.INVOCATION).length)).toEqual([1, 1]);
    callees[1]!.send(code.YIELD, 1, {});
    await settle(callees[1]!);
    expect(heard(callees[1]!, code.INVOCATION).map((message) => message[4])).toEqual([[1], [2]]);
  });

  test('lets at most so many calls wait as the router allows: the next ends in no_available_callee', async () => {
    const router = createV2Router({}, { limits: { maxQueuedCalls: 2 } });
    const { caller, callee } = await joinPair(router);
    await callee.register('com.procedure', { concurrency: 1 });
    for (let number = 0; number < 3; number += 1) beginCall(caller, 'com.procedure');
    expect(errorOf(await caller.call('com.procedure'))).toBe('wamp.error.no_available_callee');
    expect(router.stats().pendingCalls).toBe(3);
  });

  test('lets waiting calls end in no_available_callee when the last callee leaves', async () => {
    const { router, caller, callees } = await share('single', 1, { concurrency: 1 });
    const requests = [beginCall(caller, 'com.procedure'), beginCall(caller, 'com.procedure')];
    await caller.barrier();
    await leave(callees[0]!);
    await caller.barrier();
    expect(requests.map((request) => finalAnswers(caller, request).map(errorOf))).toEqual([
      ['wamp.error.canceled'],
      ['wamp.error.no_available_callee'],
    ]);
    expect(router.stats().pendingCalls).toBe(0);
  });

  test('hands waiting calls to a callee that joins', async () => {
    const { router, caller, callees } = await share('roundrobin', 1, { concurrency: 1 });
    beginCall(caller, 'com.procedure', {}, [1]);
    beginCall(caller, 'com.procedure', {}, [2]);
    await nextInvocation(callees[0]!);
    const other = await joinV2(router);
    await other.register('com.procedure', { invoke: 'roundrobin', concurrency: 1 });
    expect((await other.take(code.INVOCATION))[4]).toEqual([2]);
  });

  test('forgets waiting calls whose caller has left', async () => {
    const { router, caller, callees } = await share('single', 1, { concurrency: 1 });
    const other = await joinV2(router);
    beginCall(caller, 'com.procedure', {}, ['mine']);
    beginCall(other, 'com.procedure', {}, ['its']);
    await settle(other);
    await leave(other);
    callees[0]!.send(code.YIELD, await nextInvocation(callees[0]!), {});
    await settle(callees[0]!);
    expect(heard(callees[0]!, code.INVOCATION)).toHaveLength(1);
    expect(router.stats().pendingCalls).toBe(0);
  });

  test('counts an invocation no more that its callee was unavailable for: a call that waits has its place', async () => {
    const { caller, callees } = await share('first', 2, { concurrency: 1 });
    const [first, second] = callees as [V2Peer, V2Peer];
    const requests = [1, 2, 3].map((number) => beginCall(caller, 'com.procedure', {}, [number]));
    await caller.barrier();
    // The call 1 waits for the second callee now, and the first one is free for the call 3.
    unavailable(first, await nextInvocation(first));
    expect((await first.take(code.INVOCATION))[4]).toEqual([3]);
    second.send(code.YIELD, await nextInvocation(second), {});
    expect((await second.take(code.INVOCATION))[4]).toEqual([1]);
    expect(finalAnswers(caller, requests[1]!)).toHaveLength(1);
  });

  test('counts an invocation no more of which its only callee is unavailable, and serves the call that waits', async () => {
    const { caller, callees } = await share('single', 1, { concurrency: 1 });
    const [callee] = callees as [V2Peer];
    const request = beginCall(caller, 'com.procedure', {}, [1]);
    beginCall(caller, 'com.procedure', {}, [2]);
    await caller.barrier();
    unavailable(callee, await nextInvocation(callee));
    expect(errorOf(await caller.answerTo(code.CALL, request))).toBe('wamp.error.no_available_callee');
    expect((await callee.take(code.INVOCATION))[4]).toEqual([2]);
  });

  test('keeps no call waiting that every callee left was unavailable for', async () => {
    const { router, caller, callees } = await share('first', 2, { concurrency: 1 });
    const [first, second] = callees as [V2Peer, V2Peer];
    const request = beginCall(caller, 'com.procedure');
    beginCall(caller, 'com.procedure');
    await caller.barrier();
    unavailable(first, await nextInvocation(first));
    const [registered] = second.received.filter(([type]) => type === code.REGISTERED);
    await second.ask(code.UNREGISTER, registered?.[2]);
    expect(errorOf(await caller.answerTo(code.CALL, request))).toBe('wamp.error.no_available_callee');
    expect(router.stats().pendingCalls).toBe(1);
  });
});
