/**
 * Races about registrations: sessions join, leave or are killed while calls are under way. fast-check's scheduler chooses the
 * order of what they do; a model says which callee may be invoked.
 */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { runs } from '../property/settings.ts';
import { delivered, joinAtOnce } from '../support/at-once.ts';
import { beginCall, errorOf, finalAnswers, heard } from '../support/calls.ts';
import { createRaceRouter, expectNothingLeft, interleave } from '../support/races.ts';
import type { V2Peer } from '../support/v2-client.ts';
import { code } from '../support/v2-router.ts';

const procedure = 'com.procedure';

/** What a caller has heard last of each of its calls: the URI of an ERROR, or the first argument of a RESULT. */
const endsOf = (caller: V2Peer, requests: readonly number[]): readonly (readonly unknown[])[] =>
  requests.map((request) =>
    finalAnswers(caller, request).map((answer) => errorOf(answer) ?? (answer[3] as unknown[])[0]),
  );

/** Answers every invocation that a callee has heard of and not answered. */
const answerAll = (callee: V2Peer, answered: Set<unknown>): void => {
  for (const [, invocation] of heard(callee, code.INVOCATION)) {
    if (answered.has(invocation)) continue;
    answered.add(invocation);
    callee.send(code.YIELD, invocation, {}, ['done']);
  }
};

const registrationOf = (callee: V2Peer): unknown => heard(callee, code.REGISTERED).at(-1)?.[2];

describe('UNREGISTER with calls in flight', () => {
  test('lets those finish that were invoked; later ones end in no_such_procedure', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const router = createRaceRouter();
        const [caller, callee] = [await joinAtOnce(router), await joinAtOnce(router)];
        await callee.register(procedure);
        const requests: number[] = [];
        const answered = new Set<unknown>();
        const call = ['CALL', () => requests.push(beginCall(caller, procedure))] as const;
        const answer = ['YIELD', () => answerAll(callee, answered)] as const;
        await interleave(scheduler, {
          caller: [call, call, call, call],
          callee: [answer, answer],
          leaver: [['UNREGISTER', () => callee.send(code.UNREGISTER, callee.next(), registrationOf(callee))]],
        });
        answerAll(callee, answered);
        await delivered();
        const ends = endsOf(caller, requests);
        const invoked = heard(callee, code.INVOCATION).length;
        expect(ends).toEqual(ends.map((_, at) => [at < invoked ? 'done' : 'wamp.error.no_such_procedure']));
        const kinds = callee.received.map(([type]) => type);
        expect(kinds.lastIndexOf(code.INVOCATION)).toBeLessThan(kinds.indexOf(code.UNREGISTERED));
        expectNothingLeft(router, [caller, callee]);
      }),
      runs(50, 5_000),
    );
  });
});

describe('a member of a shared registration that leaves at the moment of choice', () => {
  test.each(['roundrobin', 'random', 'first', 'last'])(
    'with %s costs nobody an answer, and leaves no stale place',
    async (invoke) => {
      const ways = fc.tuple(fc.constantFrom('GOODBYE', 'drops', 'UNREGISTER'), fc.constantFrom('GOODBYE', 'drops'));
      await fc.assert(
        fc.asyncProperty(fc.scheduler(), ways, async (scheduler, leavings) => {
          const router = createRaceRouter();
          const caller = await joinAtOnce(router);
          const callees = [await joinAtOnce(router), await joinAtOnce(router), await joinAtOnce(router)];
          for (const callee of callees) await callee.register(procedure, { invoke });
          const requests: number[] = [];
          const answered = callees.map(() => new Set<unknown>());
          const go = (callee: V2Peer, how: string): void => {
            if (how === 'drops') callee.wire.close();
            else if (how === 'GOODBYE') callee.send(code.GOODBYE, {}, 'wamp.close.close_realm');
            else callee.send(code.UNREGISTER, callee.next(), registrationOf(callee));
          };
          const call = ['CALL', () => requests.push(beginCall(caller, procedure))] as const;
          await interleave(scheduler, {
            caller: [call, call, call, call, call],
            first: [[leavings[0], () => go(callees[0]!, leavings[0])]],
            second: [
              ['YIELD', () => answerAll(callees[1]!, answered[1]!)],
              [leavings[1], () => go(callees[1]!, leavings[1])],
            ],
          });
          if (leavings[0] === 'UNREGISTER') answerAll(callees[0]!, answered[0]!);
          answerAll(callees[2]!, answered[2]!);
          await delivered();
          for (const end of endsOf(caller, requests)) expect([['done'], ['wamp.error.canceled']]).toContainEqual(end);
          const next = beginCall(caller, procedure);
          await delivered();
          answerAll(callees[2]!, answered[2]!);
          await delivered();
          expect(endsOf(caller, [next])).toEqual([['done']]);
          expectNothingLeft(router, [caller, ...callees]);
        }),
        runs(30, 3_000),
      );
    },
  );
});

