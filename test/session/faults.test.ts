/** Faults inside the router, made on purpose: each costs the request in which it happens, and no session. */

import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { Broker } from '../../src/broker/broker.ts';
import { Delivery } from '../../src/connection/delivery.ts';
import { Dealer } from '../../src/dealer/dealer.ts';
import { Registration } from '../../src/dealer/registration.ts';
import { Registrations } from '../../src/dealer/registrations.ts';
import { RemoteCallee } from '../../src/dealer/remote-callee.ts';
import type { Postmaster } from '../../src/index.ts';
import { Authorization } from '../../src/session/authorization.ts';
import { beginCall, errorOf, nextInvocation } from '../support/calls.ts';
import type { V2Peer } from '../support/v2-client.ts';
import { joinV2 } from '../support/v2-client.ts';
import { code, createV2Router } from '../support/v2-router.ts';

const broken = 'wamp.error.runtime_error';

/** Breaks a method, once. */
const breakOnce = <Part extends object>(part: Part, method: keyof Part): void => {
  const spy = vi.spyOn(part as Record<string, () => never>, method as string).mockImplementationOnce(() => {
    throw new Error('a fault');
  });
  onTestFinished(() => spy.mockRestore());
};

const faults = (postmaster: Postmaster): number => postmaster.stats().counters.internal_error;

const expectAlive = async (...peers: readonly V2Peer[]): Promise<void> => {
  for (const peer of peers) {
    await peer.publish('com.alive');
    expect(peer.untaken(code.ABORT)).toEqual([]);
  }
};

describe('a fault of the router on', () => {
  const requests = [
    ['SUBSCRIBE', Broker.prototype, 'attach', [code.SUBSCRIBE, {}, 'com.topic']],
    ['REGISTER', Registrations.prototype, 'register', [code.REGISTER, {}, 'com.procedure']],
    ['UNREGISTER', Registrations.prototype, 'calleeOf', [code.UNREGISTER, 1]],
    ['PUBLISH', Authorization.prototype, 'check', [code.PUBLISH, { acknowledge: true }, 'com.topic']],
    ['CALL', Registrations.prototype, 'candidates', [code.CALL, {}, 'com.procedure']],
    ['CALL in parts', Registrations.prototype, 'candidates', [code.CALL, { progress: true }, 'com.procedure']],
  ] as const;

  test.each(requests)('%s is its ERROR, and the session lives', async (_, part, method, [type, ...rest]) => {
    const postmaster = createV2Router();
    const peer = await joinV2(postmaster);
    breakOnce(part as object, method as never);
    expect(errorOf(await peer.ask(type, ...rest))).toBe(broken);
    expect(faults(postmaster)).toBe(1);
    await expectAlive(peer);
  });

  test('PUBLISH without acknowledgement, and on CANCEL, is counted, and the session lives', async () => {
    const postmaster = createV2Router();
    const peer = await joinV2(postmaster);
    breakOnce(Authorization.prototype, 'check');
    peer.send(code.PUBLISH, peer.next(), {}, 'com.topic');
    breakOnce(Dealer.prototype, 'cancel');
    peer.send(code.CANCEL, 77, {});
    await expectAlive(peer);
    expect(faults(postmaster)).toBe(2);
    expect(postmaster.stats().counters.request_dropped).toBe(2);
  });

  test('a request that waited for the authorizer is its ERROR, and those behind it are handled', async () => {
    const postmaster = createV2Router({ authorizer: async () => true });
    const peer = await joinV2(postmaster);
    breakOnce(Broker.prototype, 'attach');
    const first = peer.ask(code.SUBSCRIBE, {}, 'com.first');
    expect((await peer.ask(code.SUBSCRIBE, {}, 'com.second'))[0]).toBe(code.SUBSCRIBED);
    expect(errorOf(await first)).toBe(broken);
    await expectAlive(peer);
  });

  test.each(['yield', 'fail'] as const)('the answer of a callee (%s) ends the call', async (method) => {
    const postmaster = createV2Router();
    const [caller, callee] = [await joinV2(postmaster), await joinV2(postmaster)];
    await callee.register('com.procedure');
    const call = caller.call('com.procedure');
    const invocation = await nextInvocation(callee);
    breakOnce(Dealer.prototype, method);
    if (method === 'yield') callee.send(code.YIELD, invocation, {});
    else callee.send(code.ERROR, code.INVOCATION, invocation, {}, 'com.error');
    expect(errorOf(await call)).toBe(broken);
    await expectAlive(caller, callee);
    expect(postmaster.stats().pendingCalls).toBe(0);
  });
});

