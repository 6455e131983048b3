/** Peers that stop reading in the middle of calls: only they are closed, and the peers that wait for them get an error. */

import { describe, expect, test } from 'vitest';
import { createWatchedRouter } from '../support/bystanders.ts';
import { beginCall, errorOf, nextInvocation } from '../support/calls.ts';
import { joinStalled } from '../support/stalled.ts';
import { joinV2 } from '../support/v2-client.ts';
import { code } from '../support/v2-router.ts';

const limits = { outboxSize: 100_000 };
const procedure = 'com.procedure';
const part = 'x'.repeat(10_000);
/** More than fit into the outbox. */
const tooMany = 30;

describe('a caller that reads no progressive results', () => {
  test('is closed at the cap, and its callee is interrupted and serves others', async () => {
    const { postmaster, expectUnharmed } = await createWatchedRouter({ limits });
    const [callee, other] = [await joinV2(postmaster), await joinV2(postmaster)];
    await callee.register(procedure);
    const caller = joinStalled(postmaster);
    await caller.send(code.CALL, 1, { receive_progress: true }, procedure);
    const invocation = await nextInvocation(callee);
    for (let parts = 0; parts < tooMany && !caller.isClosed(); parts += 1) {
      callee.send(code.YIELD, invocation, { progress: true }, [part]);
      await callee.barrier();
    }
    expect(caller.isClosed()).toBe(true);
    const [, interrupted, details] = await callee.take(code.INTERRUPT);
    expect([interrupted, details]).toEqual([invocation, expect.objectContaining({ mode: 'killnowait' })]);
    expect(postmaster.stats()).toMatchObject({ pendingCalls: 0, counters: { outbox_overflow: 1 } });
    const answer = other.call(procedure);
    callee.send(code.YIELD, await nextInvocation(callee), {}, ['served']);
    expect((await answer)[3]).toEqual(['served']);
    await Promise.all([callee.close(), other.close()]);
    await expectUnharmed();
  });
});

describe('a callee that reads no invocations', () => {
  test('is closed at the cap, and each of its calls ends in an ERROR', async () => {
    const { postmaster, expectUnharmed } = await createWatchedRouter({ limits });
    const callee = joinStalled(postmaster);
    await callee.send(code.REGISTER, 1, {}, procedure);
    const caller = await joinV2(postmaster);
    const requests: number[] = [];
    while (requests.length < tooMany && !callee.isClosed()) {
      requests.push(beginCall(caller, procedure, {}, [part]));
      await caller.barrier();
    }
    expect(callee.isClosed()).toBe(true);
    const answers = await Promise.all(requests.map((request) => caller.answerTo(code.CALL, request)));
    for (const answer of answers) expect(errorOf(answer)).toBe('wamp.error.canceled');
    expect(errorOf(await caller.call(procedure))).toBe('wamp.error.no_such_procedure');
    expect(postmaster.stats()).toMatchObject({ pendingCalls: 0, counters: { outbox_overflow: 1 } });
    await caller.close();
    await expectUnharmed();
  });

  test('is waited for no longer than a call has time', async () => {
    const { postmaster, expectUnharmed } = await createWatchedRouter({ limits });
    const callee = joinStalled(postmaster);
    await callee.send(code.REGISTER, 1, {}, procedure);
    const caller = await joinV2(postmaster);
    const answers = await Promise.all([1, 2, 3].map((timeout) => caller.call(procedure, [], { timeout })));
    expect(answers.map(errorOf)).toEqual(Array(3).fill('wamp.error.timeout'));
    expect(callee.isClosed()).toBe(false);
    callee.leave();
    await caller.close();
    await expectUnharmed();
  });
});
