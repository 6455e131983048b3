import { describe, expect, test, vi } from 'vitest';
import { expectNothingLeft } from '../support/router.ts';
import { connectV1InMemory } from '../support/v1-client.ts';
import type { V2Peer } from '../support/v2-client.ts';
import { allRoles, basicRoles, joinV2 } from '../support/v2-client.ts';
import { code, createV2Router } from '../support/v2-router.ts';

type Router = ReturnType<typeof createV2Router>;

/** Answers the next invocation of a callee with its own arguments. */
const answer = async (callee: V2Peer, ...payload: readonly unknown[]): Promise<readonly unknown[]> => {
  const invocation = await callee.take(code.INVOCATION);
  callee.send(code.YIELD, invocation[1], {}, ...(payload.length > 0 ? payload : invocation.slice(4)));
  return invocation;
};

const joinMany = (router: Router, count: number): Promise<V2Peer[]> =>
  Promise.all(Array.from({ length: count }, () => joinV2(router)));

// Basic Profile, "Remote Procedure Calls"
describe('a call', () => {
  test('goes to the callee and back with its arguments, missing ones left out', async () => {
    const router = createV2Router();
    const [callee, caller] = await joinMany(router, 2);
    const registration = await callee!.register('com.echo');
    for (const payload of [[], [[1]], [[], { k: 1 }], [[1, 2], { k: 'ü' }]]) {
      const id = caller!.next();
      caller!.send(code.CALL, id, {}, 'com.echo', ...payload);
      const [, invocation, of, details, ...given] = await answer(callee!);
      expect([of, details, given]).toEqual([registration, {}, payload]);
      expect(invocation).toBeGreaterThan(0);
      expect(await caller!.answerTo(code.CALL, id)).toEqual([code.RESULT, id, {}, ...payload]);
    }
  });

  test('has invocation ids of session scope: 1, 2, 3 for each callee', async () => {
    const router = createV2Router();
    const [one, two, caller] = await joinMany(router, 3);
    await one!.register('com.one');
    await two!.register('com.two');
    for (const [procedure, callee] of [
      ['com.one', one],
      ['com.two', two],
      ['com.one', one],
    ] as const) {
      void caller!.call(procedure);
      await answer(callee!);
    }
    expect(one!.received.filter(([type]) => type === 68).map(([, id]) => id)).toEqual([1, 2]);
    expect(two!.received.filter(([type]) => type === 68).map(([, id]) => id)).toEqual([1]);
  });

  test('is answered by the owner of the invocation only', async () => {
    const router = createV2Router();
    const [callee, thief, caller] = await joinMany(router, 3);
    await callee!.register('com.slow');
    await thief!.register('com.other');
    void caller!.call('com.other');
    const [, stolen] = await thief!.take(code.INVOCATION);
    const call = caller!.call('com.slow');
    const [, id] = await callee!.take(code.INVOCATION);
    expect(stolen).toBe(id);
    thief!.send(8, 68, stolen, {}, 'com.thief');
    thief!.send(code.YIELD, stolen, {}, ['stolen']);
    await thief!.barrier();
    callee!.send(code.YIELD, id, {}, ['mine']);
    expect((await call)[3]).toEqual(['mine']);
  });

  test('that fails is answered with the URI, arguments and details of its callee', async () => {
    const router = createV2Router();
    const [callee, caller] = await joinMany(router, 2);
    await callee!.register('com.fail');
    const call = caller!.call('com.fail');
    const [, id] = await callee!.take(code.INVOCATION);
    callee!.send(8, 68, id, { hint: 1 }, 'com.error', ['why'], { k: 1 });
    expect(await call).toEqual([8, 48, 1, { hint: 1 }, 'com.error', ['why'], { k: 1 }]);
  });

  test('whose result cannot be sent to the caller ends with an error', async () => {
    const router = createV2Router();
    const callee = await joinV2(router, {}, 'cbor');
    const caller = await joinV2(router);
    await callee.register('com.large');
    const call = caller.call('com.large');
    const [, id] = await callee.take(code.INVOCATION);
    callee.send(code.YIELD, id, {}, [Number.NaN]);
    expect((await call)[4]).toBe('wamp.error.invalid_argument');
    const back = callee.call('com.json', [Number.NaN]);
    expect((await back)[4]).toBe('wamp.error.no_such_procedure');
    await caller.register('com.json');
    expect((await callee.call('com.json', [Number.NaN]))[4]).toBe('wamp.error.invalid_argument');
  });

  test('goes between WAMP v1 and v2 in both directions', async () => {
    const router = createV2Router({}, { v1: { open: true } });
    const v2 = await joinV2(router);
    const v1 = await connectV1InMemory(router);
    await v2.register('com.service');
    const call = v1.call('com.service', 1, 'two');
    const [, id, , , args] = await v2.take(code.INVOCATION);
    expect(args).toEqual([1, 'two']);
    v2.send(code.YIELD, id, {}, [{ three: 3 }]);
    expect(await call).toEqual({ three: 3 });
    const many = v1.call('com.service');
    const [, second] = await v2.take(code.INVOCATION);
    v2.send(code.YIELD, second, {}, [1, 2], { k: 3 });
    expect(await many).toEqual({ args: [1, 2], kwargs: { k: 3 } });
  });
});

