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
import { notProvided } from './not-provided.ts';

/** Everything that can happen to a call. */
export type CallEvent =
  | { readonly type: 'dealer.invoked' }
  | { readonly type: 'dealer.queued' }
  | { readonly type: 'dealer.exhausted' }
  | { readonly type: 'dealer.failed' }
  | { readonly type: 'dealer.dequeued' }
  | { readonly type: 'dealer.expired' }
  | { readonly type: 'callee.progressed' }
  | { readonly type: 'callee.yielded' }
  | { readonly type: 'callee.failed' }
  | { readonly type: 'callee.unavailable' }
  | { readonly type: 'callee.left' }
  | { readonly type: 'caller.continued' }
  | { readonly type: 'caller.skipped' }
  | { readonly type: 'caller.killedNoWait' }
  | { readonly type: 'caller.killed' }
  | { readonly type: 'caller.left' };

/** The call machine. `src/dealer` provides its effects; those given here throw. */
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

/**
 * The names of the innermost states. `pending` and `progressing` are substates of `underway`; `underway` and `canceling`
 * are substates of `invoked`.
 */
export type CallState = 'routing' | 'queued' | 'pending' | 'progressing' | 'canceling' | 'answered';
