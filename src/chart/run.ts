/**
 * One run of a compiled chart: the order of effects is that of an XState actor. An event that is sent from inside an effect
 * waits until the present one is done; actors begin and end when the actions of an event have been done; the state that
 * others see changes last.
 */

import type { EventObject } from 'xstate';
import type { Timers } from '../base/clock.ts';
import type { Action, Args, CompiledChart, Invocation, Leaf, Stage, Step, Stop } from './compile.ts';
import { stepsOf } from './compile.ts';

/** A state as its observer is told of it: the path of the innermost one, and the outermost one. */
export type ChartState = Pick<Leaf<unknown>, 'key' | 'outer'>;

/** Who is told how a run goes on. */
export interface ChartObserver {
  /** After each event. */
  entered(state: ChartState): void;
  /** An effect threw: the run is over. */
  broke(error: unknown): void;
}

interface Timer<Context> {
  readonly stage: Stage<Context>;
  readonly event: EventObject;
  /** In ms. */
  readonly delay: number;
  /** Whether the clock has been told; `handle` is what it answered. */
  isRunning: boolean;
  handle: unknown;
}

interface Actor<Context> {
  readonly stage: Stage<Context>;
  readonly begin: Invocation<Context>['begin'];
  readonly input: unknown;
  status: 'asked' | 'running' | 'stopped';
  // biome-ignore lint/suspicious/noConfusingVoidType: as in Effects.
  stop: Stop | void;
}

/** What an actor that throws leaves in the queue of its chart: it ends the run in its turn. */
interface Failure extends EventObject {
  readonly type: 'xstate.error.actor';
  readonly error: unknown;
}

const nothing: readonly never[] = [];

/** A chart that is being run. */
export class ChartRun<Context, Event extends EventObject = EventObject> {
  readonly #chart: CompiledChart<Context>;
  readonly #context: Context;
  readonly #clock: Timers;
  readonly #observer: ChartObserver;
  #leaf: Leaf<Context>;
  #timers: Timer<Context>[] | undefined;
  /** Whether the clock has yet to be told of some: of a state that is left at once it never is. */
  #hasNewTimers = false;
  /** Those whose state is active, the oldest first. */
  #actors: Actor<Context>[] | undefined;
  /** Those that begin or end when the present event has been handled. */
  #changed: Actor<Context>[] | undefined;
  /** Events that wait for the present one. */
  #waiting: EventObject[] | undefined;
  /** Until it has started, too. */
  #isBusy = true;
  #isOver = false;

  /** `context` is what the machine is given as input. */
  constructor(chart: CompiledChart<Context>, context: Context, clock: Timers, observer: ChartObserver) {
    this.#chart = chart;
    this.#context = context;
    this.#clock = clock;
    this.#observer = observer;
    this.#leaf = chart.first.leaf;
  }

