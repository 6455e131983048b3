/** The topics of a realm as the embedding program observes them. */

import { Observable, ReplaySubject, takeUntil } from 'rxjs';
import type { Report } from '../base/report.ts';
import type { Broker } from '../broker/broker.ts';
import type { Match } from '../wamp/message.ts';
import type { Publication } from '../wamp/publication.ts';
import { viewOf } from '../wamp/publication.ts';
import { GuardedObservable } from './observation.ts';

/** The options of a realm's observed topics. */
export interface ObservedTopicsOptions {
  /** The name of the realm. */
  readonly realm: string;
  readonly broker: Broker;
  readonly report: Report;
}

/** Makes Observables of topics. */
export class ObservedTopics {
  readonly #options: ObservedTopicsOptions;
  /** Emits when the realm closes, also to those who subscribe later. */
  readonly #closed = new ReplaySubject<void>(1);

  constructor(options: ObservedTopicsOptions) {
    this.#options = options;
  }

  /** The publications of a topic. Each observer is an attachment to the topic. Its exceptions are reported. */
  observe(topic: string, match: Match): Observable<Publication> {
    const { realm, broker, report } = this.#options;
    const publications = new Observable<Publication>((subscriber) => {
      const attachment = broker.attach(topic, match, {
        next: ({ publication }) => subscriber.next(viewOf(publication)),
      });
      return () => {
        attachment.detach();
      };
    }).pipe(takeUntil(this.#closed));
    return GuardedObservable.of(publications, (error) =>
      report.error('subscriber_failed', { err: error, topic, realm }, 'an observer of a topic failed'),
    );
  }

  /** Completes all Observables, and those that are subscribed to later. */
  close(): void {
    this.#closed.next();
  }
}
