/** A session as a subscriber of one topic. It is the RxJS subscriber itself: the Subject calls it with nothing in between. */

import type { TeardownLogic } from 'rxjs';
import { Subscriber, Subscription } from 'rxjs';
import type { Session } from '../session/session.ts';
import type { Id } from '../wamp/id.ts';
import type { Event } from '../wamp/message.ts';
import type { Hearer } from './audience.ts';
import { mayHear } from './audience.ts';

/** What takes the events that a session is to hear: its peer, or what stands before it. */
export interface EventSink {
  deliver(event: Event): void;
}

/**
 * Hears the events of a topic for a session. Called once per event and subscriber: nothing is allocated here, and as little
 * memory is touched as can be, so what is asked of every event lies here and not in the session.
 */
export class SessionSubscriber extends Subscriber<Event> implements Hearer {
  /** Of its session. */
  readonly id: Id;
  readonly #sink: EventSink;
  readonly #session: Session;
  #subscription: Subscription | undefined;

  constructor(session: Session, sink: EventSink = session.peer) {
    super();
    this.id = session.id;
    this.#sink = sink;
    this.#session = session;
  }

  /** As the broker knows it. */
  get session(): Id {
    return this.id;
  }

  get authid(): string | null {
    return this.#session.authid;
  }

  get authrole(): string | null {
    return this.#session.authrole;
  }

  // It is subscribed once: there is one thing to do at its end, and no list of them.
  override add(teardown: TeardownLogic): void {
    if (teardown instanceof Subscription) this.#subscription = teardown;
  }

  override unsubscribe(): void {
    if (this.closed) return;
    this.isStopped = true;
    this.closed = true;
    this.#subscription?.unsubscribe();
  }

  override next(event: Event): void {
    // A Subject goes through those that it had when it began; some may have been taken off meanwhile.
    if (this.closed) return;
    // A Subject that is thrown at does not go on: the others would miss the event.
    try {
      if (this.mayHear(event)) this.#sink.deliver(event);
    } catch (error) {
      this.#session.realm.broke(error);
    }
  }

  protected mayHear({ hearers }: Event): boolean {
    return mayHear(hearers, this);
  }
}

/** The same under a pattern, where there may be topics that the rules do not let the session hear. */
export class PatternSubscriber extends SessionSubscriber {
  readonly #permissions: Session['permissions'];

  constructor(session: Session) {
    super(session);
    this.#permissions = session.permissions;
  }

  protected override mayHear(event: Event): boolean {
    return this.#permissions.allows('subscribe', event.publication.topic) && super.mayHear(event);
  }
}