// Advanced Profile, "Pattern-based Registrations"
describe('the registration that answers', () => {
  const patterns = [
    ['a1.b2.c3.d4.e55', 'exact'],
    ['a1.b2.c3', 'prefix'],
    ['a1.b2.c3.d4', 'prefix'],
    ['a1.b2..d4.e5', 'wildcard'],
    ['a1.b2.c33..e5', 'wildcard'],
    ['a1.b2..d4.e5..g7', 'wildcard'],
    ['a1.b2..d4..f6.g7', 'wildcard'],
  ] as const;

  /** Which of `registered` answers a call. */
  const answering = async (registered: readonly (readonly [string, string])[], procedure: string): Promise<unknown> => {
    const router = createV2Router();
    const [callee, caller] = await joinMany(router, 2);
    const ids = new Map<unknown, string>();
    for (const [uri, match] of registered) ids.set(await callee!.register(uri, { match }), `${match} ${uri}`);
    const call = caller!.call(procedure);
    const invocation = await Promise.race([callee!.take(code.INVOCATION), call]);
    if (invocation[0] === code.ERROR) return invocation[4];
    const [, id, registration, details] = invocation;
    callee!.send(code.YIELD, id, {});
    await call;
    const name = ids.get(registration);
    expect(details).toEqual(name?.startsWith('exact') ? {} : { procedure });
    return name;
  };

  // The specification's own example.
  test.each([
    ['a1.b2.c3.d4.e55', 'exact a1.b2.c3.d4.e55'],
    ['a1.b2.c3.d98.e74', 'prefix a1.b2.c3'],
    ['a1.b2.c3.d4.e325', 'prefix a1.b2.c3.d4'],
    ['a1.b2.c55.d4.e5', 'wildcard a1.b2..d4.e5'],
    ['a1.b2.c88.d4.e5.f6.g7', 'wildcard a1.b2..d4.e5..g7'],
    ['a2.b2.c2.d2.e2', 'wamp.error.no_such_procedure'],
  ])('a call of %s is %s', async (procedure, expected) => {
    expect(await answering(patterns, procedure)).toBe(expected);
  });

  test('by the textual prefix, where the example says otherwise; without that prefix it is as the example says', async () => {
    expect(await answering(patterns, 'a1.b2.c33.d4.e5')).toBe('prefix a1.b2.c3');
    const without = patterns.filter(([uri]) => uri !== 'a1.b2.c3');
    expect(await answering(without, 'a1.b2.c33.d4.e5')).toBe('wildcard a1.b2.c33..e5');
  });
});

