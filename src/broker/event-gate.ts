/**
 * The events of one session on their way to its peer, in a realm whose authorizer decides about each topic under a pattern.
 * While it has yet to say whether the session may hear one of them, all that come later wait, whatever subscription they are
 * of: events of one publisher are heard in the order in which they were published (Basic Profile, "Ordering Guarantees").
 * Other sessions go on, and so does whatever else is sent to this one.
 */

import type { Report } from '../base/report.ts';
import type { Authorization } from '../session/authorization.ts';
import type { Session } from '../session/session.ts';
import type { Event } from '../wamp/message.ts';
import { sizeOf } from './publication-size.ts';
import type { EventSink } from './subscriber.ts';

/** What a gate needs from outside. */
export interface EventGateOptions {
  readonly authorization: Authorization;
  readonly report: Report;
  /** Octets, roughly, of events that may wait. */
  readonly outboxSize: number;
}

interface Waiting {
  readonly event: Event;
  readonly size: number;
  /** Undefined until the authorizer has said so. */
  isAllowed: boolean | undefined;
}

/** Lets the events of one session through as it may hear them. As a sink it takes those that need not be asked about. */
export class EventGate implements EventSink {
  /** Takes events under a pattern, which are asked about. */
  readonly asking: EventSink = { deliver: (event) => this.#ask(event) };
  readonly #session: Session;
  readonly #options: EventGateOptions;
  #waiting: Waiting[] = [];
  #size = 0;
  /** Whether an event has found no room: then none of those after it is asked about or kept until one of them has gone. */
  #isFull = false;

  constructor(session: Session, options: EventGateOptions) {
    this.#session = session;
    this.#options = options;
  }

  deliver(event: Event): void {
    if (this.#waiting.length === 0) this.#session.deliver(event);
    else this.#keep(event, true);
  }

  /** Drops the events of a subscription that is over. Called inside a turn: others may have waited for them. */
  drop(subscription: Event['subscription']): void {
    const kept = this.#waiting.filter(({ event }) => event.subscription !== subscription);
    if (kept.length === this.#waiting.length) return;
    this.#waiting = kept;
    this.#size = kept.reduce((size, waiting) => size + waiting.size, 0);
    this.#isFull = false;
    this.#goOn();
  }

  /** Drops everything: the session has left. */
  close(): void {
    this.#waiting = [];
  }

  #ask(event: Event): void {
    if (this.#session.hasLeft) return;
    if (this.#isFull) return this.#options.report.count('event_dropped');
    const answer = this.#options.authorization.holds(this.#session, 'subscribe', event.publication.topic);
    if (answer === false) return;
    if (answer === true) return this.deliver(event);
    const waiting = this.#keep(event, undefined);
    if (!waiting) return;
    answer.then((isAllowed) => {
      waiting.isAllowed = isAllowed;
      this.#session.realm.turns.enter(() => this.#goOn());
    });
  }

  #keep(event: Event, isAllowed: boolean | undefined): Waiting | undefined {
    const { report, outboxSize } = this.#options;
    const size = sizeOf(event.publication);
    this.#isFull ||= this.#size + size > outboxSize;
    if (this.#isFull) {
      report.count('event_dropped');
      return undefined;
    }
    const waiting: Waiting = { event, size, isAllowed };
    this.#waiting.push(waiting);
    this.#size += size;
    return waiting;
  }

  // Taken out before it is delivered: what cannot be delivered is not tried again.
  #goOn(): void {
    while (this.#waiting[0]?.isAllowed !== undefined) {
      const { event, size, isAllowed } = this.#waiting.shift() as Waiting;
      this.#size -= size;
      this.#isFull = false;
      if (isAllowed) this.#deliver(event);
    }
  }

  #deliver(event: Event): void {
    try {
      this.#session.deliver(event);
    } catch (error) {
      this.#session.realm.broke(error);
    }
  }
}
