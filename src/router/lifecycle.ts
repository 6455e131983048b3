/**
 * The life cycle of the router, as an actor of the server machine: when connections are accepted, how sessions are ended, and
 * when the router has stopped.
 */

import type { ActorRefFrom, EventObject } from 'xstate';
import { createActor, fromCallback } from 'xstate';
import { serverMachine } from '../../machines/server.ts';
import type { ServerState } from '../../machines/server-event.ts';
import type { Clock } from '../base/clock.ts';
import type { Inspect } from '../chart/inspect.ts';
import type { Connection } from '../connection/connection.ts';
import type { LocalPeer } from '../realm/local-peer.ts';
import type { Realm } from '../realm/realm.ts';
import { reasons } from '../wamp/reasons.ts';

/** The life cycle of one router. */
export interface Lifecycle {
  readonly state: ServerState;
  /** Whole seconds until the drain is over, at least 1: when a refused client may try again. Undefined before the drain. */
  readonly retryAfter: number | undefined;
  /** A server listens: connections are accepted from now on. */
  listening(): void;
  /** To be called when a connection is gone. */
  connectionGone(): void;
  /** Ends the router; for `drain` ms calls may finish. Resolves when it has stopped. A second call returns the same promise. */
  close(drain: number): Promise<void>;
}

/** The realms, connections and sessions of a router. They are read when the router drains. */
export interface Population {
  readonly realms: ReadonlyMap<string, Realm>;
  readonly connections: ReadonlyMap<number, Connection>;
  /** Sessions of the embedding program. */
  readonly peers: ReadonlySet<LocalPeer>;
}

/** What the actors of the machine need. */
interface Owner extends Population {
  readonly clock: Clock;
}

interface Asked {
  readonly owner: unknown;
}

const ownerOf = (input: Asked): Owner => input.owner as Owner;

/**
 * ms between two groups of connections that begin to leave. If there are fewer connections than such steps, each group is
 * one connection.
 */
const leavingPace = 20;

const refuseNewWork = ({ realms, connections }: Owner): void => {
  for (const realm of realms.values()) realm.refuseCalls();
  for (const connection of [...connections.values()]) connection.drain();
};

/** Tells all connections to leave, evenly spread over `within` ms, with one timer. The returned function stops it. */
const leaveInTurn = ({ clock, connections }: Owner, within: number): (() => void) => {
  const all = [...connections.values()];
  const steps = Math.max(1, Math.min(all.length, Math.floor(within / leavingPace)));
  const pace = within / steps;
  const begin = clock.elapsed();
  let begun = 0;
  let timer: unknown;
  const leave = (): void => {
    // The time that has passed says how many are due, because timers are late. At the last step all others are.
    const step = Math.min(steps, Math.round((clock.elapsed() - begin) / pace) + 1);
    const due = Math.floor((step * all.length) / steps);
    for (const connection of all.slice(begun, due)) connection.leaveWhenIdle();
    begun = due;
    if (step < steps) timer = clock.setTimeout(leave, pace);
  };
  leave();
  return () => clock.clearTimeout(timer);
};

const endSessions = ({ realms, connections, peers }: Owner): void => {
  for (const realm of realms.values()) realm.cancelCalls();
  for (const connection of [...connections.values()]) connection.close(reasons.systemShutdown);
  for (const peer of [...peers]) peer.leave();
};

/** An actor that does something with all connections, and sends the machine an event if there are none (any more). */
const actorOf = <Input extends Asked>(act: (owner: Owner, input: Input) => undefined | (() => void)) =>
  fromCallback<EventObject, Input>(({ input, sendBack }) => {
    const owner = ownerOf(input);
    const stop = act(owner, input);
    if (owner.connections.size === 0) sendBack({ type: 'connections.gone' });
    return stop;
  });

const machine = serverMachine.provide({
  actors: {
    leaveInTurn: actorOf<Asked & { readonly within: number }>((owner, { within }) => {
      refuseNewWork(owner);
      return leaveInTurn(owner, within);
    }),
    leaveWhenIdle: actorOf<Asked>(({ connections }) => {
      for (const connection of [...connections.values()]) connection.leaveWhenIdle();
      return undefined;
    }),
    completeInterceptors: fromCallback<EventObject, Asked>(({ input, sendBack }) => {
      const owner = ownerOf(input);
      refuseNewWork(owner);
      const proceed = (): void => sendBack({ type: 'interceptors.completed' });
      void Promise.all([...owner.realms.values()].map((realm) => realm.completeInterceptors())).then(proceed, proceed);
    }),
    endSessions: actorOf<Asked>((owner) => {
      endSessions(owner);
      return undefined;
    }),
    cutConnections: actorOf<Asked>(({ connections }) => {
      for (const connection of [...connections.values()]) connection.terminate();
      return undefined;
    }),
  },
});

/** Options of a life cycle. */
export interface LifecycleOptions {
  /** ms between sending GOODBYE to the sessions and cutting the connections that are left. */
  readonly closeTimeout: number;
  /** Called with what the actor does. */
  readonly inspect?: Inspect | undefined;
}

/** Creates the life cycle and starts its actor. */
export const createLifecycle = (
  population: Population,
  clock: Clock,
  { closeTimeout, inspect }: LifecycleOptions,
): Lifecycle => {
  const { connections } = population;
  const owner: Owner = { ...population, clock };
  const input = { owner, closeTimeout };
  const actor: ActorRefFrom<typeof serverMachine> = createActor(machine, { clock, input, ...(inspect && { inspect }) });
  const state = (): ServerState => {
    const { value } = actor.getSnapshot();
    return (typeof value === 'string' ? value : Object.keys(value)[0]) as ServerState;
  };
  const stopped = new Promise<void>((resolve) => {
    actor.subscribe({ complete: resolve });
  });
  let windowEnd: number | undefined;
  actor.start();
  return {
    get state() {
      return state();
    },
    get retryAfter() {
      return windowEnd === undefined ? undefined : Math.max(1, Math.ceil((windowEnd - clock.elapsed()) / 1000));
    },
    listening: () => {
      if (state() === 'starting') actor.send({ type: 'transport.listening' });
    },
    connectionGone: () => {
      if (connections.size === 0 && state() === 'draining') actor.send({ type: 'connections.gone' });
    },
    close: (drain) => {
      if (state() === 'starting' || state() === 'listening') {
        windowEnd = clock.elapsed() + drain;
        actor.send({ type: 'router.close', drain });
      }
      return stopped;
    },
  };
};