// Advanced Profile, "Shared Registration"
describe('a shared registration', () => {
  const shared = async (invoke: string, count = 3) => {
    const router = createV2Router();
    const [caller, ...callees] = await joinMany(router, count + 1);
    for (const callee of callees) await callee.register('com.shared', { invoke });
    const next = async (): Promise<number> => {
      const call = caller!.call('com.shared');
      const at = await Promise.race(
        callees.map(async (callee, index) => {
          await callee.take(code.INVOCATION);
          return index;
        }),
      );
      const { received } = callees[at]!;
      callees[at]!.send(code.YIELD, received.findLast(([type]) => type === code.INVOCATION)![1], {});
      await call;
      return at;
    };
    return { router, caller: caller!, callees, next };
  };

  test.each([
    ['roundrobin', [0, 1, 2, 0, 1, 2]],
    ['first', [0, 0, 0, 0, 0, 0]],
    ['last', [2, 2, 2, 2, 2, 2]],
  ])('with %s invokes %j', async (invoke, expected) => {
    const { caller, callees } = await shared(invoke);
    for (const at of expected) {
      const call = caller.call('com.shared');
      await answer(callees[at]!);
      await call;
    }
  });

  test('with random invokes each of its callees now and then', async () => {
    const { caller, callees, router } = await shared('random');
    for (let at = 0; at < 60; at += 1) void caller.call('com.shared');
    await caller.barrier();
    const counts = callees.map((callee) => callee.untaken(code.INVOCATION).length);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(60);
    for (const count of counts) expect(count).toBeGreaterThan(3);
    expect(router.stats().pendingCalls).toBe(60);
  });

  test('keeps its round when callees come and go: nobody is left out, nobody twice', async () => {
    const { caller, callees, router } = await shared('roundrobin');
    const call = async (at: number): Promise<void> => {
      const result = caller.call('com.shared');
      await answer(callees[at]!);
      await result;
    };
    await call(0);
    await callees[0]!.close();
    await new Promise(setImmediate);
    await call(1);
    const late = await joinV2(router);
    await late.register('com.shared', { invoke: 'roundrobin' });
    callees.push(late);
    await call(2);
    await call(3);
    await call(1);
  });

  test.each([
    ['single', 'single'],
    ['single', 'roundrobin'],
    ['roundrobin', 'first'],
    ['roundrobin', undefined],
  ])('that began as %s refuses %s', async (first, second) => {
    const router = createV2Router();
    const [one, two] = await joinMany(router, 2);
    await one!.register('com.shared', { invoke: first });
    expect((await two!.ask(64, second ? { invoke: second } : {}, 'com.shared'))[4]).toBe(
      'wamp.error.procedure_already_exists',
    );
  });

  test('takes a session once, and exact and wildcard of one text are two', async () => {
    const peer = await joinV2(createV2Router());
    await peer.register('com.shared', { invoke: 'roundrobin' });
    expect((await peer.ask(64, { invoke: 'roundrobin' }, 'com.shared'))[4]).toBe('wamp.error.procedure_already_exists');
    expect((await peer.ask(64, { match: 'wildcard' }, 'com.shared'))[0]).toBe(code.REGISTERED);
  });
});

describe('force_reregister', () => {
  test('takes a procedure over from an own session that is still there, and not from others', async () => {
    const router = createV2Router({
      roles: { user: [{ uri: '', match: 'prefix', register: true, call: true }] },
      authenticators: { ticket: { joe: { ticket: 'x', role: 'user' }, ann: { ticket: 'x', role: 'user' } } },
    });
    const login = async (authid: string): Promise<V2Peer> => {
      const { connectV2InMemory } = await import('../support/v2-client.ts');
      const peer = connectV2InMemory(router);
      await peer.hello('realm1', { authmethods: ['ticket'], authid });
      peer.send(5, 'x', {});
      await peer.take(2);
      return peer;
    };
    const [old, young, other] = [await login('joe'), await login('joe'), await login('ann')];
    const registration = await old.register('com.mine');
    expect((await young.ask(64, {}, 'com.mine'))[4]).toBe('wamp.error.procedure_already_exists');
    expect((await other.ask(64, { force_reregister: true }, 'com.mine'))[4]).toBe('wamp.error.not_authorized');
    expect((await young.ask(64, { force_reregister: true }, 'com.mine'))[0]).toBe(code.REGISTERED);
    const replaced = {
      reason: 'postmaster.revoked.replaced',
      message: 'another session has taken over the registration',
    };
    expect(await old.take(code.UNREGISTERED)).toEqual([67, 0, { registration, ...replaced }]);
    void other.call('com.mine');
    await answer(young);
  });
});

