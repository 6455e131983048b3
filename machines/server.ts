/**
 * The chart of the whole router, from its construction to its end. Only in `listening` does `/readyz` answer with success,
 * and only then are new connections accepted.
 *
 * The end is one sequence, whoever asks for it. During the drain period no new call is accepted. In its first half,
 * `leaving`, idle sessions are closed one after the other, so that a fleet of clients does not reconnect all at once. In
 * its second half, `finishing`, every session is closed as soon as it is idle. After the drain, `completing` lets
 * interceptors emit what they hold back, and `ending` answers the open requests and sends GOODBYE to every session. A
 * session that does not answer in time is disconnected in `cutting`.
 *
 * What must live here: the order of these steps, and their deadlines. What must not: sessions, calls, sockets.
 */

import { assign, setup } from 'xstate';
import { notProvidedActor } from './not-provided.ts';
import type { ServerContext, ServerEvent, ServerInput } from './server-event.ts';

interface Asked {
  readonly owner: unknown;
}

/** The chart of the router, as a machine of XState. `src/router/lifecycle.ts` provides its effects; those given here throw. */
export const serverMachine = setup({
  types: { context: {} as ServerContext, events: {} as ServerEvent, input: {} as ServerInput },
  actors: {
    leaveInTurn: notProvidedActor<Asked & { readonly within: number }>('leaveInTurn'),
    leaveWhenIdle: notProvidedActor<Asked>('leaveWhenIdle'),
    completeInterceptors: notProvidedActor<Asked>('completeInterceptors'),
    endSessions: notProvidedActor<Asked>('endSessions'),
    cutConnections: notProvidedActor<Asked>('cutConnections'),
  },
  actions: {
    rememberDrain: assign({
      drain: ({ context, event }) => (event.type === 'router.close' ? event.drain : context.drain),
    }),
  },
  guards: { hasNoWindow: ({ event }) => event.type === 'router.close' && event.drain === 0 },
  delays: {
    halfOfDrain: ({ context }) => context.drain / 2,
    closeTimeout: ({ context }) => context.closeTimeout,
  },
}).createMachine({
  id: 'server',
  context: ({ input }) => ({ ...input, drain: 0 }),
  initial: 'starting',
  states: {
    starting: {
      on: {
        'transport.listening': { target: 'listening' },
        'router.close': [
          { guard: 'hasNoWindow', target: 'draining.completing', actions: 'rememberDrain' },
          { target: 'draining', actions: 'rememberDrain' },
        ],
      },
    },
    listening: {
      on: {
        'router.close': [
          { guard: 'hasNoWindow', target: 'draining.completing', actions: 'rememberDrain' },
          { target: 'draining', actions: 'rememberDrain' },
        ],
      },
    },
    draining: {
      initial: 'leaving',
      states: {
        leaving: {
          invoke: {
            src: 'leaveInTurn',
            input: ({ context }) => ({ owner: context.owner, within: context.drain / 2 }),
          },
          after: { halfOfDrain: { target: 'finishing' } },
          on: { 'connections.gone': { target: 'completing' } },
        },
        finishing: {
          invoke: { src: 'leaveWhenIdle', input: ({ context }) => ({ owner: context.owner }) },
          after: { halfOfDrain: { target: 'completing' } },
          on: { 'connections.gone': { target: 'completing' } },
        },
        completing: {
          invoke: { src: 'completeInterceptors', input: ({ context }) => ({ owner: context.owner }) },
          after: { closeTimeout: { target: 'ending' } },
          on: { 'interceptors.completed': { target: 'ending' } },
        },
        ending: {
          invoke: { src: 'endSessions', input: ({ context }) => ({ owner: context.owner }) },
          after: { closeTimeout: { target: 'cutting' } },
          on: { 'connections.gone': { target: '#server.stopped' } },
        },
        cutting: {
          invoke: { src: 'cutConnections', input: ({ context }) => ({ owner: context.owner }) },
          on: { 'connections.gone': { target: '#server.stopped' } },
        },
      },
    },
    stopped: { type: 'final' },
  },
});
