/**
 * The second engine: it runs a chart as a live actor of XState, with the same effects as the compiled one. XState runs the
 * effects while it computes a transition, starts actors after them, and notifies its observers last. The compiled engine
 * keeps the same order.
 */

import type { AnyStateMachine, EventObject, StateValue } from 'xstate';
import { createActor, fromCallback } from 'xstate';
import type { Timers } from '../base/clock.ts';
import { stateKey } from './admission.ts';
import type { Effects } from './compile.ts';
import type { Inspect } from './inspect.ts';
import type { ChartObserver, ChartState } from './run.ts';

/** What an actor is run with. */
export interface ActorSettings {
  readonly input: unknown;
  readonly clock: Timers;
  readonly inspect: Inspect | undefined;
}

// XState does not stop the child actors of a machine that an effect has broken. Their later answers are dropped here.
const toActor = (ask: Effects<unknown>['actors'][string]) =>
  fromCallback<EventObject, never>(({ input, sendBack, self }) =>
    ask(input, (event) => {
      if (self._parent?.getSnapshot().status === 'active') sendBack(event);
    }),
  );

const stateOf = (value: StateValue): ChartState => {
  const key = stateKey(value);
  return { key, outer: typeof value === 'string' ? key : (Object.keys(value)[0] ?? key) };
};

/** The machine with its effects provided, ready for `runAsActor`. */
export const provideEffects = <Context>(
  machine: AnyStateMachine,
  { actors, ...effects }: Effects<Context>,
): AnyStateMachine =>
  machine.provide({
    ...(effects as object),
    actors: Object.fromEntries(Object.entries(actors).map(([name, ask]) => [name, toActor(ask)])),
  });

/** An actor of `machine` that has not been started. An effect that throws ends it, and only `observer.broke` gets the error. */
export const runAsActor = <Event extends EventObject>(
  machine: AnyStateMachine,
  { input, clock, inspect }: ActorSettings,
  observer: ChartObserver,
): { readonly start: () => void; readonly send: (event: Event) => void } => {
  let current: EventObject = { type: 'xstate.init' };
  // Snapshots do not say which event led to them.
  const logic: AnyStateMachine = Object.create(machine, {
    transition: {
      value: (...[snapshot, event, scope]: Parameters<AnyStateMachine['transition']>) => {
        current = event;
        return machine.transition(snapshot, event, scope);
      },
    },
  });
  const actor = createActor(logic, { input, clock, ...(inspect && { inspect }) });
  actor.subscribe({
    next: ({ value }) => observer.entered(stateOf(value), current),
    // Without this XState would throw the error at the whole process.
    error: (error) => observer.broke(error),
  });
  return {
    start: () => {
      actor.start();
    },
    // XState would warn on the console about an event for an actor that has ended.
    send: (event) => {
      if (actor.getSnapshot().status === 'active') actor.send(event);
    },
  };
};
