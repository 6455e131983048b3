/**
 * The interceptors of one realm: RxJS operators that every accepted publication passes on its way to the subscribers.
 *
 * Each installed interceptor is one long-lived stream, so operators with a memory (`throttleTime`, `scan`,
 * `distinctUntilChanged`, `bufferTime`) work as anywhere else; what becomes of one that fails is the affair of its stage. With none
 * installed there is no pipeline to pass, and nothing is built per message.
 */

import type { Match, Publication } from '../wamp/message.ts';
import { covers } from '../wamp/pattern.ts';
import { freeze } from './emission.ts';
import type { Interceptor, StageOptions } from './stage.ts';
import { Stage } from './stage.ts';

/** Of which topics an interceptor sees the publications; the others pass it by. `match` is `exact` by default. */
export interface TopicScope {
  readonly topic: string;
  readonly match?: Match;
}

/** The interceptors of a realm in the order in which they were installed. */
export interface Pipeline {
  /** Whether none is installed: what is pushed comes out as it is. */
  readonly isEmpty: boolean;
  /**
   * Sends a publication through all of them; what comes out at the end goes to the sink, now or later. Where there are any it is frozen,
   * and so are its arguments: they must be nobody's who may want to use them again.
   */
  push(publication: Publication): void;
  /** Appends an interceptor; the function that is returned takes it out again. Throws what the operator throws at once. */
  install(interceptor: Interceptor, scope?: TopicScope): () => void;
  /**
   * Completes the stream of each interceptor, one behind the other, so that what they hold (`delay`, `bufferTime`, `bufferCount`)
   * passes those behind them and reaches the sink. Resolves when all these streams have ended: after their delays, never for an
   * operator that does not complete with its source, and at once when everything is taken out. The interceptors stay: what is pushed
   * after passes new streams, which remember nothing.
   */
  complete(): Promise<void>;
  /** Takes all of them out; what they hold is lost. */
  clear(): void;
}

/** Where publications come out, and what the interceptors work with. The sink must not throw. */
export interface PipelineOptions extends StageOptions {
  readonly sink: (publication: Publication) => void;
}

interface Place {
  readonly stage: Stage;
  /** What is given a publication that comes this far. */
  readonly enter: (publication: Publication) => void;
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
    push: (publication) => {
      if (places.length === 0) options.sink(publication);
      else entry(freeze(publication));
    },
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