describe('concurrency', () => {
  test('lets a callee have so many calls at once; the others wait in their order, up to a number', async () => {
    const router = createV2Router({}, { limits: { maxQueuedCalls: 2 } });
    const [callee, caller] = await joinMany(router, 2);
    await callee!.register('com.slow', { concurrency: 2 });
    const calls = [1, 2, 3, 4].map((n) => caller!.call('com.slow', [n]));
    expect((await caller!.call('com.slow', [5]))[4]).toBe('wamp.error.no_available_callee');
    expect(callee!.untaken(code.INVOCATION).map((message) => message[4])).toEqual([[1], [2]]);
    for (let at = 0; at < 4; at += 1) await answer(callee!);
    expect((await Promise.all(calls)).map((result) => result[3])).toEqual([[1], [2], [3], [4]]);
  });

  test('a call that waits is canceled, times out, or ends with its last callee', async () => {
    const router = createV2Router();
    const [callee, caller] = await joinMany(router, 2);
    await callee!.register('com.slow', { concurrency: 1 });
    void caller!.call('com.slow').catch(() => {});
    const canceled = caller!.call('com.slow');
    caller!.send(code.CANCEL, 2, { mode: 'kill' });
    expect((await canceled)[4]).toBe('wamp.error.canceled');
    expect((await caller!.call('com.slow', [], { timeout: 5 }))[4]).toBe('wamp.error.timeout');
    const last = caller!.call('com.slow');
    await caller!.barrier();
    await callee!.close();
    expect((await last)[4]).toBe('wamp.error.no_available_callee');
  });

  test('a waiting call that has tried a callee keeps no other from it', async () => {
    const router = createV2Router();
    const [busy, free, caller] = await joinMany(router, 3);
    await busy!.register('com.slow', { concurrency: 1, invoke: 'first' });
    await free!.register('com.slow', { concurrency: 1, invoke: 'first' });
    void caller!.call('com.slow', ['holds busy']);
    void caller!.call('com.slow', ['waits for busy']);
    const [, id] = await free!.take(code.INVOCATION);
    free!.send(8, 68, id, {}, 'wamp.error.unavailable');
    const third = caller!.call('com.slow', ['third']);
    void caller!.call('com.slow', ['fourth']);
    await caller!.barrier();
    expect((await free!.take(code.INVOCATION))[4]).toEqual(['third']);
    free!.send(code.YIELD, 2, {}, ['done']);
    expect((await third)[3]).toEqual(['done']);
    expect((await free!.take(code.INVOCATION))[4]).toEqual(['fourth']);
  });
});

// Advanced Profile, "Caller Identification"
test.each([
  [{}, { disclose_me: true }, {}, true],
  [{}, {}, {}, false],
  [{}, {}, { disclose_caller: true }, true],
  [{ disclosure: 'always' as const }, {}, {}, true],
  [{ disclosure: 'never' as const }, {}, {}, false],
])(
  'in a realm with %j a call with %j of a registration with %j names the caller: %s',
  async (realm, options, register, isNamed) => {
    const router = createV2Router(realm);
    const [callee, caller] = await joinMany(router, 2);
    await callee!.register('com.who', register);
    void caller!.call('com.who', [], options);
    const [, , , details] = await callee!.take(code.INVOCATION);
    const { authid: caller_authid } = caller!.welcome;
    expect(details).toEqual(isNamed ? { caller: caller!.session, caller_authid, caller_authrole: 'anonymous' } : {});
  },
);

test('a caller that must not be disclosed cannot ask for it', async () => {
  const peer = await joinV2(createV2Router({ disclosure: 'never' }));
  await peer.register('com.who');
  expect((await peer.call('com.who', [], { disclose_me: true }))[4]).toBe('wamp.error.option_disallowed.disclose_me');
});

