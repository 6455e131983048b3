/** Calls inside calls, and sessions that are killed while they call and are called. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { runs } from '../property/settings.ts';
import { delivered, joinAtOnce } from '../support/at-once.ts';
import { beginCall, errorOf, finalAnswers, heard } from '../support/calls.ts';
import type { Action } from '../support/races.ts';
import { createRaceRouter, expectNothingLeft, interleave } from '../support/races.ts';
import type { List } from '../support/v2-client.ts';
import { joinV2 } from '../support/v2-client.ts';
import { code, createV2Router } from '../support/v2-router.ts';

const procedure = 'com.procedure';
const depth = 1000;

describe('a call from inside an invocation', () => {
  test(`of the same session, ${depth} deep, is answered, and so are all around it`, async () => {
    const router = createV2Router();
    const peer = await joinV2(router);
    await peer.register(procedure);
    const accept = peer.accept.bind(peer);
    const waiting = new Map<number, number>();
    // Answers at once, from inside the delivery.
    peer.accept = (data) => {
      accept(data);
      const [type, id, , , args] = peer.received.at(-1) as List as [number, number, unknown, unknown, [number]];
      if (type === code.INVOCATION && args[0] === 0) peer.send(code.YIELD, id, {}, ['bottom']);
      else if (type === code.INVOCATION) waiting.set(beginCall(peer, procedure, {}, [args[0] - 1]), id);
      else if (type === code.RESULT && waiting.has(id)) peer.send(code.YIELD, waiting.get(id), {}, ['up']);
    };
    const answer = await peer.call(procedure, [depth]);
    expect(answer[3]).toEqual(['up']);
    expect(heard(peer, code.INVOCATION)).toHaveLength(depth + 1);
    expect(heard(peer, code.RESULT)).toHaveLength(depth + 1);
    expect(router.stats().pendingCalls).toBe(0);
  });

  test(`of a procedure of the router, ${depth} deep, grows no stack`, async () => {
    const router = createV2Router();
    const inside = router.session();
    const depths: number[] = [];
    router.registerRPC(procedure, async ({ args: [left] }) => {
      depths.push((new Error('here').stack ?? '').split('\n').length);
      if (left === 0) return 'bottom';
      return (await inside.call(procedure, [(left as number) - 1])).args[0];
    });
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 500;
    const caller = await joinV2(router);
    expect((await caller.call(procedure, [depth]))[3]).toEqual(['bottom']);
    Error.stackTraceLimit = limit;
    expect(depths).toHaveLength(depth + 1);
    expect(Math.max(...depths)).toBeLessThan(100);
    expect(router.stats().pendingCalls).toBe(0);
  });

  test('beyond the pending calls of a session fails the innermost one, and all are answered', async () => {
    const router = createV2Router({}, { limits: { maxPendingCalls: 10 } });
    const peer = await joinV2(router);
    await peer.register(procedure);
    const accept = peer.accept.bind(peer);
    const waiting = new Map<unknown, number>();
    peer.accept = (data) => {
      accept(data);
      const message = peer.received.at(-1) as List;
      const [type, id] = message as [number, number];
      if (type === code.INVOCATION) waiting.set(beginCall(peer, procedure), id);
      else if (type === code.RESULT && waiting.has(id)) peer.send(code.YIELD, waiting.get(id), {}, message[3]);
      else if (type === code.ERROR && waiting.has(message[2])) {
        peer.send(code.ERROR, code.INVOCATION, waiting.get(message[2]), {}, message[4]);
      }
    };
    expect(errorOf(await peer.call(procedure))).toBe('wamp.error.no_available_callee');
    expect(router.stats().pendingCalls).toBe(0);
  });
});

// Advanced Profile, "Session Meta API"
describe('a session that is killed by a meta call', () => {
  const killings: Readonly<Record<string, (victim: number) => List>> = {
    kill: (victim) => ['wamp.session.kill', [victim]],
    kill_by_authrole: () => ['wamp.session.kill_by_authrole', ['anonymous']],
  };

  test('while it is caller and callee settles both sides, with one on_leave', async () => {
    const how = fc.constantFrom(...Object.keys(killings));
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), how, async (scheduler, killing) => {
        const router = createRaceRouter();
        const [victim, killer] = [await joinAtOnce(router), await joinAtOnce(router)];
        // In the process: kill_by_authrole means those on the wire.
        const watcher = router.session();
        const left: unknown[] = [];
        await watcher.subscribe('wamp.session.on_leave', ({ args }) => left.push(args[0]));
        await victim.register('com.victim');
        await killer.register('com.killer');
        const requests: number[] = [];
        const call: Action = ['CALL of the victim', () => requests.push(beginCall(killer, 'com.victim'))];
        const [uri, args] = killings[killing]!(victim.session) as [string, List];
        await interleave(scheduler, {
          killer: [call, call, ['kill', () => killer.send(code.CALL, killer.next(), {}, uri, args)], call],
          victim: [
            ['CALL of the killer', () => beginCall(victim, 'com.killer')],
            ['YIELD', () => heard(victim, code.INVOCATION).length > 0 && victim.send(code.YIELD, 1, {}, ['done'])],
            ['CALL of itself', () => beginCall(victim, 'com.victim')],
          ],
          killersAnswer: [
            ['YIELD', () => heard(killer, code.INVOCATION).length > 0 && killer.send(code.YIELD, 1, {}, ['done'])],
          ],
        });
        expect(left).toEqual([victim.session]);
        expect(heard(victim, code.GOODBYE).map((message) => message[2])).toEqual(['wamp.close.killed']);
        expect(victim.received.at(-1)?.[0]).toBe(code.GOODBYE);
        for (const request of requests) {
          const answers = finalAnswers(killer, request);
          expect(answers).toHaveLength(1);
          const end = errorOf(answers[0]!) ?? 'done';
          expect(['done', 'wamp.error.canceled', 'wamp.error.no_such_procedure']).toContain(end);
        }
        // What the victim asked for is over, whether the killer has answered or not.
        expect(heard(killer, code.INTERRUPT).length).toBeLessThanOrEqual(1);
        expect(router.stats().pendingCalls).toBe(0);
        await delivered();
        watcher.leave();
        expectNothingLeft(router, [victim, killer]);
      }),
      runs(50, 3_000),
    );
  });
});
