/**
 * The two engines that can run a chart: the compiled run and a live actor of XState. The owner of a chart sees a
 * `RunningChart` and does not know which engine it has.
 */

import type { AnyStateMachine, EventObject } from 'xstate';
import { provideEffects, runAsActor } from './actor.ts';
import type { CompiledChart, Effects } from './compile.ts';
import type { Inspect } from './inspect.ts';
import { createInspectedRun } from './inspected-run.ts';
import { ChartRun } from './run.ts';
import type { EngineName, RunChart } from './running-chart.ts';

/** One chart, for either engine. */
export interface Runnable<Context> {
  readonly machine: AnyStateMachine;
  readonly effects: Effects<Context>;
  readonly chart: CompiledChart<Context>;
}

/** Chooses the engine. `inspect` is told what every run does, by either engine. */
export const createEngine = <Context, Event extends EventObject>(
  { machine, effects, chart }: Runnable<Context>,
  name: EngineName,
  inspect?: Inspect,
): RunChart<Context, Event> => {
  if (name === 'compiled') {
    const { key } = chart.first.leaf;
    return (context, clock, observer) => {
      const witness = inspect && createInspectedRun(inspect, machine, context, key);
      return new ChartRun(chart, context, clock, observer, witness);
    };
  }
  const provided = provideEffects(machine, effects);
  return (input, clock, observer) => runAsActor(provided, { input, clock, inspect }, observer);
};
