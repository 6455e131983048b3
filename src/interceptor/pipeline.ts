/**
 * The interceptors of one realm: RxJS operators that every accepted publication passes on its way to the subscribers.
 *
 * Each installed interceptor is one long-lived stream, so operators with a memory (`throttleTime`, `scan`,
 * `distinctUntilChanged`, `bufferTime`) work as anywhere else. An operator that throws costs the publication it threw on:
 * the failure is reported and the stream begins anew with the next publication. With none installed there is no pipeline
 * to pass, and nothing is built per message.
 */

import type { MonoTypeOperatorFunction, Subscription } from 'rxjs';
import { Subject } from 'rxjs';
import type { Match, Publication } from '../wamp/message.ts';
import { matches } from '../wamp/uri.ts';

/** An RxJS operator over publications. It passes them on, drops them, or emits copies; it never changes one. */
export type Interceptor = MonoTypeOperatorFunction<Publication>;

/** Which publications an interceptor sees; the others pass it by. `match` is `exact` by default. */
export interface InterceptorScope {
  readonly topic: string;
  readonly match?: Match;
}

/** The interceptors of a realm in the order in which they were installed. */
export interface Pipeline {
  /** Whether none is installed: what is pushed comes out as it is. */
  readonly isEmpty: boolean;
  /** Sends a publication through all of them; what comes out at the end goes to the sink, now or later. */
  push(publication: Publication): void;
  /** Appends an interceptor; the function that is returned takes it out again. */
  install(interceptor: Interceptor, scope?: InterceptorScope): () => void;
  /** Takes all of them out. */
  clear(): void;
}

/** Where publications come out, and who hears of an interceptor that fails. Neither may throw. */
export interface PipelineOptions {
  readonly sink: (publication: Publication) => void;
  readonly onFailure: (error: unknown) => void;
  readonly onComplete: () => void;
}

interface Stage {
  readonly push: (publication: Publication) => void;
  readonly stop: () => void;
  next: (publication: Publication) => void;
}

const isPublication = (value: unknown): value is Publication =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as Publication).topic === 'string' &&
  Array.isArray((value as Publication).args);

const createStage = (
  interceptor: Interceptor,
  scope: InterceptorScope | undefined,
  options: PipelineOptions,
): Stage => {
  let input = new Subject<Publication>();
  let subscription: Subscription | undefined;
  let running = false;

  const emit = (value: unknown): void => {
    if (isPublication(value)) stage.next(value);
    else options.onFailure(new TypeError('an interceptor emitted something that is no publication'));
  };
  const start = (): void => {
    running = true;
    input = new Subject();
    subscription = input.pipe(interceptor).subscribe({
      next: emit,
      error: (error: unknown) => {
        running = false;
        options.onFailure(error);
      },
      complete: options.onComplete,
    });
  };
  const stage: Stage = {
    next: options.sink,
    push: (publication) => {
      if (scope && !matches(publication.topic, scope.topic, scope.match ?? 'exact')) return stage.next(publication);
      if (!running) start();
      input.next(publication);
    },
    stop: () => subscription?.unsubscribe(),
  };
  start();
  return stage;
};

/** An empty pipeline. */
export const createPipeline = (options: PipelineOptions): Pipeline => {
  let stages: readonly Stage[] = [];
  let entry = options.sink;

  const connect = (changed: readonly Stage[]): void => {
    stages = changed;
    stages.forEach((stage, at) => {
      stage.next = stages[at + 1]?.push ?? options.sink;
    });
    entry = stages[0]?.push ?? options.sink;
  };
  return {
    get isEmpty() {
      return stages.length === 0;
    },
    push: (publication) => entry(publication),
    install: (interceptor, scope) => {
      const stage = createStage(interceptor, scope, options);
      connect([...stages, stage]);
      return () => {
        stage.stop();
        connect(stages.filter((other) => other !== stage));
      };
    },
    clear: () => {
      for (const stage of stages) stage.stop();
      connect([]);
    },
  };
};
