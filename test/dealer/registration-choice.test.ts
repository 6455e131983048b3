import { describe, expect, test } from 'vitest';
import type { Match } from '../../src/wamp/message.ts';
import type { InvokePolicy } from '../../src/wamp/options.ts';
import { beginCall, errorOf, finalAnswers, heard, joinPair, leave, nextInvocation } from '../support/calls.ts';
import type { V2Peer } from '../support/v2-client.ts';
import { joinV2 } from '../support/v2-client.ts';
import { code, createV2Router } from '../support/v2-router.ts';

// Advanced Profile, "Pattern-based Registrations"
describe('a pattern-based registration', () => {
  const prefixes = ['com.myapp.myobject1', 'prefix'] as const;
  const wildcards = ['com.myapp..myprocedure1', 'wildcard'] as const;

  test.each([
    [...prefixes, 'com.myapp.myobject1.myprocedure1', true],
    [...prefixes, 'com.myapp.myobject1-mysubobject1', true],
    [...prefixes, 'com.myapp.myobject1.mysubobject1.myprocedure1', true],
    [...prefixes, 'com.myapp.myobject1', true],
    [...prefixes, 'com.myapp.myobject2', false],
    [...prefixes, 'com.myapp.myobject', false],
    [...wildcards, 'com.myapp.myobject1.myprocedure1', true],
    [...wildcards, 'com.myapp.myobject2.myprocedure1', true],
    [...wildcards, 'com.myapp.myobject1.myprocedure1.mysubprocedure1', false],
    [...wildcards, 'com.myapp.myobject1.myprocedure2', false],
    [...wildcards, 'com.myapp2.myobject1.myprocedure1', false],
  ] as const)('of %s by %s and a call of %s: applies is %s', async (pattern, match, procedure, applies) => {
    const { caller, callee } = await joinPair(createV2Router());
    await callee.register(pattern, { match });
    const request = beginCall(caller, procedure);
    await caller.barrier();
    expect(heard(callee, code.INVOCATION)).toHaveLength(applies ? 1 : 0);
    expect(finalAnswers(caller, request).map(errorOf)).toEqual(applies ? [] : ['wamp.error.no_such_procedure']);
  });

  const seven: readonly (readonly [string, Match])[] = [
    ['a1.b2.c3.d4.e55', 'exact'],
    ['a1.b2.c3', 'prefix'],
    ['a1.b2.c3.d4', 'prefix'],
    ['a1.b2..d4.e5', 'wildcard'],
    ['a1.b2.c33..e5', 'wildcard'],
    ['a1.b2..d4.e5..g7', 'wildcard'],
    ['a1.b2..d4..f6.g7', 'wildcard'],
  ];

  /** Which of the seven registrations of the example is invoked by a call, counted from 1; 0 is none. */
  const chosen = async (procedure: string, registered = seven): Promise<number> => {
    const { caller, callee } = await joinPair(createV2Router());
    const ids: number[] = [];
    for (const [uri, match] of registered) ids.push(await callee.register(uri, { match }));
    const request = beginCall(caller, procedure);
    await caller.barrier();
    const at = registered[ids.indexOf(heard(callee, code.INVOCATION)[0]?.[2] as number)];
    if (!at) expect(finalAnswers(caller, request).map(errorOf)).toEqual(['wamp.error.no_such_procedure']);
    return at ? seven.indexOf(at) + 1 : 0;
  };

  test.each([
    ['a1.b2.c3.d4.e55', 1],
    ['a1.b2.c3.d98.e74', 2],
    ['a1.b2.c3.d4.e325', 3],
    ['a1.b2.c55.d4.e5', 4],
    ['a1.b2.c88.d4.e5.f6.g7', 6],
    ['a2.b2.c2.d2.e2', 0],
  ])('of the seven of the example, for a call of %s, number %i is invoked', async (procedure, number) => {
    expect(await chosen(procedure)).toBe(number);
  });

  // The example says 5; but a prefix is textual, and a1.b2.c3 is one of a1.b2.c33.d4.e5.
  test('is chosen by textual prefix where the example contradicts it, and as the example says without that prefix', async () => {
    expect(await chosen('a1.b2.c33.d4.e5')).toBe(2);
    expect(
      await chosen(
        'a1.b2.c33.d4.e5',
        seven.filter(([uri]) => uri !== 'a1.b2.c3'),
      ),
    ).toBe(5);
  });

  test('is chosen whatever the order of registration', async () => {
    const reversed = [...seven].reverse();
    expect(await chosen('a1.b2.c3.d4.e325', reversed)).toBe(3);
    expect(await chosen('a1.b2.c88.d4.e5.f6.g7', reversed)).toBe(6);
    expect(await chosen('a1.b2.c3.d4.e55', reversed)).toBe(1);
  });

  test('tells the callee the procedure that was called, an exact one does not', async () => {
    const { caller, callee } = await joinPair(createV2Router());
    await callee.register('com.exact');
    await callee.register('com.prefix', { match: 'prefix' });
    await callee.register('com..wildcard', { match: 'wildcard' });
    const details = async (procedure: string): Promise<unknown> => {
      beginCall(caller, procedure);
      return (await callee.take(code.INVOCATION))[3];
    };
    expect(await details('com.exact')).toEqual({});
    expect(await details('com.prefix.one')).toEqual({ procedure: 'com.prefix.one' });
    expect(await details('com.any.wildcard')).toEqual({ procedure: 'com.any.wildcard' });
  });

  test('is another one than an exact registration of the same text', async () => {
    const { caller, callee } = await joinPair(createV2Router());
    const ids = [
      await callee.register('com.procedure'),
      await caller.register('com.procedure', { match: 'prefix' }),
      await caller.register('com.procedure', { match: 'wildcard' }),
    ];
    expect(new Set(ids).size).toBe(3);
    beginCall(caller, 'com.procedure');
    expect((await callee.take(code.INVOCATION))[2]).toBe(ids[0]);
    await callee.ask(code.UNREGISTER, ids[0]);
    beginCall(caller, 'com.procedure');
    expect((await caller.take(code.INVOCATION))[2]).toBe(ids[1]);
  });

  test('is refused with procedure_already_exists when pattern and policy are taken', async () => {
    const { caller, callee } = await joinPair(createV2Router());
    await callee.register('com.', { match: 'prefix' });
    expect(errorOf(await caller.ask(code.REGISTER, { match: 'prefix' }, 'com.'))).toBe(
      'wamp.error.procedure_already_exists',
    );
  });
});

