/**
 * Races of calls (section C of the fault catalogue), under fast-check's scheduler: what caller, callee, timer and wire do comes in
 * any order that each of them allows, and every call still ends with exactly one final answer.
 */

import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { seed } from '../property/settings.ts';
import { expectNothingLeft } from '../support/router.ts';
import type { List, V2Peer } from '../support/v2-client.ts';
import { allRoles, basicRoles, joinV2 } from '../support/v2-client.ts';
import { code, createV2Router } from '../support/v2-router.ts';

type Step = () => void | Promise<void>;

/** Lets every actor do its steps in its own order, and the actors in any. */
const interleave = async (
  scheduler: fc.Scheduler,
  actors: Readonly<Record<string, readonly Step[]>>,
): Promise<void> => {
  const all = Object.entries(actors).map(async ([name, steps]) => {
    for (const [at, step] of steps.entries()) {
      await scheduler.schedule(Promise.resolve(), `${name} ${at}`);
      await step();
    }
  });
  await scheduler.waitIdle();
  await Promise.all(all);
};

const isFinal = ([type, first, second]: List): boolean =>
  (type === code.RESULT && (second as { progress?: boolean }).progress !== true) || (type === 8 && first === code.CALL);

/** Final answers that a peer got to its first request. */
const finalAnswers = ({ received }: V2Peer): number =>
  received.filter((message) => isFinal(message) && message[message[0] === 8 ? 2 : 1] === 1).length;

const mode = fc.constantFrom('skip', 'kill', 'killnowait');

// C01, C02, C03, C04, C11
test('a call ends with exactly one final answer, whoever answers, cancels, leaves or runs out of time first', {
  timeout: 120_000,
}, async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  const scenario = fc.record({
    isCapable: fc.boolean(),
    receivesProgress: fc.boolean(),
    isInParts: fc.boolean(),
    cancels: fc.option(mode, { nil: undefined }),
    timesOut: fc.boolean(),
    ends: fc.constantFrom<'yield' | 'error' | 'progress first' | 'never'>('yield', 'error', 'progress first', 'never'),
    callerLeaves: fc.boolean(),
    calleeLeaves: fc.boolean(),
  });
  try {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), scenario, async (scheduler, given) => {
        const router = createV2Router();
        const callee = await joinV2(router, { roles: given.isCapable ? allRoles : basicRoles });
        const caller = await joinV2(router);
        await callee.register('com.race');
        const options = {
          ...(given.receivesProgress && { receive_progress: true }),
          ...(given.isInParts && { progress: true }),
          ...(given.timesOut && { timeout: 1_000 }),
        };
        caller.send(code.CALL, 1, options, 'com.race', [1]);
        const first = await Promise.race([callee.take(code.INVOCATION), caller.take(isFinal)]);
        const id = first[0] === code.INVOCATION ? first[1] : 1;
        const wasInvoked = first[0] === code.INVOCATION;
        const answers: Record<typeof given.ends, readonly Step[]> = {
          yield: [() => callee.send(code.YIELD, id, {}, ['done'])],
          error: [() => callee.send(8, 68, id, {}, 'com.error')],
          'progress first': [
            () => callee.send(code.YIELD, id, { progress: true }, [1]),
            () => callee.send(code.YIELD, id, {}, ['done']),
          ],
          never: [],
        };
        await interleave(scheduler, {
          callee: wasInvoked ? answers[given.ends] : [],
          parts: given.isInParts ? [() => caller.send(code.CALL, 1, {}, 'com.race', [2])] : [],
          cancel: given.cancels ? [() => caller.send(code.CANCEL, 1, { mode: given.cancels })] : [],
          timer: given.timesOut ? [() => void vi.advanceTimersByTime(1_001)] : [],
          'caller leaves': given.callerLeaves ? [() => caller.close()] : [],
          'callee leaves': given.calleeLeaves ? [() => callee.close()] : [],
        });
        // The end of a link is told in one turn, what follows from it is written in another.
        for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate);
        const mustEnd =
          !wasInvoked ||
          given.ends !== 'never' ||
          given.calleeLeaves ||
          given.timesOut ||
          (given.cancels !== undefined && (given.cancels !== 'kill' || !given.isCapable));
        const expected = given.callerLeaves ? [0, 1] : mustEnd ? [1] : [0];
        expect(expected).toContain(finalAnswers(caller));
        // Late answers are swallowed: nobody is turned out for them.
        for (const peer of [caller, callee]) expect(peer.received.filter(([type]) => type === code.ABORT)).toEqual([]);
        if (!given.callerLeaves) await caller.close();
        if (!given.calleeLeaves) await callee.close();
        await expectNothingLeft(router);
      }),
      { seed, numRuns: 250 },
    );
  } finally {
    vi.useRealTimers();
  }
});

describe('C05: UNREGISTER', () => {
  test('lets calls in flight finish; a new one finds no procedure', async () => {
    const router = createV2Router();
    const [callee, caller] = [await joinV2(router), await joinV2(router)];
    const registration = await callee.register('com.gone');
    const call = caller.call('com.gone');
    const [, id] = await callee.take(code.INVOCATION);
    await callee.ask(code.UNREGISTER, registration);
    expect((await caller.call('com.gone'))[4]).toBe('wamp.error.no_such_procedure');
    callee.send(code.YIELD, id, {}, ['finished']);
    expect((await call)[3]).toEqual(['finished']);
  });
});

