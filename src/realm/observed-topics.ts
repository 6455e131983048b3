/** The topics of a realm as the embedding program observes them. */

import { Observable, ReplaySubject, takeUntil } from 'rxjs';
import type { Report } from '../base/report.ts';
import { attempt } from '../base/thenable.ts';
import type { Broker } from '../broker/broker.ts';
import type { Event, Match } from '../wamp/message.ts';
import type { PayloadForm, PayloadParts } from '../wamp/payload.ts';
import type { Publication } from '../wamp/publication.ts';
import { inOctets, viewOf } from '../wamp/publication.ts';
import { GuardedObservable } from './observation.ts';

/** The options of a realm's observed topics. */
export interface ObservedTopicsOptions {
  /** The name of the realm. */
  readonly realm: string;
  readonly broker: Broker;
  readonly report: Report;
  readonly payloadParts: PayloadParts;
}

/** Makes Observables of topics. */
export class ObservedTopics {
  readonly #options: ObservedTopicsOptions;
  /** Emits when the realm closes, also to those who subscribe later. */
  readonly #closed = new ReplaySubject<void>(1);

  constructor(options: ObservedTopicsOptions) {
    this.#options = options;
  }

  /**
   * The publications of a topic, with their payloads in a form. Each observer is an attachment to the topic. Its exceptions are
   * reported.
   */
  observe<Form extends PayloadForm>(topic: string, match: Match, wantsOctets: boolean): Observable<Publication<Form>> {
    const { realm, broker, report, payloadParts } = this.#options;
    const onFault = (error: unknown): void =>
      report.error('subscriber_failed', { err: error, topic, realm }, 'an observer of a topic failed');
    const publications = new Observable<Publication<PayloadForm>>((subscriber) => {
      const inValues = ({ publication }: Event): void => subscriber.next(viewOf(publication));
      const octets = ({ publication }: Event): void =>
        void attempt(() => subscriber.next(inOctets(viewOf(publication), payloadParts)), onFault);
      const attachment = broker.attach(topic, match, { next: wantsOctets ? octets : inValues });
      return () => {
        attachment.detach();
      };
    }).pipe(takeUntil(this.#closed));
    return GuardedObservable.of(publications as Observable<Publication<Form>>, onFault);
  }

  /** Completes all Observables, and those that are subscribed to later. */
  close(): void {
    this.#closed.next();
  }
}
