/**
 * What the router publishes in its own name. At once, as a turn of its realm; while the realm has enough to do it waits in
 * order, so that an observer or interceptor that publishes to the topic it hears stops nothing but itself.
 */

import type { TurnQueue } from '../session/turn-queue.ts';
import { costOfStep, type Waiter, type WorkLimit } from '../session/work-limit.ts';
import type { Publication } from '../wamp/message.ts';

/** What it needs from outside. */
export interface OwnPublicationsOptions {
  readonly turns: TurnQueue;
  readonly work: Pick<WorkLimit, 'isOver' | 'spend' | 'wait'>;
  /** Takes a publication to the interceptors; called inside a turn. */
  readonly publish: (publication: Publication) => void;
  /** Once: each publication of a long row was made while the one before it was delivered, so there may be no end. */
  readonly onEndless: (topic: string) => void;
  /** Told when one could not be published; those behind it are. */
  readonly onFault: (error: unknown) => void;
}

interface Entry {
  readonly publication: Publication;
  /** Publications that led to this one, each made while the one before it was delivered. */
  readonly depth: number;
}

/** Length of a row from which on it is reported. */
const reportedDepth = 1000;

/** The router's own publications in one realm. */
export class OwnPublications implements Waiter {
  readonly #options: OwnPublicationsOptions;
  #waiting: Entry[] = [];
  /** Of the publication that is being delivered; 0 when none is. */
  #depth = 0;
  #isReported = false;

  constructor(options: OwnPublicationsOptions) {
    this.#options = options;
  }

  /** Publishes, now or behind what waits already. */
  push(publication: Publication): void {
    const { turns, work, onFault } = this.#options;
    const depth = this.#depth + 1;
    // As good as always, and nothing is allocated then.
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

  /** Publishes one that waited for the realm. */
  step(): void {
    this.#next();
    if (this.#waiting.length > 0) this.#options.work.wait(this);
  }

  /** Publishes what waits, however busy the realm is; what this leads to may wait again. */
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

  #publish(publication: Publication, depth: number): void {
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