describe('a fault on the way of a call', () => {
  const setUp = async (options = {}) => {
    const postmaster = createV2Router();
    const [caller, callee] = [await joinV2(postmaster), await joinV2(postmaster)];
    await callee.register('com.procedure', options);
    return { postmaster, caller, callee };
  };

  test('while its callee is chosen or invoked ends it with an ERROR', async () => {
    const { postmaster, caller, callee } = await setUp();
    breakOnce(Registration.prototype, 'choose');
    expect(errorOf(await caller.call('com.procedure'))).toBe(broken);
    breakOnce(RemoteCallee.prototype, 'invoke');
    expect(errorOf(await caller.call('com.procedure'))).toBe(broken);
    await expectAlive(caller, callee);
    expect(faults(postmaster)).toBe(2);
    expect(postmaster.stats().pendingCalls).toBe(0);
  });

  test('that waits for a free callee ends it, and the next one is served', async () => {
    const { caller, callee } = await setUp({ concurrency: 1 });
    const calls = [1, 2, 3].map(() => caller.call('com.procedure'));
    const first = await nextInvocation(callee);
    breakOnce(RemoteCallee.prototype, 'invoke');
    callee.send(code.YIELD, first, {}, [1]);
    expect(errorOf((await calls[1]) ?? [])).toBe(broken);
    callee.send(code.YIELD, await nextInvocation(callee), {}, [3]);
    expect((await calls[2])?.[3]).toEqual([3]);
    // The callee that never heard of the second is as busy as it was.
    const more = [4, 5].map(() => caller.call('com.procedure'));
    const fourth = await nextInvocation(callee);
    await caller.barrier();
    await callee.barrier();
    expect(callee.untaken(code.INVOCATION)).toEqual([]);
    expect(callee.untaken(code.INTERRUPT)).toEqual([]);
    callee.send(code.YIELD, fourth, {});
    callee.send(code.YIELD, await nextInvocation(callee), {});
    await Promise.all(more);
  });

  test('while it is cancelled, or has timed out, does not keep the answer from its caller', async () => {
    const { postmaster, caller, callee } = await setUp();
    const request = beginCall(caller, 'com.procedure');
    await nextInvocation(callee);
    breakOnce(RemoteCallee.prototype, 'interrupt');
    caller.send(code.CANCEL, request, {});
    expect(errorOf(await caller.answerTo(code.CALL, request))).toBe('wamp.error.canceled');
    breakOnce(RemoteCallee.prototype, 'interrupt');
    expect(errorOf(await caller.call('com.procedure', [], { timeout: 1 }))).toBe('wamp.error.timeout');
    await expectAlive(caller, callee);
    expect(faults(postmaster)).toBe(2);
    expect(postmaster.stats().pendingCalls).toBe(0);
  });

  test('while its result is delivered is an ERROR instead', async () => {
    const { caller, callee } = await setUp();
    const call = caller.call('com.procedure');
    const invocation = await nextInvocation(callee);
    breakOnce(Delivery.prototype, 'deliver');
    callee.send(code.YIELD, invocation, {}, [1]);
    expect(errorOf(await call)).toBe(broken);
    await expectAlive(caller, callee);
  });
});

test.each(['exact', 'prefix'])(
  'a subscriber (%s) that cannot be told keeps no event from the others',
  async (match) => {
    const postmaster = createV2Router();
    const [publisher, first, second] = [await joinV2(postmaster), await joinV2(postmaster), await joinV2(postmaster)];
    for (const peer of [first, second]) await peer.subscribe('com.topic', { match });
    breakOnce(Delivery.prototype, 'deliver');
    publisher.send(code.PUBLISH, publisher.next(), {}, 'com.topic', [1]);
    expect((await second.take(code.EVENT))[4]).toEqual([1]);
    await expectAlive(publisher, first, second);
    expect(faults(postmaster)).toBe(1);
  },
);
