/**
 * The two engines that can run a chart: the compiled run and a live actor of XState. The owner of a chart sees only this
 * interface and does not know which engine it has.
 */

import type { AnyStateMachine, EventObject } from 'xstate';
import type { Timers } from '../base/clock.ts';
import type { Inspect } from './actor.ts';
import { provideEffects, runAsActor } from './actor.ts';
import type { CompiledChart, Effects } from './compile.ts';
import type { ChartObserver } from './run.ts';
import { ChartRun } from './run.ts';

/** The engines by name. */
export const engineNames = ['compiled', 'xstate'] as const;

/** `compiled`: a table that is made once when the program starts. `xstate`: an actor of XState for each running chart. */
export type EngineName = (typeof engineNames)[number];

/** A running chart. */
export interface RunningChart<Event> {
  /** Enters the first state. */
  start(): void;
  /** Handles an event, or queues it if another is being handled. Has no effect after the end. */
  send(event: Event): void;
}

/** Creates a run of a chart that has not been started. `context` is never changed; `observer` is told of each state. */
export type RunChart<Context, Event> = (
  context: Context,
  clock: Timers,
  observer: ChartObserver,
) => RunningChart<Event>;

/** One chart, for either engine. */
export interface Runnable<Context> {
  readonly machine: AnyStateMachine;
  readonly effects: Effects<Context>;
  readonly chart: CompiledChart<Context>;
}

/** Chooses the engine. `inspect` is only used by the `xstate` engine. */
export const createEngine = <Context, Event extends EventObject>(
  { machine, effects, chart }: Runnable<Context>,
  name: EngineName,
  inspect?: Inspect,
): RunChart<Context, Event> => {
  if (name === 'compiled') return (context, clock, observer) => new ChartRun(chart, context, clock, observer);
  const provided = provideEffects(machine, effects);
  return (input, clock, observer) => runAsActor(provided, { input, clock, inspect }, observer);
};
