/**
 * Controls the events for one session in a realm whose authorizer decides about each topic under a pattern. While the
 * decision about one event is pending, all later events for the session wait, whatever their subscription: events of one
 * publisher must be received in the order of their publication (Basic Profile, "Ordering Guarantees"). Other sessions, and
 * other messages to this one, are not delayed.
 */

import type { Report } from '../base/report.ts';
import type { Authorization } from '../session/authorization.ts';
import type { Session } from '../session/session.ts';
import type { Event } from '../wamp/message.ts';
import { sizeOf } from './publication-size.ts';
import type { EventSink } from './subscriber.ts';

/** The options of a gate. */
export interface EventGateOptions {
  readonly authorization: Authorization;
  readonly report: Report;
  /** How many octets of events may wait, approximately. */
  readonly outboxSize: number;
}

interface Waiting {
  readonly event: Event;
  readonly size: number;
  /** Undefined until the authorizer has decided. */
  isAllowed: boolean | undefined;
}

/** Passes on the events that one session may receive. `deliver` takes the events for which no decision is needed. */
export class EventGate implements EventSink {
  /** Takes events of pattern subscriptions, about which the authorizer is asked. */
  readonly asking: EventSink = { deliver: (event) => this.#ask(event) };
  readonly #session: Session;
  readonly #options: EventGateOptions;
  #waiting: Waiting[] = [];
  #size = 0;
  /** Whether an event did not fit. Later ones are then dropped without asking until a waiting one has gone. */
  #isFull = false;

  constructor(session: Session, options: EventGateOptions) {
    this.#session = session;
    this.#options = options;
  }

  deliver(event: Event): void {
    if (this.#waiting.length === 0) this.#session.deliver(event);
    else this.#keep(event, true);
  }

  /** Drops the waiting events of a subscription that has ended. Called inside a turn, since other events may have waited for them. */
  drop(subscription: Event['subscription']): void {
    const kept = this.#waiting.filter(({ event }) => event.subscription !== subscription);
    if (kept.length === this.#waiting.length) return;
    this.#waiting = kept;
    this.#size = kept.reduce((size, waiting) => size + waiting.size, 0);
    this.#isFull = false;
    this.#goOn();
  }

  /** Drops all events. Called when the session has left. */
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
    event.publication.payload.rest();
    const waiting: Waiting = { event, size, isAllowed };
    this.#waiting.push(waiting);
    this.#size += size;
    return waiting;
  }

  // An event is removed before it is delivered, so that one that fails is not tried again.
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
