/**
 * The chart of one CALL at the dealer, from its arrival to its one final answer. The state `answered` is entered exactly
 * once, whichever peer leaves first and whatever messages cross on the wire. Events that arrive later have no effect.
 *
 * What must live here: which answer follows from which event. What must not: who the callee is, how it is chosen, timers.
 * The dealer compiles this chart into a table and runs every call on it (`src/chart/call-table.ts`). The cancel mode in an
 * event is the one that applies: for a callee that did not announce `call_canceling` it is always `skip`.
 *
 * Sources: WAMP Basic Profile, "Remote Procedure Calls"; Advanced Profile, "Call Canceling", "Call Timeouts", "Progressive
 * Call Results", "Call Re-Routing".
 */

import { setup } from 'xstate';
import type { CallEvent } from './call-event.ts';
import { notProvided } from './not-provided.ts';

/** The chart of a call, as a machine of XState. `src/dealer` provides its effects; those given here throw. */
export const callMachine = setup({
  types: { events: {} as CallEvent },
  actions: {
    chooseCallee: notProvided('chooseCallee'),
    invokeAgain: notProvided('invokeAgain'),
    interrupt: notProvided('interrupt'),
    interruptToTheEnd: notProvided('interruptToTheEnd'),
    sendProgress: notProvided('sendProgress'),
    sendResult: notProvided('sendResult'),
    sendError: notProvided('sendError'),
    sendCanceled: notProvided('sendCanceled'),
    sendTimeout: notProvided('sendTimeout'),
    sendUnavailable: notProvided('sendUnavailable'),
    settle: notProvided('settle'),
  },
}).createMachine({
  id: 'call',
  initial: 'routing',
  states: {
    routing: {
      entry: 'chooseCallee',
      on: {
        'dealer.invoked': { target: 'invoked' },
        'dealer.queued': { target: 'queued' },
        'dealer.exhausted': { target: 'answered', actions: 'sendUnavailable' },
        'dealer.failed': { target: 'answered', actions: 'sendError' },
      },
    },
    queued: {
      on: {
        'dealer.dequeued': { target: 'routing' },
        'dealer.exhausted': { target: 'answered', actions: 'sendUnavailable' },
        'dealer.failed': { target: 'answered', actions: 'sendError' },
        'dealer.expired': { target: 'answered', actions: 'sendTimeout' },
        'caller.skipped': { target: 'answered', actions: 'sendCanceled' },
        'caller.killedNoWait': { target: 'answered', actions: 'sendCanceled' },
        'caller.killed': { target: 'answered', actions: 'sendCanceled' },
        'caller.left': { target: 'answered' },
      },
    },
    invoked: {
      initial: 'underway',
      on: {
        'callee.yielded': { target: 'answered', actions: 'sendResult' },
        'callee.failed': { target: 'answered', actions: 'sendError' },
        'callee.left': { target: 'answered', actions: 'sendCanceled' },
        'caller.skipped': { target: 'answered', actions: 'sendCanceled' },
      },
      states: {
        underway: {
          initial: 'pending',
          on: {
            'caller.continued': { actions: 'invokeAgain' },
            'caller.killedNoWait': { target: '#call.answered', actions: ['interrupt', 'sendCanceled'] },
            'caller.killed': { target: 'canceling', actions: 'interruptToTheEnd' },
            'caller.left': { target: '#call.answered', actions: 'interrupt' },
            'dealer.expired': { target: '#call.answered', actions: ['interrupt', 'sendTimeout'] },
            'dealer.failed': { target: '#call.answered', actions: ['interrupt', 'sendError'] },
          },
          states: {
            pending: {
              on: {
                'callee.progressed': { target: 'progressing', actions: 'sendProgress' },
                'callee.unavailable': { target: '#call.routing' },
              },
            },
            progressing: {
              on: {
                'callee.progressed': { actions: 'sendProgress' },
                'callee.unavailable': { target: '#call.answered', actions: 'sendError' },
              },
            },
          },
        },
        canceling: {
          on: {
            'callee.unavailable': { target: '#call.answered', actions: 'sendError' },
            'caller.killedNoWait': { target: '#call.answered', actions: 'sendCanceled' },
            'caller.left': { target: '#call.answered' },
            'dealer.expired': { target: '#call.answered', actions: 'sendTimeout' },
            'dealer.failed': { target: '#call.answered', actions: 'sendError' },
          },
        },
      },
    },
    answered: { type: 'final', entry: 'settle' },
  },
});
