/**
 * The broker: topics and who is subscribed to them.
 *
 * A topic is made by its first subscription and goes with its last. It is an RxJS Subject; a subscription attaches to it.
 * All subscribers of one topic are given the same EVENT object, so it can be encoded once. Rules and order are the realm's
 * affair, here a publication is only handed on.
 */

import type { Observer, Subscription } from 'rxjs';
import { Subject } from 'rxjs';
import type { Id } from '../wamp/id.ts';
import { createSequentialIds } from '../wamp/id.ts';
import type { Event, Match, Publication } from '../wamp/message.ts';
import { PatternIndex } from './pattern.ts';

/** A topic with subscribers. A prefix or wildcard topic hears every URI that its pattern covers. */
export interface Topic {
  /** Its subscription id: the same for everyone subscribed to it (Basic Profile, "IDs", router scope). */
  readonly id: Id;
  readonly uri: string;
  readonly match: Match;
}

/** One subscriber's hold on a topic. */
export interface Attachment {
  readonly topic: Topic;
  /** Ends it; the topic goes with its last attachment. */
  detach(): void;
}

interface LiveTopic extends Topic {
  readonly subject: Subject<Event>;
}

/** Topics by URI, publications to topics. */
export class Broker {
  readonly #exact = new Map<string, LiveTopic>();
  readonly #patterns = new PatternIndex<LiveTopic>();
  readonly #nextId = createSequentialIds();
  #attachments = 0;

  /** How many topics have subscribers. */
  get topics(): number {
    return this.#exact.size + this.#patterns.size;
  }

  /** How many attachments there are over all topics. */
  get attachments(): number {
    return this.#attachments;
  }

  /** Attaches `observer` to the topic, which is made when it is the first. The observer's `next` must not throw. */
  attach(uri: string, match: Match, observer: Pick<Observer<Event>, 'next'>): Attachment {
    const topic = this.#find(uri, match) ?? this.#create(uri, match);
    const subscription: Subscription = topic.subject.subscribe(observer);
    this.#attachments += 1;
    return {
      topic,
      detach: () => {
        if (subscription.closed) return;
        subscription.unsubscribe();
        this.#attachments -= 1;
        if (!topic.subject.observed) this.#reclaim(topic);
      },
    };
  }

  /** Hands a publication to every topic that covers its URI: one EVENT object per topic. */
  fanOut(publication: Publication): void {
    const topic = this.#exact.get(publication.topic);
    if (topic) topic.subject.next({ type: 'EVENT', subscription: topic.id, publication });
    if (this.#patterns.size === 0) return;
    for (const { id, subject } of this.#patterns.matching(publication.topic)) {
      subject.next({ type: 'EVENT', subscription: id, publication });
    }
  }

  #find(uri: string, match: Match): LiveTopic | undefined {
    return match === 'exact' ? this.#exact.get(uri) : this.#patterns.get(uri, match);
  }

  #create(uri: string, match: Match): LiveTopic {
    const topic: LiveTopic = { id: this.#nextId(), uri, match, subject: new Subject() };
    if (match === 'exact') this.#exact.set(uri, topic);
    else this.#patterns.set(uri, match, topic);
    return topic;
  }

  #reclaim({ uri, match }: LiveTopic): void {
    if (match === 'exact') this.#exact.delete(uri);
    else this.#patterns.delete(uri, match);
  }
}