describe('the policies under churn', () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.constant('call' as const) },
    fc.nat(3).map((who) => ({ joins: who })),
    fc.nat(3).map((who) => ({ leaves: who })),
  );

  test.each(['roundrobin', 'random', 'first', 'last'] as const)('%s invokes whom the model allows', async (invoke) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const router = createRaceRouter();
        const caller = await joinAtOnce(router);
        const callees = await Promise.all([0, 1, 2, 3].map(() => joinAtOnce(router)));
        let members: number[] = [];
        // Invocations of each member since the members changed.
        let counts = new Map<number, number>();
        for (const action of steps) {
          if (action === 'call') {
            const before = callees.map((callee) => heard(callee, code.INVOCATION).length);
            const request = beginCall(caller, procedure);
            await delivered();
            const invoked = callees.flatMap((callee, at) =>
              heard(callee, code.INVOCATION).length > before[at]! ? [at] : [],
            );
            if (members.length === 0) {
              expect(invoked).toEqual([]);
              expect(endsOf(caller, [request])).toEqual([['wamp.error.no_such_procedure']]);
              continue;
            }
            const [chosen] = invoked as [number];
            expect(invoked).toHaveLength(1);
            expect(members).toContain(chosen);
            if (invoke === 'first') expect(chosen).toBe(members[0]);
            if (invoke === 'last') expect(chosen).toBe(members.at(-1));
            counts.set(chosen, counts.get(chosen)! + 1);
            const spread = [...counts.values()];
            if (invoke === 'roundrobin') expect(Math.max(...spread) - Math.min(...spread)).toBeLessThanOrEqual(1);
            continue;
          }
          const who = 'joins' in action ? action.joins : action.leaves;
          const isMember = members.includes(who);
          if ('joins' in action && !isMember) {
            await callees[who]!.register(procedure, { invoke });
            members.push(who);
          } else if ('leaves' in action && isMember) {
            await callees[who]!.ask(code.UNREGISTER, registrationOf(callees[who]!));
            members = members.filter((member) => member !== who);
          }
          counts = new Map(members.map((member) => [member, 0]));
        }
        expectNothingLeft(router, [caller, ...callees]);
      }),
      runs(30, 3_000),
    );
  });
});

describe('two REGISTERs of one procedure in the same tick', () => {
  const policies = fc.constantFrom('single', 'roundrobin', 'first');

  test('both succeed only when the policies match and are shared, else exactly one wins', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), policies, policies, fc.boolean(), async (scheduler, one, other, isDeferred) => {
        const router = createRaceRouter(
          isDeferred ? { authorizer: () => scheduler.schedule(Promise.resolve(true)) } : {},
        );
        const peers = [await joinAtOnce(router), await joinAtOnce(router)];
        await interleave(scheduler, {
          one: [['REGISTER', () => peers[0]!.send(code.REGISTER, 1, { invoke: one }, procedure)]],
          other: [['REGISTER', () => peers[1]!.send(code.REGISTER, 1, { invoke: other }, procedure)]],
        });
        await delivered();
        const won = peers.filter((peer) => heard(peer, code.REGISTERED).length === 1).length;
        const lost = peers.flatMap((peer) => heard(peer, code.ERROR).map(errorOf));
        const isShared = one === other && one !== 'single';
        expect([won, lost]).toEqual(isShared ? [2, []] : [1, ['wamp.error.procedure_already_exists']]);
        expectNothingLeft(router, peers);
      }),
      runs(50, 3_000),
    );
  });
});

describe('with an authorizer that takes its time', () => {
  test('REGISTERED precedes the first INVOCATION, and calls of one pair stay in order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const router = createRaceRouter({
          authorizer: ({ action }) => scheduler.schedule(Promise.resolve({ allow: true, cache: false }), action),
        });
        const [caller, callee] = [await joinAtOnce(router), await joinAtOnce(router)];
        const call = (number: number): readonly [string, () => void] => [
          `CALL ${number}`,
          () => beginCall(caller, procedure, {}, [number]),
        ];
        await interleave(scheduler, {
          callee: [['REGISTER', () => callee.send(code.REGISTER, 1, {}, procedure)]],
          caller: [call(1), call(2), call(3), call(4)],
        });
        await delivered();
        const kinds = callee.received.map(([type]) => type);
        expect(kinds.slice(0, 2)).toEqual([code.WELCOME, code.REGISTERED]);
        const numbers = heard(callee, code.INVOCATION).map((message) => (message[4] as number[])[0] as number);
        expect(numbers).toEqual([1, 2, 3, 4].slice(4 - numbers.length));
        expect(heard(caller, code.ERROR)).toHaveLength(4 - numbers.length);
        callee.wire.close();
        await delivered();
        expectNothingLeft(router, [caller]);
      }),
      runs(50, 3_000),
    );
  });
});
