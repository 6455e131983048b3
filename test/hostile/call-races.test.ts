/**
 * Races between caller, callee, timer and the end of a session. Each of them acts in its own order, and fast-check's
 * scheduler tries the ways to interleave them. Every call ends with exactly one final answer, and nothing is left of it.
 */

import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import type { Postmaster } from '../../src/index.ts';
import { runs } from '../property/settings.ts';
import { delivered, joinAtOnce } from '../support/at-once.ts';
import { beginCall, calleeWith, errorOf, finalAnswers, heard } from '../support/calls.ts';
import type { Action } from '../support/races.ts';
import { createRaceRouter, expectNothingLeft, interleave } from '../support/races.ts';
import type { V2Peer } from '../support/v2-client.ts';
import { code } from '../support/v2-router.ts';

/** With timers that run when the property says so. */
const withTimers = async (property: () => Promise<void>): Promise<void> => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    await property();
  } finally {
    vi.useRealTimers();
  }
};

const goodbye = (peer: V2Peer): void => peer.send(code.GOODBYE, {}, 'wamp.close.close_realm');

const leaving = fc.constantFrom('stays', 'GOODBYE', 'drops');
const leave = (peer: V2Peer, how: string): readonly Action[] =>
  how === 'stays' ? [] : [[how, how === 'GOODBYE' ? () => goodbye(peer) : () => peer.wire.close()]];

const races = fc.record({
  scheduler: fc.scheduler(),
  isCapable: fc.boolean(),
  isQueued: fc.boolean(),
  /** In ms; the timer is advanced by 100. */
  timeout: fc.constantFrom(0, 100, 1000),
  cancels: fc.array(fc.constantFrom('skip', 'kill', 'killnowait'), { maxLength: 2 }),
  caller: leaving,
  callee: leaving,
  partsIn: fc.integer({ min: 0, max: 2 }),
  partsOut: fc.integer({ min: 0, max: 2 }),
  end: fc.constantFrom('YIELD', 'com.error', 'wamp.error.unavailable', 'silence'),
});

type Race = typeof races extends fc.Arbitrary<infer Value> ? Value : never;

const features = ['progressive_call_results', 'progressive_call_invocations', 'call_timeout'];

/** What a peer does as long as it has not said GOODBYE. */
const here = (peer: V2Peer, actions: readonly Action[]): readonly Action[] =>
  actions.map(([label, act]) => [label, () => heard(peer, code.GOODBYE).length === 0 && act()]);

/** What a callee says about its invocation `id`, once it has heard of it: parts of a result, its end, and something after that. */
const answerOf = (callee: V2Peer, id: number, partsOut: number, end: string): readonly Action[] => {
  const isInvoked = (): boolean => heard(callee, code.INVOCATION).some(([, invocation]) => invocation === id);
  let hasEnded = false;
  const progress = (): void => {
    if (isInvoked()) callee.send(code.YIELD, id, { progress: true });
  };
  const finish = (): void => {
    hasEnded = isInvoked();
    if (!hasEnded) return;
    if (end === 'YIELD') callee.send(code.YIELD, id, {}, ['done']);
    else callee.send(code.ERROR, code.INVOCATION, id, {}, end);
  };
  const sayMore = (): void => {
    if (hasEnded) callee.send(code.YIELD, id, {}, ['late']);
  };
  const parts = Array.from({ length: partsOut }, () => ['progress', progress] as const);
  return end === 'silence' ? parts : [...parts, [end, finish], ['late YIELD', sayMore]];
};

/** What may be the last that a caller hears of its call. */
const possibleEnds = ({ timeout, cancels, callee, end, isQueued, isCapable, partsIn }: Race): ReadonlySet<unknown> =>
  new Set([
    ...(end === 'YIELD' ? ['done'] : []),
    ...(end === 'com.error' ? [end] : []),
    ...(end === 'wamp.error.unavailable' ? [end, 'wamp.error.no_available_callee'] : []),
    ...(timeout === 100 ? ['wamp.error.timeout'] : []),
    ...(cancels.length > 0 ? ['wamp.error.canceled'] : []),
    ...(partsIn > 0 && !isCapable ? ['wamp.error.feature_not_supported'] : []),
    ...(callee === 'stays' ? [] : ['wamp.error.canceled', ...(isQueued ? ['wamp.error.no_available_callee'] : [])]),
  ]);

