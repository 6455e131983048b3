/**
 * The broker: topics and their subscribers.
 *
 * A topic is created by its first subscription and removed with its last. It is an RxJS Subject, to which subscriptions
 * attach. All subscribers of one topic get the same EVENT object, so that it is encoded only once. Permissions and ordering
 * are the responsibility of the realm; the broker only distributes publications.
 */

import type { Observer, Subscription } from 'rxjs';
import { Subject } from 'rxjs';
import { SmallMap } from '../base/small-map.ts';
import type { Attachment, Topic } from '../session/attachment.ts';
import type { Id } from '../wamp/id.ts';
import { createSequentialIds } from '../wamp/id.ts';
import type { Event, Match } from '../wamp/message.ts';
import { PatternIndex } from '../wamp/pattern.ts';
import type { RoutedPublication } from '../wamp/publication.ts';
import { preparedAudience } from './audience.ts';

/** An observer of a topic. One with a `session` is listed among the subscribers. Its `next` must not throw. */
export interface TopicObserver extends Pick<Observer<Event>, 'next'> {
  readonly session?: Id;
}

interface LiveTopic extends Topic {
  readonly subject: Subject<Event>;
  readonly subscribers: SmallMap<Id, true>;
}

/** Distributes publications to topics. `now` is the clock, in ms since 1970. */
export class Broker {
  readonly #exact = new Map<string, LiveTopic>();
  readonly #patterns = new PatternIndex<LiveTopic>();
  readonly #byId = new Map<Id, LiveTopic>();
  readonly #nextId = createSequentialIds();
  readonly #now: () => number;
  #attachments = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** How many topics have subscribers. */
  get topics(): number {
    return this.#byId.size;
  }

  /** How many attachments there are to all topics. */
  get attachments(): number {
    return this.#attachments;
  }

  /** Every topic. */
  list(): IterableIterator<Topic> {
    return this.#byId.values();
  }

  /** The topic with a subscription id. */
  get(id: Id): Topic | undefined {
    return this.#byId.get(id);
  }

  /** The topic with exactly this URI and match policy, if it has subscribers. */
  find(uri: string, match: Match): Topic | undefined {
    return this.#find(uri, match);
  }

  /** Every topic that covers a URI. */
  matching(uri: string): readonly Topic[] {
    const exact = this.#exact.get(uri);
    return [...(exact ? [exact] : []), ...this.#patterns.matching(uri)];
  }

  /** Whether a publication to a URI would have any receiver. */
  hasSubscribers(uri: string): boolean {
    return this.#exact.has(uri) || (this.#patterns.size > 0 && this.#patterns.matching(uri).length > 0);
  }

  /** Attaches an observer to a topic, which is created if it does not exist. */
  attach(uri: string, match: Match, observer: TopicObserver): Attachment {
    const topic = this.#find(uri, match) ?? this.#create(uri, match);
    const subscription = topic.subject.subscribe(observer);
    const { session } = observer;
    const isFirst = session !== undefined && topic.subscribers.size === 0;
    if (session !== undefined) topic.subscribers.set(session, true);
    this.#attachments += 1;
    return new TopicAttachment(this, topic, isFirst, subscription, session);
  }

  /** Ends an attachment to a topic. Returns whether it was the last of a session. */
  release(topic: LiveTopic, subscription: Subscription, session: Id | undefined): boolean {
    if (subscription.closed) return false;
    subscription.unsubscribe();
    if (session !== undefined) topic.subscribers.delete(session);
    this.#attachments -= 1;
    if (!topic.subject.observed) this.#reclaim(topic);
    return session !== undefined && topic.subscribers.size === 0;
  }

  /**
   * Sends a publication to every topic that covers its URI, with one EVENT object per topic. Returns how many sessions are
   * subscribed to these topics.
   */
  fanOut(publication: RoutedPublication): number {
    const topic = this.#exact.get(publication.topic);
    if (topic) topic.subject.next(eventOf(topic, publication));
    let sessions = topic?.subscribers.size ?? 0;
    if (this.#patterns.size === 0) return sessions;
    for (const pattern of this.#patterns.matching(publication.topic)) {
      pattern.subject.next(eventOf(pattern, publication));
      sessions += pattern.subscribers.size;
    }
    return sessions;
  }

  #find(uri: string, match: Match): LiveTopic | undefined {
    return match === 'exact' ? this.#exact.get(uri) : this.#patterns.get(uri, match);
  }

  #create(uri: string, match: Match): LiveTopic {
    const created = this.#now();
    const topic: LiveTopic = {
      id: this.#nextId(),
      uri,
      match,
      created,
      subject: new Subject(),
      subscribers: new SmallMap(),
    };
    this.#byId.set(topic.id, topic);
    if (match === 'exact') this.#exact.set(uri, topic);
    else this.#patterns.set(uri, match, topic);
    return topic;
  }

  #reclaim({ id, uri, match }: LiveTopic): void {
    this.#byId.delete(id);
    if (match === 'exact') this.#exact.delete(uri);
    else this.#patterns.delete(uri, match);
  }
}

class TopicAttachment implements Attachment {
  readonly topic: LiveTopic;
  readonly isFirst: boolean;
  readonly #broker: Broker;
  readonly #subscription: Subscription;
  readonly #session: Id | undefined;

  constructor(broker: Broker, topic: LiveTopic, isFirst: boolean, subscription: Subscription, session: Id | undefined) {
    this.topic = topic;
    this.isFirst = isFirst;
    this.#broker = broker;
    this.#subscription = subscription;
    this.#session = session;
  }

  detach(): boolean {
    return this.#broker.release(this.topic, this.#subscription, this.#session);
  }
}

/** The EVENT of a publication for the subscribers of a topic. A pattern does not determine the topic, so its event contains it. */
export const eventOf = ({ id, match }: Topic, publication: RoutedPublication, retained = false): Event => ({
  type: 'EVENT',
  subscription: id,
  publication,
  audience: preparedAudience(publication),
  topic: match === 'exact' ? undefined : publication.topic,
  retained,
});
