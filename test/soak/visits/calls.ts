/** Calls that end in other ways than by one RESULT. */

import { beginCall, nextInvocation } from '../../support/calls.ts';
import type { V2Peer } from '../../support/v2-client.ts';
import { code } from '../../support/v2-router.ts';
import { type Behaviour, expectType, join, joinRawSocket, takeLeave } from '../visit.ts';

/** A call that its callee has, and what becomes of it. */
interface Underway {
  readonly caller: V2Peer;
  readonly callee: V2Peer;
  readonly procedure: string;
  readonly request: number;
  readonly invocation: number;
}

const cancel =
  (mode: string) =>
  async ({ caller, callee, request, invocation }: Underway): Promise<void> => {
    caller.send(code.CANCEL, request, { mode });
    if (mode === 'kill') {
      await callee.take(code.INTERRUPT);
      callee.send(code.ERROR, code.INVOCATION, invocation, {}, 'wamp.error.canceled');
    }
    expectType(code.ERROR, await caller.answerTo(code.CALL, request));
    if (mode === 'skip') callee.send(code.YIELD, invocation, {}, ['too late']);
  };

const fates: readonly ((call: Underway) => Promise<unknown>)[] = [
  cancel('skip'),
  cancel('kill'),
  cancel('killnowait'),
  async ({ caller, callee, request, invocation }) => {
    for (let part = 0; part < 5; part += 1) callee.send(code.YIELD, invocation, { progress: true }, [part]);
    callee.send(code.YIELD, invocation, {}, ['last']);
    expectType(code.RESULT, await caller.answerTo(code.CALL, request));
  },
  async ({ caller, callee, procedure, invocation }) => {
    // Behind the concurrency of its callee some wait, and leave with their caller.
    for (let waiting = 0; waiting < 5; waiting += 1) beginCall(caller, procedure);
    callee.send(code.YIELD, invocation, {});
    await nextInvocation(callee);
  },
  async ({ caller, procedure }) => {
    expectType(code.ERROR, await caller.call(procedure, [], { timeout: 20 }));
  },
  ({ caller, callee, request }) => {
    callee.wire.close();
    return caller.answerTo(code.CALL, request);
  },
  ({ caller, callee }) => {
    caller.wire.close();
    return callee.take(code.INTERRUPT);
  },
];

/** A caller and a callee; visits take turns with what becomes of the call. */
export const callsThatEnd: Behaviour = async (visit) => {
  const [caller, { peer: callee, socket, ended }] = [await join(visit), await joinRawSocket(visit)];
  const procedure = `com.soak.call.${visit.number}`;
  await callee.register(procedure, { concurrency: 1 });
  const request = beginCall(caller, procedure, { receive_progress: true });
  const invocation = await nextInvocation(callee);
  await fates[visit.number % fates.length]?.({ caller, callee, procedure, request, invocation });
  socket.end();
  await ended;
  await caller.close();
};

/** Leaves by GOODBYE with calls open on both sides. */
export const callsThatStay: Behaviour = async (visit) => {
  const [caller, callee] = [await join(visit), await join(visit)];
  const procedure = `com.soak.open.${visit.number}`;
  await callee.register(procedure);
  for (let call = 0; call < 10; call += 1) beginCall(caller, procedure);
  await nextInvocation(callee);
  await Promise.all(visit.number % 2 === 0 ? [takeLeave(caller)] : [takeLeave(callee)]);
  await Promise.all([caller.close(), callee.close()]);
};