describe('C06: a member of a shared registration that leaves', () => {
  test('at any moment costs no call its answer, and leaves no place behind', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const router = createV2Router();
        const members = await Promise.all([joinV2(router), joinV2(router), joinV2(router)]);
        const caller = await joinV2(router);
        for (const member of members) await member.register('com.shared', { invoke: 'roundrobin' });
        const calls: Promise<List>[] = [];
        await interleave(scheduler, {
          caller: Array.from({ length: 6 }, () => () => {
            calls.push(caller.call('com.shared'));
          }),
          leaving: [() => members[0]!.close()],
          returning: [() => void members[1]!.send(code.UNREGISTER, members[1]!.next(), 1)],
        });
        await caller.barrier();
        for (const member of members.slice(1)) {
          for (const [, id] of member.untaken(code.INVOCATION)) member.send(code.YIELD, id, {});
        }
        const answers = await Promise.all(calls);
        expect(answers.every((answer) => answer[0] === code.RESULT || answer[4] === 'wamp.error.canceled')).toBe(true);
        for (const peer of [...members.slice(1), caller]) await peer.close();
        await expectNothingLeft(router);
      }),
      { seed, numRuns: 40 },
    );
  });
});

describe('C08: two REGISTERs of one URI in the same moment', () => {
  test('are won by exactly one, and policies must match', async () => {
    for (const [first, second] of [
      [{}, {}],
      [{ invoke: 'first' }, { invoke: 'last' }],
    ]) {
      const router = createV2Router();
      const [one, two] = [await joinV2(router), await joinV2(router)];
      const answers = await Promise.all([one.ask(64, first, 'com.mine'), two.ask(64, second, 'com.mine')]);
      expect(answers.map(([type]) => type)).toEqual([code.REGISTERED, code.ERROR]);
      expect(answers[1]![4]).toBe('wamp.error.procedure_already_exists');
    }
  });
});

describe('C09: REGISTERED', () => {
  test('comes before the first INVOCATION, also of a call that waited for a callee', async () => {
    const router = createV2Router();
    const [busy, late, caller] = [await joinV2(router), await joinV2(router), await joinV2(router)];
    await busy.register('com.slow', { concurrency: 1, invoke: 'first' });
    for (let at = 0; at < 3; at += 1) void caller.call('com.slow');
    late.send(code.REGISTER, late.next(), { invoke: 'first' }, 'com.slow');
    await late.take(code.INVOCATION);
    const types = late.received.map(([type]) => type);
    expect(types.indexOf(code.REGISTERED)).toBeLessThan(types.indexOf(code.INVOCATION));
  });

  test('and calls of one pair stay in order over all procedures', async () => {
    const router = createV2Router();
    const [callee, caller] = [await joinV2(router), await joinV2(router, {}, 'cbor')];
    for (const procedure of ['com.a', 'com.b']) await callee.register(procedure);
    for (let at = 0; at < 50; at += 1) void caller.call(at % 2 ? 'com.a' : 'com.b', [at]);
    await caller.barrier();
    await callee.barrier();
    expect(callee.untaken(code.INVOCATION).map((message) => (message[4] as unknown[])[0])).toEqual([
      ...Array(50).keys(),
    ]);
  });
});

describe('C10: a session that calls itself', () => {
  test('gets its answer', async () => {
    const peer = await joinV2(createV2Router());
    await peer.register('com.self');
    const call = peer.call('com.self', [1]);
    const [, id] = await peer.take(code.INVOCATION);
    peer.send(code.YIELD, id, {}, ['me']);
    expect((await call)[3]).toEqual(['me']);
  });

  test('from inside an invocation may go 1,000 deep, on the wire and in this process', async () => {
    const router = createV2Router({}, { limits: { maxPendingCalls: 2_000 } });
    const local = router.session();
    await local.register('com.deep.local', async ({ args: [n] }) =>
      Number(n) === 0 ? 'bottom' : (await local.call('com.deep.local', [Number(n) - 1])).args[0],
    );
    expect((await local.call('com.deep.local', [1_000])).args).toEqual(['bottom']);
    const peer = await joinV2(router);
    await peer.register('com.deep');
    const outermost = peer.call('com.deep', [1_000]);
    const open: unknown[] = [];
    for (let n = 1_000; n >= 0; n -= 1) {
      const [, id] = await peer.take(code.INVOCATION);
      open.push(id);
      if (n > 0) void peer.call('com.deep', [n - 1]);
    }
    for (const id of open.reverse()) peer.send(code.YIELD, id, {}, ['bottom']);
    expect((await outermost)[3]).toEqual(['bottom']);
  });
});

describe('C12: a session that is killed while it is caller and callee', () => {
  test('settles both sides, and leaves once', async () => {
    const router = createV2Router();
    const [both, other, watcher] = [await joinV2(router), await joinV2(router), await joinV2(router)];
    await watcher.subscribe('wamp.session.on_leave');
    await both.register('com.both');
    await other.register('com.other');
    void both.call('com.other');
    const [, asked] = await other.take(code.INVOCATION);
    const call = other.call('com.both');
    await both.take(code.INVOCATION);
    await watcher.call('wamp.session.kill', [both.session]);
    expect((await call)[4]).toBe('wamp.error.canceled');
    expect((await other.take(code.INTERRUPT))[1]).toBe(asked);
    other.send(code.YIELD, asked, {}, ['late']);
    await other.barrier();
    await watcher.barrier();
    expect(watcher.untaken(code.EVENT).map((event) => (event[4] as unknown[])[0])).toEqual([both.session]);
  });
});
