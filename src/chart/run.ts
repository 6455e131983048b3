/**
 * One run of a compiled chart: the order of effects is that of an XState actor. An event that is sent from inside an effect
 * waits until the present one is done; actors begin when the actions of a transition have been done; the state that others
 * see changes last.
 */

import type { EventObject } from 'xstate';
import type { Clock } from '../wamp/clock.ts';
import type { CompiledChart, Leaf } from './compile.ts';

type Step = NonNullable<ReturnType<Leaf<never>['steps']['get']>>[number];
type Stage = Step['enters'][number];

/** A state as its observer is told of it: the path of the innermost one, and the outermost one. */
export type ChartState = Pick<Leaf<unknown>, 'key' | 'outer'>;

/** Who is told how a run goes on. */
export interface ChartObserver {
  /** After each event. */
  entered(state: ChartState): void;
  /** An effect threw: the run is over. */
  broke(error: unknown): void;
}

interface Timer {
  readonly stage: Stage;
  readonly handle: unknown;
}

const nothing: readonly never[] = [];
/** What an actor that throws sends to its chart. */
const actorFailed = 'xstate.error.actor';

/** A chart that is being run. */
export class ChartRun<Context, Event extends EventObject = EventObject> {
  readonly #chart: CompiledChart<Context>;
  readonly #context: Context;
  readonly #clock: Clock;
  readonly #observer: ChartObserver;
  #leaf: Leaf<Context>;
  #timers: Timer[] | undefined;
  /** Events that wait for the present one. */
  #waiting: EventObject[] | undefined;
  /** What comes before the start waits as well. */
  #isBusy = true;
  #isOver = false;
  /** Grows with every state that is left: what an actor of a former state sends back is void. */
  #generation = 0;

  constructor(chart: CompiledChart<Context>, context: Context, clock: Clock, observer: ChartObserver) {
    this.#chart = chart;
    this.#context = context;
    this.#clock = clock;
    this.#observer = observer;
    this.#leaf = chart.first.leaf;
  }

  /** Enters the first state. */
  start(): void {
    try {
      this.#enter(this.#chart.first.enters as readonly Stage[], { type: 'xstate.init' }, []);
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
      this.#waiting ??= [];
      this.#waiting.push(event);
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
  }

  #handle(event: EventObject): void {
    this.#isBusy = true;
    try {
      if (event.type === actorFailed) throw (event as EventObject & { readonly error: unknown }).error;
      const raised: EventObject[] = [];
      let entered: readonly Stage[] = nothing;
      for (let next: EventObject | undefined = event; next; next = raised.shift()) {
        const step = this.#find(next);
        if (!step) continue;
        this.#take(step, next, raised);
        if (step.target !== undefined) entered = step.enters;
      }
      this.#begin(entered, event);
      if (this.#leaf.isFinal) this.#end();
      this.#observer.entered(this.#leaf);
    } catch (error) {
      this.#break(error);
    }
    this.#isBusy = false;
  }

  #find(event: EventObject): Step | undefined {
    const args = { context: this.#context, event };
    const steps = this.#leaf.steps.get(event.type) as readonly Step[] | undefined;
    return steps?.find(({ guard }) => !guard || guard(args as never));
  }

  // Leaves, acts, enters; what the actions raise is added.
  #take(step: Step, event: EventObject, raised: EventObject[]): void {
    for (const stage of step.exits) {
      this.#act(stage.exit, event, raised);
      this.#cancel(stage);
    }
    this.#act(step.actions, event, raised);
    if (step.target === undefined) return;
    this.#generation += 1;
    this.#leaf = this.#chart.leaves.get(step.target) ?? this.#leaf;
    this.#enter(step.enters, event, raised);
  }

  #enter(stages: readonly Stage[], event: EventObject, raised: EventObject[]): void {
    for (const stage of stages) {
      this.#act(stage.entry, event, raised);
      for (const { delay, event: after } of stage.timers) {
        const ms = delay({ context: this.#context as never, event }) as number;
        const handle = this.#clock.setTimeout(() => this.#accept(after), ms);
        this.#timers ??= [];
        this.#timers.push({ stage, handle });
      }
    }
  }

  #begin(stages: readonly Stage[], event: EventObject): void {
    for (const { actors } of stages) {
      for (const ask of actors) {
        const generation = this.#generation;
        try {
          ask({ context: this.#context as never, event }, (answer) => {
            if (generation === this.#generation) this.#accept(answer);
          });
        } catch (error) {
          this.#accept({ type: actorFailed, error } as EventObject);
        }
      }
    }
  }

  #act(actions: Stage['entry'], event: EventObject, raised: EventObject[]): void {
    for (const action of actions) {
      if ('raise' in action) raised.push(action.raise);
      else action.run({ context: this.#context as never, event });
    }
  }

  #cancel(stage: Stage): void {
    if (!this.#timers || stage.timers.length === 0) return;
    for (const timer of this.#timers) if (timer.stage === stage) this.#clock.clearTimeout(timer.handle);
    this.#timers = this.#timers.filter((timer) => timer.stage !== stage);
  }

  #end(): void {
    this.#isOver = true;
    this.#generation += 1;
    for (const { handle } of this.#timers ?? nothing) this.#clock.clearTimeout(handle);
    this.#timers = undefined;
  }

  #break(error: unknown): void {
    this.#end();
    this.#observer.broke(error);
  }
}
