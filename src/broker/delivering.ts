/**
 * The end of a publication's way: it is retained if its publisher asked for that, and the broker distributes it. One
 * publication is delivered after the other, each inside a turn of the realm.
 */

import type { TurnQueue } from '../session/turn-queue.ts';
import type { WorkLimit } from '../session/work-limit.ts';
import type { RoutedPublication } from '../wamp/publication.ts';
import type { Broker } from './broker.ts';
import type { Retention } from './retention.ts';

/** The options of a realm's delivering. */
export interface DeliveringOptions {
  readonly turns: TurnQueue;
  readonly work: Pick<WorkLimit, 'spend'>;
  readonly broker: Broker;
  readonly retention: Retention;
}

/** Delivers publications that have passed the interceptors, and those of the router that need not pass them. */
export class Delivering {
  readonly #turns: TurnQueue;
  readonly #work: Pick<WorkLimit, 'spend'>;
  readonly #broker: Broker;
  readonly #retention: Retention;
  #isDelivering = false;

  constructor({ turns, work, broker, retention }: DeliveringOptions) {
    this.#turns = turns;
    this.#work = work;
    this.#broker = broker;
    this.#retention = retention;
  }

  /** Delivers a publication, or does so later if one is being delivered: an interceptor may emit at any time. */
  deliver(publication: RoutedPublication): void {
    if (this.#isDelivering) this.#turns.later(() => this.deliver(publication));
    else if (!this.#turns.begin()) this.#fanOut(publication);
    else
      try {
        this.#fanOut(publication);
      } finally {
        this.#turns.end();
      }
  }

  #fanOut(publication: RoutedPublication): void {
    publication.payload.settle();
    if (publication.retain) this.#retention.keep(publication);
    this.#isDelivering = true;
    try {
      // Counts at least one delivery, so that a session that publishes endlessly without subscribers must pause as well.
      this.#work.spend(Math.max(1, this.#broker.fanOut(publication)));
    } finally {
      this.#isDelivering = false;
    }
  }
}
