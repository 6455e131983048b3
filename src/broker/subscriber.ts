/** A session as subscriber of one topic. It is itself the RxJS subscriber, so the Subject calls it directly. */

import type { TeardownLogic } from 'rxjs';
import { Subscriber, Subscription } from 'rxjs';
import type { Session } from '../session/session.ts';
import type { Id } from '../wamp/id.ts';
import type { Event } from '../wamp/message.ts';
import type { Receiver } from './audience.ts';
import { mayReceive } from './audience.ts';

/** Takes the events for a session: its peer, or a gate before it. */
export interface EventSink {
  deliver(event: Event): void;
}

/**
 * Receives the events of a topic for a session. It is called once per event and subscriber, so it allocates nothing and
 * touches as little memory as possible. What is needed for every event is therefore stored here and not in the session.
 */
export class SessionSubscriber extends Subscriber<Event> implements Receiver {
  /** The id of its session. */
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

  /** The id under which the broker lists it. */
  get session(): Id {
    return this.id;
  }

  get authid(): string | null {
    return this.#session.authid;
  }

  get authrole(): string | null {
    return this.#session.authrole;
  }

  get takesTransparent(): boolean {
    return this.#session.takesTransparent;
  }

  // It is subscribed only once, so there is a single teardown and no list of them.
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
    // A Subject iterates over a copy of its subscribers, some of which may have been removed meanwhile.
    if (this.closed) return;
    // If this threw, the Subject would stop, and the other subscribers would miss the event.
    try {
      if (this.mayReceive(event)) this.#sink.deliver(event);
    } catch (error) {
      this.#session.realm.broke(error);
    }
  }

  protected mayReceive({ audience }: Event): boolean {
    return mayReceive(audience, this);
  }
}

/** A subscriber to a pattern, under which there may be topics that the rules deny to the session. */
export class PatternSubscriber extends SessionSubscriber {
  readonly #permissions: Session['permissions'];

  constructor(session: Session) {
    super(session);
    this.#permissions = session.permissions;
  }

  protected override mayReceive(event: Event): boolean {
    return this.#permissions.allows('subscribe', event.publication.topic) && super.mayReceive(event);
  }
}