// Advanced Profile, "Call Canceling"
describe('CANCEL', () => {
  const started = async (roles: object) => {
    const router = createV2Router();
    const callee = await joinV2(router, { roles });
    const caller = await joinV2(router);
    await callee.register('com.slow');
    const call = caller.call('com.slow');
    const [, invocation] = await callee.take(code.INVOCATION);
    return { router, callee, caller, call, invocation };
  };

  test.each([undefined, 'skip', 'kill', 'killnowait'])(
    'in the mode %s is skip for a callee that cannot be interrupted',
    async (mode) => {
      const { callee, caller, call, invocation } = await started(basicRoles);
      caller.send(code.CANCEL, 1, mode ? { mode } : {});
      expect((await call).slice(0, 5)).toEqual([8, 48, 1, {}, 'wamp.error.canceled']);
      callee.send(code.YIELD, invocation, {}, ['late']);
      await callee.barrier();
      await caller.barrier();
      expect(callee.untaken(code.INTERRUPT)).toEqual([]);
      expect(caller.untaken(code.RESULT)).toEqual([]);
    },
  );

  test.each([undefined, 'killnowait'])('in the mode %s answers at once and interrupts', async (mode) => {
    const { callee, caller, call, invocation } = await started(allRoles);
    caller.send(code.CANCEL, 1, mode ? { mode } : {});
    expect((await call)[4]).toBe('wamp.error.canceled');
    expect(await callee.take(code.INTERRUPT)).toEqual([
      69,
      invocation,
      { mode: 'killnowait', reason: 'wamp.error.canceled' },
    ]);
    callee.send(8, 68, invocation, {}, 'wamp.error.canceled');
    await callee.barrier();
  });

  test('in the mode skip answers at once and leaves the callee alone', async () => {
    const { callee, caller, call } = await started(allRoles);
    caller.send(code.CANCEL, 1, { mode: 'skip' });
    expect((await call)[4]).toBe('wamp.error.canceled');
    await callee.barrier();
    expect(callee.untaken(code.INTERRUPT)).toEqual([]);
  });

  test.each([
    ['RESULT', (callee: V2Peer, id: unknown) => callee.send(code.YIELD, id, {}, ['done']), code.RESULT],
    ['ERROR', (callee: V2Peer, id: unknown) => callee.send(8, 68, id, {}, 'wamp.error.canceled'), code.ERROR],
  ])('in the mode kill waits for the callee, which may still answer %s', async (_, reply, expected) => {
    const { callee, caller, call, invocation } = await started(allRoles);
    caller.send(code.CANCEL, 1, { mode: 'kill' });
    expect(await callee.take(code.INTERRUPT)).toEqual([
      69,
      invocation,
      { mode: 'kill', reason: 'wamp.error.canceled' },
    ]);
    await caller.barrier();
    expect(caller.received.filter(([type, about, id]) => type === 8 && about === 48 && id === 1)).toEqual([]);
    reply(callee, invocation);
    expect((await call)[0]).toBe(expected);
  });

  test('of a call that is over, or never was, has no effect', async () => {
    const { callee, caller, call, invocation } = await started(allRoles);
    callee.send(code.YIELD, invocation, {});
    await call;
    caller.send(code.CANCEL, 1, {});
    caller.send(code.CANCEL, 77, {});
    await caller.barrier();
  });
});

