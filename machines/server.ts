/**
 * The chart of the whole router: from its construction to its end. `/readyz` is green in `listening` only, new
 * connections are taken in `listening` only, and `draining` gives the connections that are there time to finish.
 */

import { assign, setup } from 'xstate';
import { notProvidedActor } from './not-provided.ts';

/** What the chart remembers: how long the drain that was asked for may take, in ms. */
export interface ServerContext {
  readonly drain: number;
  /** Whoever runs the machine keeps its own handle here. */
  readonly owner: unknown;
}

/** Everything that can happen to the router. */
export type ServerEvent =
  | { readonly type: 'transport.listening' }
  | { readonly type: 'router.close'; readonly drain: number }
  | { readonly type: 'connections.gone' };

/** The server machine. `src/postmaster.ts` provides its effects; here they throw. */
export const serverMachine = setup({
  types: { context: {} as ServerContext, events: {} as ServerEvent, input: {} as { readonly owner: unknown } },
  actors: {
    drainConnections: notProvidedActor<{ readonly owner: unknown; readonly drain: number }>('drainConnections'),
    cutConnections: notProvidedActor<{ readonly owner: unknown }>('cutConnections'),
  },
  actions: {
    rememberDrain: assign({
      drain: ({ context, event }) => (event.type === 'router.close' ? event.drain : context.drain),
    }),
  },
  delays: { drainTimeout: ({ context }) => context.drain },
}).createMachine({
  id: 'server',
  context: ({ input }) => ({ drain: 0, owner: input.owner }),
  initial: 'starting',
  states: {
    starting: {
      on: {
        'transport.listening': { target: 'listening' },
        'router.close': { target: 'draining', actions: 'rememberDrain' },
      },
    },
    listening: {
      on: { 'router.close': { target: 'draining', actions: 'rememberDrain' } },
    },
    draining: {
      initial: 'finishing',
      on: { 'connections.gone': { target: 'stopped' } },
      states: {
        finishing: {
          invoke: {
            src: 'drainConnections',
            input: ({ context }) => ({ owner: context.owner, drain: context.drain }),
          },
          after: { drainTimeout: { target: 'cutting' } },
        },
        cutting: {
          invoke: { src: 'cutConnections', input: ({ context }) => ({ owner: context.owner }) },
        },
      },
    },
    stopped: { type: 'final' },
  },
});

/** The names of the states, as `postmaster.state` shows them. */
export type ServerState = 'starting' | 'listening' | 'draining' | 'stopped';