/** A call that is over keeps no timer running and no place at its callee. */
const expectNoTrace = async (router: Postmaster, { caller, callee, isQueued }: Race, peer: V2Peer, other: V2Peer) => {
  // A link whose session has ended waits for another HELLO.
  const goodbyes = [caller, callee].filter((how) => how === 'GOODBYE').length;
  expect(router.stats().timers).toBe(goodbyes);
  expect(router.stats().pendingCalls).toBe(0);
  if (callee !== 'stays' || !isQueued) return;
  const before = heard(peer, code.INVOCATION).length;
  beginCall(other, 'com.procedure');
  await delivered();
  expect(heard(peer, code.INVOCATION)).toHaveLength(before + 1);
};

// The caller leaves, the callee leaves, CANCEL crosses YIELD, a timeout crosses both, parts come after the end.
describe('a call in a race', () => {
  test('of YIELD, ERROR, CANCEL, timeout, further parts and leaving ends once, for one of the reasons there were', async () => {
    await fc.assert(
      fc.asyncProperty(races, async (given) =>
        withTimers(async () => {
          const { scheduler, isCapable, isQueued, timeout, cancels, partsIn, partsOut, end } = given;
          const router = createRaceRouter();
          const caller = await joinAtOnce(router);
          const callee = await joinAtOnce(router, calleeWith(...(isCapable ? [...features, 'call_canceling'] : [])));
          const other = await joinAtOnce(router);
          await callee.register('com.procedure', { concurrency: isQueued ? 1 : 9 });
          if (isQueued) beginCall(other, 'com.procedure');
          const request = beginCall(caller, 'com.procedure', {
            receive_progress: true,
            ...(timeout > 0 && { timeout }),
            ...(partsIn > 0 && { progress: true }),
          });
          const invocation = isQueued ? 2 : 1;
          const parts = Array.from(
            { length: partsIn },
            (_, at): Action => [
              'part',
              () => caller.send(code.CALL, request, { progress: at < partsIn - 1 }, 'com.procedure'),
            ],
          );
          await delivered();
          await interleave(scheduler, {
            // The call before it ends, and this one gets its place.
            other: here(callee, isQueued ? [['YIELD', () => callee.send(code.YIELD, 1, {})]] : []),
            caller: here(caller, parts),
            canceler: here(
              caller,
              cancels.map((mode) => [`CANCEL ${mode}`, () => caller.send(code.CANCEL, request, { mode })]),
            ),
            callerEnd: leave(caller, given.caller),
            callee: here(callee, answerOf(callee, invocation, partsOut, end)),
            calleeEnd: leave(callee, given.callee),
            timer: timeout > 0 ? [['timer', () => vi.advanceTimersByTime(100)]] : [],
          });
          const answers = finalAnswers(caller, request);
          expect(answers.length).toBeLessThanOrEqual(1);
          for (const answer of answers) {
            expect(possibleEnds(given)).toContain(errorOf(answer) ?? (answer[3] as unknown[])[0]);
          }
          expect(heard(caller, code.ABORT)).toEqual([]);
          expect(heard(callee, code.ABORT)).toEqual([]);
          const interrupts = heard(callee, code.INTERRUPT).length;
          expect(interrupts).toBeLessThanOrEqual(isCapable ? 1 : 0);
          const isInvoked = heard(callee, code.INVOCATION).some(([, id]) => id === invocation);
          const isGivenUp = answers.length === 0 && given.caller !== 'stays' && given.callee === 'stays';
          if (isGivenUp && isInvoked && isCapable) expect(interrupts).toBe(1);
          const isOver = answers.length === 1 || given.caller !== 'stays';
          if (isOver) await expectNoTrace(router, given, callee, other);
          // What nobody has ended ends with its callee.
          callee.wire.close();
          await delivered();
          if (given.caller === 'stays') {
            expect(finalAnswers(caller, request)).toHaveLength(1);
            const about = caller.received.filter(([type, first]) => type === code.RESULT && first === request);
            const [final] = finalAnswers(caller, request);
            if (final?.[0] === code.RESULT) expect(about.at(-1)).toBe(final);
          }
          expect(router.stats().pendingCalls).toBe(0);
          expectNothingLeft(router, [caller, other]);
        }),
      ),
      runs(400, 20_000),
    );
  });
});