// Advanced Profile, "Call Timeouts"
describe('the timeout of a call', () => {
  test('is in ms, ends it with wamp.error.timeout, and interrupts the callee', async () => {
    const router = createV2Router();
    const [callee, caller] = await joinMany(router, 2);
    await callee!.register('com.slow');
    const before = performance.now();
    expect((await caller!.call('com.slow', [], { timeout: 30 }))[4]).toBe('wamp.error.timeout');
    expect(performance.now() - before).toBeGreaterThan(25);
    expect(performance.now() - before).toBeLessThan(5_000);
    expect((await callee!.take(code.INTERRUPT))[2]).toEqual({ mode: 'killnowait', reason: 'wamp.error.timeout' });
  });

  test('begins anew with each progressive result', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    try {
      const router = createV2Router();
      const [callee, caller] = await joinMany(router, 2);
      await callee!.register('com.slow');
      const call = caller!.call('com.slow', [], { timeout: 1_000, receive_progress: true });
      const [, id] = await callee!.take(code.INVOCATION);
      for (let part = 0; part < 5; part += 1) {
        vi.advanceTimersByTime(900);
        callee!.send(code.YIELD, id, { progress: true }, [part]);
        expect((await caller!.take(code.RESULT))[3]).toEqual([part]);
      }
      vi.advanceTimersByTime(1_001);
      expect((await call)[4]).toBe('wamp.error.timeout');
    } finally {
      vi.useRealTimers();
    }
  });

  test('is the affair of a callee that asked for it with forward_timeout', async () => {
    const router = createV2Router();
    const [callee, plain, caller] = await joinMany(router, 3);
    await callee!.register('com.forwards', { forward_timeout: true });
    await plain!.register('com.plain');
    const call = caller!.call('com.forwards', [], { timeout: 5 });
    const [, id, , details] = await callee!.take(code.INVOCATION);
    expect(details).toEqual({ timeout: 5 });
    expect((await caller!.call('com.plain', [], { timeout: 20 }))[4]).toBe('wamp.error.timeout');
    expect((await plain!.take(code.INVOCATION))[3]).toEqual({});
    callee!.send(8, 68, id, {}, 'wamp.error.timeout');
    expect((await call)[4]).toBe('wamp.error.timeout');
    await caller!.close();
    await callee!.close();
    await plain!.close();
    await expectNothingLeft(router);
  });
});

// Advanced Profile, "Progressive Call Results"
describe('progressive results', () => {
  test('reach a caller that asked for them, in their order, before the final one', async () => {
    const router = createV2Router();
    const [callee, caller] = await joinMany(router, 2);
    await callee!.register('com.parts');
    const call = caller!.call('com.parts', [], { receive_progress: true });
    const [, id, , details] = await callee!.take(code.INVOCATION);
    expect(details).toEqual({ receive_progress: true });
    for (const part of [1, 2, 3]) callee!.send(code.YIELD, id, { progress: true }, [part]);
    callee!.send(code.YIELD, id, {}, ['all']);
    expect((await call)[3]).toEqual(['all']);
    expect(caller!.untaken(code.RESULT)).toEqual([1, 2, 3].map((part) => [50, 1, { progress: true }, [part]]));
  });

  test('are not asked of a callee that did not announce both features, nor passed to who did not ask', async () => {
    const router = createV2Router();
    const half = await joinV2(router, { roles: { callee: { features: { progressive_call_results: true } } } });
    const callee = await joinV2(router);
    const caller = await joinV2(router);
    await half.register('com.half');
    await callee.register('com.full');
    void caller.call('com.half', [], { receive_progress: true });
    expect((await half.take(code.INVOCATION))[3]).toEqual({});
    const call = caller.call('com.full');
    const [, id] = await callee.take(code.INVOCATION);
    callee.send(code.YIELD, id, { progress: true }, [1]);
    callee.send(code.YIELD, id, {}, [2]);
    expect((await call)[3]).toEqual([2]);
    expect(caller.untaken(code.RESULT)).toEqual([]);
  });

  test('end with their caller: the callee is interrupted', async () => {
    const router = createV2Router();
    const [callee, caller] = await joinMany(router, 2);
    await callee!.register('com.parts');
    void caller!.call('com.parts', [], { receive_progress: true }).catch(() => {});
    const [, id] = await callee!.take(code.INVOCATION);
    callee!.send(code.YIELD, id, { progress: true }, [1]);
    await caller!.take(code.RESULT);
    await caller!.close();
    expect((await callee!.take(code.INTERRUPT))[2]).toMatchObject({ mode: 'killnowait' });
    callee!.send(code.YIELD, id, { progress: true }, [2]);
    await callee!.barrier();
  });
});

