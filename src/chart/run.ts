/**
 * One run of a compiled chart. Effects happen in the order of an XState actor: an event sent from inside an effect waits
 * until the current one is done; actors start and stop after the actions of an event; observers see the new state last.
 */

import type { Timers } from '../base/clock.ts';
import type { Action, Args, ChartEvent, CompiledChart, Invocation, Leaf, Stage, Step, Stop } from './compile.ts';
import { stepsOf } from './compile.ts';

/** A state as the observer sees it: the path of the innermost state, and the outermost one. */
export type ChartState = Pick<Leaf<unknown>, 'key' | 'outer'>;

/** Called with the progress of a run. */
export interface ChartObserver {
  /** After each event. */
  entered(state: ChartState, event: ChartEvent): void;
  /** An effect threw, and the run has ended. */
  broke(error: unknown): void;
}

/** Told of everything that a run does, in the order of XState's inspection events. */
export interface RunWitness {
  /** An event was sent to the run, by the actor `source` if one sent it. It may have to wait. */
  sent(event: ChartEvent, source: string | undefined): void;
  /** A transition was taken, or, if `transition` is undefined, there was none for the event. `key` is the state that it led to. */
  stepped(event: ChartEvent, key: string, transition: unknown): void;
  /** An actor was started, or stopped. */
  invoked(id: string): void;
  stopped(id: string): void;
  /** The event has been handled, with all that followed from it. */
  settled(event: ChartEvent, leaf: Pick<Leaf<unknown>, 'key' | 'isFinal'>): void;
  broke(event: ChartEvent, key: string, error: unknown): void;
}

interface Timer<Context> {
  readonly stage: Stage<Context>;
  readonly event: ChartEvent;
  /** In ms. */
  readonly delay: number;
  /** Whether the clock has been asked for it; `handle` is what the clock returned. */
  isRunning: boolean;
  handle: unknown;
}

interface Actor<Context> {
  readonly stage: Stage<Context>;
  readonly invocation: Invocation<Context>;
  readonly input: unknown;
  status: 'asked' | 'running' | 'stopped';
  // biome-ignore lint/suspicious/noConfusingVoidType: as in Effects.
  stop: Stop | void;
}

/** Put in the chart's queue for an actor that threw. It ends the run in its turn. */
interface Failure extends ChartEvent {
  readonly type: 'xstate.error.actor';
  readonly error: unknown;
}

const nothing: readonly never[] = [];

/** Those of `all` that do not belong to `stage`; undefined if there are none, because an idle connection should hold no list. */
const outside = <Part extends { readonly stage: unknown }>(
  all: readonly Part[],
  stage: unknown,
): Part[] | undefined => {
  const others = all.filter((part) => part.stage !== stage);
  return others.length > 0 ? others : undefined;
};

/** A chart that is being run. */
export class ChartRun<Context, Event extends ChartEvent = ChartEvent> {
  readonly #chart: CompiledChart<Context>;
  readonly #context: Context;
  readonly #clock: Timers;
  readonly #observer: ChartObserver;
  readonly #witness: RunWitness | undefined;
  #leaf: Leaf<Context>;
  #timers: Timer<Context>[] | undefined;
  /** Whether there are timers that the clock has not been asked for. If their state is left at once, it never is. */
  #hasNewTimers = false;
  /** The actors whose state is active, oldest first. */
  #actors: Actor<Context>[] | undefined;
  /** The actors that start or stop after the current event. */
  #changed: Actor<Context>[] | undefined;
  /** Events that wait until the current one has been handled. */
  #waiting: ChartEvent[] | undefined;
  /** Also true before the start. */
  #isBusy = true;
  #isOver = false;

  /** `context` is the input of the machine. */
  constructor(
    chart: CompiledChart<Context>,
    context: Context,
    clock: Timers,
    observer: ChartObserver,
    witness?: RunWitness,
  ) {
    this.#chart = chart;
    this.#context = context;
    this.#clock = clock;
    this.#observer = observer;
    this.#witness = witness;
    this.#leaf = chart.first.leaf;
  }

