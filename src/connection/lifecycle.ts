/**
 * The router's life as an actor of the server machine: who may connect, how it drains, when it is over.
 */

import type { ActorRefFrom, EventObject } from 'xstate';
import { createActor, fromCallback } from 'xstate';
import type { ServerState } from '../../machines/server.ts';
import { serverMachine } from '../../machines/server.ts';
import type { Inspect } from '../chart/actor.ts';
import type { Clock } from '../wamp/clock.ts';
import { reason } from '../wamp/reason.ts';
import type { Connection } from './connection.ts';

/** The life of one router. */
export interface Lifecycle {
  readonly state: ServerState;
  /** Something listens: connections are taken from now on. */
  listening(): void;
  /** A connection is gone. */
  connectionGone(): void;
  /** Ends everything within `drain` ms, by force if need be; resolves when it is over. Again: the same promise. */
  close(drain: number): Promise<void>;
}

interface Owner {
  readonly connections: ReadonlyMap<number, Connection>;
}

const ownerOf = (input: { readonly owner: unknown }): Owner => input.owner as Owner;

const machine = serverMachine.provide({
  actors: {
    drainConnections: fromCallback<EventObject, { readonly owner: unknown; readonly drain: number }>(
      ({ input, sendBack }) => {
        const { connections } = ownerOf(input);
        for (const connection of [...connections.values()]) connection.drain(reason.systemShutdown);
        if (connections.size === 0) sendBack({ type: 'connections.gone' });
      },
    ),
    cutConnections: fromCallback<EventObject, { readonly owner: unknown }>(({ input, sendBack }) => {
      const { connections } = ownerOf(input);
      for (const connection of [...connections.values()]) connection.terminate();
      if (connections.size === 0) sendBack({ type: 'connections.gone' });
    }),
  },
});

/** Starts the actor. `connections` is looked at when the router drains; `inspect` is told what the actor does. */
export const createLifecycle = (
  connections: ReadonlyMap<number, Connection>,
  clock: Clock,
  inspect?: Inspect,
): Lifecycle => {
  const owner: Owner = { connections };
  const input = { owner };
  const actor: ActorRefFrom<typeof serverMachine> = createActor(machine, { clock, input, ...(inspect && { inspect }) });
  const state = (): ServerState => {
    const { value } = actor.getSnapshot();
    return (typeof value === 'string' ? value : Object.keys(value)[0]) as ServerState;
  };
  const stopped = new Promise<void>((resolve) => {
    actor.subscribe({ complete: resolve });
  });
  actor.start();
  return {
    get state() {
      return state();
    },
    listening: () => {
      if (state() === 'starting') actor.send({ type: 'transport.listening' });
    },
    connectionGone: () => {
      if (connections.size === 0 && state() === 'draining') actor.send({ type: 'connections.gone' });
    },
    close: (drain) => {
      if (state() === 'starting' || state() === 'listening') actor.send({ type: 'router.close', drain });
      return stopped;
    },
  };
};