// Advanced Profile, "Progressive Call Invocations"
describe('a call in parts', () => {
  test('goes to one callee as one invocation, its options those of the first part', async () => {
    const router = createV2Router();
    const [one, two, caller] = await joinMany(router, 3);
    for (const callee of [one!, two!]) await callee.register('com.upload', { invoke: 'roundrobin' });
    caller!.send(48, 1, { progress: true, disclose_me: true }, 'com.upload', [1]);
    const [, id, , details] = await one!.take(code.INVOCATION);
    const named = { caller: caller!.session, caller_authid: caller!.welcome.authid, caller_authrole: 'anonymous' };
    expect(details).toEqual({ ...named, progress: true });
    caller!.send(48, 1, { progress: true }, 'com.upload', [2]);
    caller!.send(48, 1, {}, 'com.upload', [3]);
    expect(await one!.take(code.INVOCATION)).toEqual([68, id, expect.any(Number), { ...named, progress: true }, [2]]);
    expect(await one!.take(code.INVOCATION)).toEqual([68, id, expect.any(Number), named, [3]]);
    one!.send(code.YIELD, id, {}, ['all']);
    expect((await caller!.answerTo(48, 1))[3]).toEqual(['all']);
    expect(two!.untaken(code.INVOCATION)).toEqual([]);
  });

  test('is refused for a callee that takes none, and its late parts are dropped', async () => {
    const router = createV2Router({ requestIds: 'strict' });
    const callee = await joinV2(router, { roles: basicRoles });
    const caller = await joinV2(router);
    await callee.register('com.upload');
    caller.send(48, 1, { progress: true }, 'com.upload', [1]);
    expect((await caller.answerTo(48, 1))[4]).toBe('wamp.error.feature_not_supported');
    caller.send(48, 1, { progress: true }, 'com.upload', [2]);
    caller.send(48, 1, {}, 'com.upload', [3]);
    caller.send(48, 2, {}, 'com.nobody');
    expect((await caller.answerTo(48, 2))[4]).toBe('wamp.error.no_such_procedure');
    expect(callee.untaken(code.INVOCATION)).toEqual([]);
  });

  test('cannot be made of one that is not', async () => {
    const router = createV2Router();
    const [callee, caller] = await joinMany(router, 2);
    await callee!.register('com.slow');
    caller!.send(48, 1, {}, 'com.slow');
    await callee!.take(code.INVOCATION);
    caller!.send(48, 1, { progress: true }, 'com.slow');
    expect((await caller!.take(3))[2]).toBe('wamp.error.protocol_violation');
  });
});

// Advanced Profile, "Call Re-Routing"
describe('a callee that says it is unavailable', () => {
  test.each([
    ['roundrobin', [0, 1, 2]],
    ['first', [0, 1, 2]],
    ['last', [2, 1, 0]],
    ['single', [0]],
  ])('sends a call on by %s: %j, then nobody is left', async (invoke, order) => {
    const router = createV2Router();
    const [caller, ...callees] = await joinMany(router, order.length + 1);
    for (const callee of callees) await callee.register('com.busy', { invoke });
    const call = caller!.call('com.busy', [1]);
    for (const at of order) {
      const [, id, , , args] = await callees[at]!.take(code.INVOCATION);
      expect(args).toEqual([1]);
      callees[at]!.send(8, 68, id, {}, 'wamp.error.unavailable');
    }
    expect((await call)[4]).toBe('wamp.error.no_available_callee');
  });

  test('without having announced call_reroute has said so to the caller', async () => {
    const router = createV2Router();
    const [callee, other] = [await joinV2(router, { roles: basicRoles }), await joinV2(router)];
    for (const peer of [callee, other]) await peer.register('com.busy', { invoke: 'first' });
    const call = other.call('com.busy');
    const [, id] = await callee.take(code.INVOCATION);
    callee.send(8, 68, id, {}, 'wamp.error.unavailable', ['later']);
    expect((await call).slice(4)).toEqual(['wamp.error.unavailable', ['later']]);
  });
});
