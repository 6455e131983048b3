/**
 * The chart of the whole router: from its construction to its end. `/readyz` is green in `listening` only, and new
 * connections are taken in `listening` only.
 *
 * The end is one sequence for everybody who asks for it. While the window of the drain is open no new call is taken;
 * `leaving`, its first half, lets idle sessions go one by one, so that a fleet of clients does not come back as a herd;
 * `finishing`, its second half, lets every session go that is idle. Then the window is closed: `completing` lets out what
 * interceptors hold, `ending` answers what is open and tells every session. Only who does not take leave in time is cut.
 *
 * What must live here: the order of these steps, and their deadlines. What must not: sessions, calls, sockets.
 */

import { assign, setup } from 'xstate';
import { notProvidedActor } from './not-provided.ts';

/** What the chart remembers. */
export interface ServerContext {
  /** The window that the drain was given, in ms. */
  readonly drain: number;
  /** How long interceptors may take to let out what they hold, and then sessions to leave, in ms. */
  readonly closeTimeout: number;
  /** Whoever runs the machine keeps its own handle here. */
  readonly owner: unknown;
}

/** What the chart begins with. */
export type ServerInput = Pick<ServerContext, 'closeTimeout' | 'owner'>;

/** Everything that can happen to the router. */
export type ServerEvent =
  | { readonly type: 'transport.listening' }
  | { readonly type: 'router.close'; readonly drain: number }
  | { readonly type: 'interceptors.completed' }
  | { readonly type: 'connections.gone' };

interface Asked {
  readonly owner: unknown;
}

/** The server machine. `src/router/lifecycle.ts` provides its effects; here they throw. */
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

/** The names of the states, as `postmaster.state` shows them. */
export type ServerState = 'starting' | 'listening' | 'draining' | 'stopped';