// Advanced Profile, "Shared Registration"
describe('a shared registration', () => {
  const policies = ['single', 'roundrobin', 'random', 'first', 'last'] as const;

  /** A caller and three callees of one procedure, registered in their order. */
  const share = async (invoke: InvokePolicy): Promise<{ caller: V2Peer; callees: V2Peer[]; ids: number[] }> => {
    const router = createV2Router();
    const caller = await joinV2(router);
    const callees = [await joinV2(router), await joinV2(router), await joinV2(router)];
    const ids: number[] = [];
    for (const callee of callees) ids.push(await callee.register('com.procedure', { invoke }));
    return { caller, callees, ids };
  };
  /** How many invocations each has had. */
  const counts = (callees: readonly V2Peer[]): readonly number[] =>
    callees.map((callee) => heard(callee, code.INVOCATION).length);
  const call = async (caller: V2Peer, times: number): Promise<void> => {
    for (let time = 0; time < times; time += 1) beginCall(caller, 'com.procedure');
    await caller.barrier();
  };

  test.each(policies.flatMap((first) => policies.map((second) => [first, second] as const)))(
    'that was begun with %s, joined with %s: only the same one, and never single',
    async (first, second) => {
      const { caller, callee } = await joinPair(createV2Router());
      const id = await callee.register('com.procedure', { invoke: first });
      const answer = await caller.ask(code.REGISTER, { invoke: second }, 'com.procedure');
      if (first === second && first !== 'single') expect(answer).toEqual([code.REGISTERED, 1, id]);
      else expect(errorOf(answer)).toBe('wamp.error.procedure_already_exists');
    },
  );

  test('is single when no policy is named', async () => {
    const { caller, callee } = await joinPair(createV2Router());
    await callee.register('com.procedure');
    expect(errorOf(await caller.ask(code.REGISTER, { invoke: 'single' }, 'com.procedure'))).toBe(
      'wamp.error.procedure_already_exists',
    );
  });

  test('may have another policy once all its callees have gone', async () => {
    const { caller, callee } = await joinPair(createV2Router());
    const id = await callee.register('com.procedure', { invoke: 'first' });
    await callee.ask(code.UNREGISTER, id);
    expect(await caller.register('com.procedure', { invoke: 'last' })).not.toBe(id);
  });

  test('with roundrobin invokes its callees in turn, in the order of their registration', async () => {
    const { caller, callees, ids } = await share('roundrobin');
    expect(new Set(ids).size).toBe(1);
    const order: number[] = [];
    for (let time = 0; time < 7; time += 1) {
      const before = counts(callees);
      await call(caller, 1);
      order.push(counts(callees).findIndex((count, at) => count > (before[at] as number)));
    }
    expect(order).toEqual([0, 1, 2, 0, 1, 2, 0]);
  });

  test('with roundrobin keeps the turn of the others when a callee goes', async () => {
    const { caller, callees, ids } = await share('roundrobin');
    await call(caller, 1);
    await callees[0]!.ask(code.UNREGISTER, ids[0]);
    await call(caller, 1);
    expect(counts(callees)).toEqual([1, 1, 0]);
    await call(caller, 1);
    expect(counts(callees)).toEqual([1, 1, 1]);
  });

  test('with roundrobin gives the turn to who joins after the only callee has had it', async () => {
    const router = createV2Router();
    const [caller, first, second] = [await joinV2(router), await joinV2(router), await joinV2(router)];
    await first.register('com.procedure', { invoke: 'roundrobin' });
    await call(caller, 1);
    await second.register('com.procedure', { invoke: 'roundrobin' });
    await call(caller, 1);
    expect(counts([first, second])).toEqual([1, 1]);
  });

  test('with first invokes the first callee, and the next one once that has gone', async () => {
    const { caller, callees } = await share('first');
    await call(caller, 3);
    expect(counts(callees)).toEqual([3, 0, 0]);
    await leave(callees[0]!);
    await call(caller, 2);
    expect(counts(callees)).toEqual([3, 2, 0]);
  });

  test('with last invokes the last callee, and the one before it once that has gone', async () => {
    const { caller, callees } = await share('last');
    await call(caller, 3);
    expect(counts(callees)).toEqual([0, 0, 3]);
    await leave(callees[2]!);
    await call(caller, 2);
    expect(counts(callees)).toEqual([0, 2, 3]);
  });

  test('with random invokes each of its callees sooner or later, one for each call', async () => {
    const { caller, callees } = await share('random');
    await call(caller, 150);
    const spread = counts(callees);
    expect(spread.reduce((sum, count) => sum + count)).toBe(150);
    for (const count of spread) expect(count).toBeGreaterThan(10);
  });

  test('ends with its last callee', async () => {
    const { caller, callees, ids } = await share('roundrobin');
    for (const callee of callees) await callee.ask(code.UNREGISTER, ids[0]);
    expect(errorOf(await caller.call('com.procedure'))).toBe('wamp.error.no_such_procedure');
  });

  test('of a pattern is shared as one of a procedure is', async () => {
    const { caller, callee } = await joinPair(createV2Router());
    const options = { match: 'prefix', invoke: 'roundrobin' };
    const id = await callee.register('com.', options);
    expect(await caller.register('com.', options)).toBe(id);
    beginCall(caller, 'com.a');
    beginCall(caller, 'com.b');
    expect(await Promise.all([nextInvocation(callee), nextInvocation(caller)])).toEqual([1, 1]);
  });
});
