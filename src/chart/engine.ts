/**
 * What a chart is run by. There are two engines, the compiled run and a live actor of XState; whoever owns a chart sees
 * this interface and not which of them it has.
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

/** `compiled`: a table, made once when the program starts. `xstate`: an actor of XState for each chart that runs. */
export type EngineName = (typeof engineNames)[number];

/** A chart that is being run. */
export interface RunningChart<Event> {
  /** Enters the first state. */
  start(): void;
  /** Handles an event, or keeps it until the present one has been handled. After the end it has no effect. */
  send(event: Event): void;
}

/** Makes a run of a chart, not started yet. `context` stays what it is; `observer` is told of each state. */
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

/** Chooses the engine. `inspect` is for actors of XState; the compiled engine does not look at it. */
export const createEngine = <Context, Event extends EventObject>(
  { machine, effects, chart }: Runnable<Context>,
  name: EngineName,
  inspect?: Inspect,
): RunChart<Context, Event> => {
  if (name === 'compiled') return (context, clock, observer) => new ChartRun(chart, context, clock, observer);
  const provided = provideEffects(machine, effects);
  return (input, clock, observer) => runAsActor(provided, { input, clock, inspect }, observer);
};