  /** Enters the first state. */
  start(): void {
    const event = { type: 'xstate.init', input: this.#context };
    try {
      this.#witness?.sent(event, undefined);
      this.#enter(this.#chart.first.enters, { context: this.#context, event }, []);
      this.#observer.entered(this.#leaf, event);
      this.#witness?.settled(event, this.#leaf);
    } catch (error) {
      this.#break(error, event);
    }
    this.#isBusy = false;
    this.#workOff();
  }

  /** Handles an event, or queues it if another is being handled. */
  send(event: Event): void {
    this.#accept(event);
  }

  #accept(event: ChartEvent, source?: string): void {
    if (this.#isOver) return;
    this.#witness?.sent(event, source);
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

  // Timers start only when the queue is empty: most actors answer at once, and then the timer is not needed.
  #startTimers(): void {
    this.#hasNewTimers = false;
    for (const timer of this.#timers ?? nothing) {
      if (timer.isRunning) continue;
      timer.isRunning = true;
      timer.handle = this.#clock.setTimeout(() => this.#accept(timer.event), timer.delay);
    }
  }

  #handle(event: ChartEvent): void {
    this.#isBusy = true;
    try {
      if (event.type === 'xstate.error.actor') throw (event as Failure).error;
      const raised: ChartEvent[] = [];
      // Events raised on the way into a final state are dropped.
      for (let next: ChartEvent | undefined = event; next && !this.#leaf.isFinal; next = raised.shift()) {
        const args = { context: this.#context, event: next };
        const step = this.#find(args);
        if (step) this.#take(step, args, raised);
        this.#witness?.stepped(next, this.#leaf.key, step?.transition);
      }
      if (this.#leaf.isFinal) this.#end();
      this.#settle();
      this.#observer.entered(this.#leaf, event);
      this.#witness?.settled(event, this.#leaf);
    } catch (error) {
      this.#break(error, event);
    }
    this.#isBusy = false;
  }

  #find(args: Args<Context>): Step<Context> | undefined {
    for (const step of stepsOf(this.#chart, this.#leaf, args.event.type)) {
      if (!step.guard || step.guard(args)) return step;
    }
    return undefined;
  }

  // Leaves states, acts, enters states. Events that the actions raise are added to `raised`.
  #take(step: Step<Context>, args: Args<Context>, raised: ChartEvent[]): void {
    for (const stage of step.exits) {
      this.#act(stage.exit, args, raised);
      this.#leave(stage);
    }
    this.#act(step.actions, args, raised);
    if (step.target === undefined) return;
    this.#leaf = this.#chart.leaves.get(step.target) ?? this.#leaf;
    this.#enter(step.enters, args, raised);
  }

  #enter(stages: readonly Stage<Context>[], args: Args<Context>, raised: ChartEvent[]): void {
    for (const stage of stages) {
      this.#act(stage.entry, args, raised);
      for (const { delay, event } of stage.timers) {
        const timer: Timer<Context> = { stage, event, delay: delay(args), isRunning: false, handle: undefined };
        this.#timers = [...(this.#timers ?? nothing), timer];
        this.#hasNewTimers = true;
      }
      for (const invocation of stage.actors) {
        const input = invocation.input(args);
        const actor: Actor<Context> = { stage, invocation, input, status: 'asked', stop: undefined };
        this.#actors = [...(this.#actors ?? nothing), actor];
        this.#change(actor);
      }
    }
  }

  #act(actions: readonly Action<Context>[], args: Args<Context>, raised: ChartEvent[]): void {
    for (const action of actions) {
      if ('raise' in action) raised.push(action.raise);
      else action.run(args);
    }
  }

  #leave(stage: Stage<Context>): void {
    if (this.#timers && stage.timers.length > 0) {
      for (const timer of this.#timers) if (timer.stage === stage) this.#stopTimer(timer);
      this.#timers = outside(this.#timers, stage);
    }
    if (this.#actors && stage.actors.length > 0) {
      for (const actor of this.#actors) if (actor.stage === stage) this.#stopActor(actor);
      this.#actors = outside(this.#actors, stage);
    }
  }

  #stopTimer({ isRunning, handle }: Timer<Context>): void {
    if (isRunning) this.#clock.clearTimeout(handle);
  }

  // An actor whose state is left before it could start is not started.
  #stopActor(actor: Actor<Context>): void {
    if (actor.status === 'asked') actor.status = 'stopped';
    else this.#change(actor);
  }

  #change(actor: Actor<Context>): void {
    if (actor.status === 'asked') this.#witness?.invoked(actor.invocation.id);
    else this.#witness?.stopped(actor.invocation.id);
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
    const { id, begin } = actor.invocation;
    actor.status = 'running';
    actor.stop = begin(actor.input as never, (event) => {
      if (actor.status === 'running') this.#accept(event, id);
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
    for (const actor of this.#actors ?? nothing) this.#stopActor(actor);
    this.#actors = undefined;
  }

  #break(error: unknown, event: ChartEvent): void {
    this.#end();
    this.#settle();
    this.#observer.broke(error);
    this.#witness?.broke(event, this.#leaf.key, error);
  }
}
