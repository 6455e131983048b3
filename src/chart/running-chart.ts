/**
 * A running chart, as its owner sees it: the same with both engines. The types of the router's options lead here, so nothing in this
 * file needs the types of XState.
 */

import type { Timers } from '../base/clock.ts';
import type { ChartObserver } from './run.ts';

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

/** Creates a run of a chart that has not been started. `context` is never changed; `observer` is given each state. */
export type RunChart<Context, Event> = (
  context: Context,
  clock: Timers,
  observer: ChartObserver,
) => RunningChart<Event>;
