/**
 * The interceptors of one realm: RxJS operators that every accepted publication passes on its way to the subscribers.
 *
 * Each installed interceptor is one long-lived stream, so that operators with state (`throttleTime`, `scan`,
 * `distinctUntilChanged`, `bufferTime`) work as usual. Failures of an operator are handled in its stage. If no interceptor
 * is installed, publications go straight to the sink and nothing is allocated.
 */

import type { Match } from '../wamp/message.ts';
import { covers } from '../wamp/pattern.ts';
import type { RoutedPublication } from '../wamp/publication.ts';
import type { Interceptor, StageOptions } from './stage.ts';
import { Stage } from './stage.ts';

/** The topics whose publications an interceptor sees; others bypass it. `match` is `exact` by default. */
export interface TopicScope {
  readonly topic: string;
  readonly match?: Match;
}

/** The interceptors of a realm in the order in which they were installed. */
export interface Pipeline {
  /** Whether no interceptor is installed. Publications then reach the sink unchanged. */
  readonly isEmpty: boolean;
  /**
   * Sends a publication through all interceptors, which are shown frozen views. What the last one emits goes to the sink,
   * synchronously or later.
   */
  push(publication: RoutedPublication): void;
  /** Appends an interceptor and returns a function that removes it. Throws what the operator throws when it is applied. */
  install(interceptor: Interceptor, scope?: TopicScope): () => void;
  /**
   * Completes the streams of the interceptors one after the other, so that what they hold back (`delay`, `bufferTime`,
   * `bufferCount`) passes the later ones and reaches the sink. Resolves when all these streams have ended. That may take as
   * long as their delays, and never happens for an operator that does not complete with its source. It resolves at once if
   * all interceptors are removed meanwhile. The interceptors remain installed: later publications pass new streams without
   * state.
   */
  complete(): Promise<void>;
  /** Removes all interceptors. What they hold back is lost. */
  clear(): void;
}

/** The output of the pipeline, and what its interceptors need. The sink must not throw. */
export interface PipelineOptions extends StageOptions {
  readonly sink: (publication: RoutedPublication) => void;
}

interface Place {
  readonly stage: Stage;
  /** Takes a publication that has come this far. */
  readonly enter: (publication: RoutedPublication) => void;
}

const createPlace = (interceptor: Interceptor, scope: TopicScope | undefined, options: PipelineOptions): Place => {
  const stage = new Stage(interceptor, options.sink, options);
  if (!scope) return { stage, enter: (publication) => stage.push(publication) };
  const { topic, match = 'exact' } = scope;
  return {
    stage,
    enter: (publication) => {
      if (covers(topic, match, publication.topic)) stage.push(publication);
      else stage.next(publication);
    },
  };
};

/** An empty pipeline. */
export const createPipeline = (options: PipelineOptions): Pipeline => {
  let places: readonly Place[] = [];
  let entry = options.sink;

  const connect = (changed: readonly Place[]): void => {
    places = changed;
    places.forEach(({ stage }, at) => {
      stage.next = places[at + 1]?.enter ?? options.sink;
    });
    entry = places[0]?.enter ?? options.sink;
  };
  return {
    get isEmpty() {
      return places.length === 0;
    },
    push: (publication) => entry(publication),
    install: (interceptor, scope) => {
      const place = createPlace(interceptor, scope, options);
      connect([...places, place]);
      return () => {
        connect(places.filter((other) => other !== place));
        place.stage.stop();
      };
    },
    complete: async () => {
      for (const { stage } of places) await stage.complete();
    },
    clear: () => {
      const all = places;
      connect([]);
      for (const { stage } of all) stage.stop();
    },
  };
};
