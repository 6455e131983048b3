/**
 * Publications that the router makes in its own name. Each is published at once, as a turn of its realm. While the realm is
 * busy they wait in order, so that an observer or interceptor that publishes to the topic it observes delays only itself.
 */

import type { TurnQueue } from '../session/turn-queue.ts';
import { costOfStep, type Waiter, type WorkLimit } from '../session/work-limit.ts';
import type { RoutedPublication } from '../wamp/publication.ts';

/** The options of a realm's own publications. */
export interface OwnPublicationsOptions {
  readonly turns: TurnQueue;
  readonly work: Pick<WorkLimit, 'isOver' | 'spend' | 'wait'>;
  /** Passes a publication to the interceptors. Called inside a turn. */
  readonly publish: (publication: RoutedPublication) => void;
  /**
   * Called once, for a long chain of publications each of which was made while the one before it was delivered. Such a
   * chain may never end.
   */
  readonly onEndless: (topic: string) => void;
  /** Called if a publication failed. Those after it are still published. */
  readonly onFault: (error: unknown) => void;
}

interface Entry {
  readonly publication: RoutedPublication;
  /** How many publications led to this one, each made while the one before it was delivered. */
  readonly depth: number;
}

/** The length at which a chain is reported. */
const reportedDepth = 1000;

/** The router's own publications in one realm. */
export class OwnPublications implements Waiter {
  readonly #options: OwnPublicationsOptions;
  #waiting: Entry[] = [];
  /** The depth of the publication that is being delivered; 0 if none is. */
  #depth = 0;
  #isReported = false;

  constructor(options: OwnPublicationsOptions) {
    this.#options = options;
  }

  /** Publishes at once, or after the publications that already wait. */
  push(publication: RoutedPublication): void {
    const { turns, work, onFault } = this.#options;
    const depth = this.#depth + 1;
    // The usual case, which allocates nothing.
    if (this.#waiting.length === 0 && !work.isOver && turns.begin()) {
      try {
        this.#publish(publication, depth);
      } catch (error) {
        onFault(error);
      }
      turns.end();
    } else {
      const entry = { publication, depth };
      turns.enter(() => this.#take(entry));
    }
  }

  /** Publishes one that waited because the realm was busy. */
  step(): void {
    this.#next();
    if (this.#waiting.length > 0) this.#options.work.wait(this);
  }

  /** Publishes everything that waits, however busy the realm is. Publications that this causes may wait again. */
  finish(): void {
    for (let left = this.#waiting.length; left > 0; left -= 1) this.#next();
  }

  #take(entry: Entry): void {
    const { work } = this.#options;
    if (this.#waiting.length === 0 && !work.isOver) {
      work.spend(costOfStep);
      return this.#publish(entry.publication, entry.depth);
    }
    this.#waiting.push(entry);
    if (this.#waiting.length === 1) work.wait(this);
  }

  #next(): void {
    const entry = this.#waiting.shift();
    if (entry) this.#options.turns.enter(() => this.#publish(entry.publication, entry.depth));
  }

  #publish(publication: RoutedPublication, depth: number): void {
    if (depth >= reportedDepth && !this.#isReported) {
      this.#isReported = true;
      this.#options.onEndless(publication.topic);
    }
    this.#depth = depth;
    try {
      this.#options.publish(publication);
    } finally {
      this.#depth = 0;
    }
  }
}