  /** Enters the first state. */
  start(): void {
    const event = { type: 'xstate.init', input: this.#context };
    try {
      this.#enter(this.#chart.first.enters, { context: this.#context, event }, []);
      this.#observer.entered(this.#leaf);
    } catch (error) {
      this.#break(error);
    }
    this.#isBusy = false;
    this.#workOff();
  }

  /** Handles an event, or keeps it until the present one has been handled. */
  send(event: Event): void {
    this.#accept(event);
  }

  #accept(event: EventObject): void {
    if (this.#isOver) return;
    if (this.#isBusy) {
      if (this.#waiting) this.#waiting.push(event);
      else this.#waiting = [event];
      return;
    }
    this.#handle(event);
    this.#workOff();
  }

  #workOff(): void {
    while (this.#waiting && !this.#isOver) {
      const event = this.#waiting.shift();
      if (!event) break;
      this.#handle(event);
    }
    this.#waiting = undefined;
    if (this.#hasNewTimers) this.#startTimers();
  }

  // Not before the run rests: an actor may have answered at once, and most of them do.
  #startTimers(): void {
    this.#hasNewTimers = false;
    for (const timer of this.#timers ?? nothing) {
      if (timer.isRunning) continue;
      timer.isRunning = true;
      timer.handle = this.#clock.setTimeout(() => this.#accept(timer.event), timer.delay);
    }
  }

  #handle(event: EventObject): void {
    this.#isBusy = true;
    try {
      if (event.type === 'xstate.error.actor') throw (event as Failure).error;
      const raised: EventObject[] = [];
      // What was raised on the way into a final state comes too late.
      for (let next: EventObject | undefined = event; next && !this.#leaf.isFinal; next = raised.shift()) {
        const args = { context: this.#context, event: next };
        const step = this.#find(args);
        if (step) this.#take(step, args, raised);
      }
      if (this.#leaf.isFinal) this.#end();
      this.#settle();
      this.#observer.entered(this.#leaf);
    } catch (error) {
      this.#break(error);
    }
    this.#isBusy = false;
  }

  #find(args: Args<Context>): Step<Context> | undefined {
    for (const step of stepsOf(this.#chart, this.#leaf, args.event.type)) {
      if (!step.guard || step.guard(args)) return step;
    }
    return undefined;
  }

  // Leaves, acts, enters; what the actions raise is added.
  #take(step: Step<Context>, args: Args<Context>, raised: EventObject[]): void {
    for (const stage of step.exits) {
      this.#act(stage.exit, args, raised);
      this.#leave(stage);
    }
    this.#act(step.actions, args, raised);
    if (step.target === undefined) return;
    this.#leaf = this.#chart.leaves.get(step.target) ?? this.#leaf;
    this.#enter(step.enters, args, raised);
  }

  #enter(stages: readonly Stage<Context>[], args: Args<Context>, raised: EventObject[]): void {
    for (const stage of stages) {
      this.#act(stage.entry, args, raised);
      for (const { delay, event } of stage.timers) {
        const timer: Timer<Context> = { stage, event, delay: delay(args), isRunning: false, handle: undefined };
        this.#timers = [...(this.#timers ?? nothing), timer];
        this.#hasNewTimers = true;
      }
      for (const { begin, input } of stage.actors) {
        const actor: Actor<Context> = { stage, begin, input: input(args), status: 'asked', stop: undefined };
        this.#actors = [...(this.#actors ?? nothing), actor];
        this.#change(actor);
      }
    }
  }

  #act(actions: readonly Action<Context>[], args: Args<Context>, raised: EventObject[]): void {
    for (const action of actions) {
      if ('raise' in action) raised.push(action.raise);
      else action.run(args);
    }
  }

  #leave(stage: Stage<Context>): void {
    if (this.#timers && stage.timers.length > 0) {
      for (const timer of this.#timers) if (timer.stage === stage) this.#stopTimer(timer);
      this.#timers = this.#timers.filter((timer) => timer.stage !== stage);
    }
    if (this.#actors && stage.actors.length > 0) {
      for (const actor of this.#actors) if (actor.stage === stage) this.#dismiss(actor);
      this.#actors = this.#actors.filter((actor) => actor.stage !== stage);
    }
  }

  #stopTimer({ isRunning, handle }: Timer<Context>): void {
    if (isRunning) this.#clock.clearTimeout(handle);
  }

  // Whose state is left before it could begin does not begin.
  #dismiss(actor: Actor<Context>): void {
    if (actor.status === 'asked') actor.status = 'stopped';
    else this.#change(actor);
  }

  #change(actor: Actor<Context>): void {
    this.#changed = [...(this.#changed ?? nothing), actor];
  }

  #settle(): void {
    const changed = this.#changed ?? nothing;
    this.#changed = undefined;
    for (const actor of changed) {
      try {
        if (actor.status === 'asked') this.#begin(actor);
        else if (actor.status === 'running') this.#stop(actor);
      } catch (error) {
        const failure: Failure = { type: 'xstate.error.actor', error };
        this.#accept(failure);
      }
    }
  }

  #begin(actor: Actor<Context>): void {
    actor.status = 'running';
    actor.stop = actor.begin(actor.input as never, (event) => {
      if (actor.status === 'running') this.#accept(event);
    });
  }

  #stop(actor: Actor<Context>): void {
    actor.stop?.();
    actor.status = 'stopped';
  }

  #end(): void {
    this.#isOver = true;
    for (const timer of this.#timers ?? nothing) this.#stopTimer(timer);
    this.#timers = undefined;
    for (const actor of this.#actors ?? nothing) this.#dismiss(actor);
    this.#actors = undefined;
  }

  #break(error: unknown): void {
    this.#end();
    this.#settle();
    this.#observer.broke(error);
  }
}
