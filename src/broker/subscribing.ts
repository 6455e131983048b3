/**
 * Handles SUBSCRIBE and UNSUBSCRIBE: permission, limits, acknowledgement, retained events, and meta events. A subscriber
 * gets the acknowledgement before the first event, even if the event is about this very subscription.
 */

import type { Report } from '../base/report.ts';
import type { Attachment, Topic } from '../session/attachment.ts';
import type { Authorization, Verdict } from '../session/authorization.ts';
import { whenDecided } from '../session/authorization.ts';
import type { Revocation } from '../session/revocation.ts';
import type { Session } from '../session/session.ts';
import { WampError } from '../wamp/error.ts';
import type { Id } from '../wamp/id.ts';
import type { Match, Subscribe, Unsubscribe } from '../wamp/message.ts';
import type { SubscribeOptions } from '../wamp/options.ts';
import { checkOptions } from '../wamp/options.ts';
import { reasons } from '../wamp/reasons.ts';
import type { Broker } from './broker.ts';
import { eventOf } from './broker.ts';
import { EventGate } from './event-gate.ts';
import type { Retention } from './retention.ts';
import type { EventSink } from './subscriber.ts';
import { PatternSubscriber, SessionSubscriber } from './subscriber.ts';

/** Notified when topics and their subscribers change. `session` is the id of the session that caused it. */
export interface SubscriptionEvents {
  subscriptionCreated(session: Id, topic: Topic): void;
  subscribed(session: Id, topic: Topic): void;
  unsubscribed(session: Id, topic: Topic): void;
  subscriptionDeleted(session: Id, topic: Topic): void;
}

/** The options of a realm's subscribing. */
export interface SubscribingOptions {
  readonly broker: Broker;
  readonly retention: Retention;
  readonly authorization: Authorization;
  readonly events: SubscriptionEvents;
  readonly report: Report;
  /** The most subscriptions of one session. */
  readonly maxSubscriptions: number;
  /** How many octets of events may wait for the authorizer, approximately. */
  readonly outboxSize: number;
}

/** Attaches sessions to topics, and detaches them. */
export class Subscribing {
  readonly #options: SubscribingOptions;
  /** The gates of sessions whose events may have to wait for the authorizer. */
  readonly #gates = new WeakMap<Session, EventGate>();

  constructor(options: SubscribingOptions) {
    this.#options = options;
  }

  /** Handles a SUBSCRIBE. */
  subscribe(session: Session, request: Subscribe): void {
    const { topic } = request;
    const options = checkOptions('SUBSCRIBE', request.options);
    const { match = 'exact' } = options;
    const invalid = session.uriRefusal(topic, match);
    if (invalid) return session.refuse(request, reasons.invalidUri, invalid);
    whenDecided(session, this.#options.authorization.check(session, 'subscribe', topic, match), (verdict) =>
      this.#authorized(session, request, options, verdict),
    );
  }

  #authorized(session: Session, request: Subscribe, options: SubscribeOptions, verdict: Verdict): void {
    if (session.hasLeft) return;
    if (!verdict.isAllowed) return session.refuse(request, verdict.error, verdict.description);
    const { broker, report, maxSubscriptions, events } = this.#options;
    const { match = 'exact' } = options;
    const known = broker.find(request.topic, match);
    const held = known && session.attachments.get(known.id);
    if (held) return this.#acknowledge(session, request, options, held.topic);
    if (session.attachments.size >= maxSubscriptions) {
      report.count('limit_reached');
      return session.refuse(
        request,
        reasons.unavailable,
        `the session has reached its limit of ${session.attachments.size} subscriptions`,
      );
    }
    const attachment = this.#attach(session, request.topic, options);
    const { topic } = attachment;
    session.attach(attachment);
    this.#acknowledge(session, request, options, topic);
    if (attachment.isFirst) events.subscriptionCreated(session.id, topic);
    events.subscribed(session.id, topic);
  }

  #attach(session: Session, uri: string, { match = 'exact' }: SubscribeOptions): Attachment {
    return this.#options.broker.attach(uri, match, this.#subscriber(session, match));
  }

  #subscriber(session: Session, match: Match): SessionSubscriber {
    if (this.#options.authorization.mayChange) return new SessionSubscriber(session, this.#gated(session, match));
    return match === 'exact' ? new SessionSubscriber(session) : new PatternSubscriber(session);
  }

  /** The sink for the events of a subscription, in a realm with an authorizer. */
  #gated(session: Session, match: Match): EventSink {
    const gate = this.#gates.get(session) ?? new EventGate(session, this.#options);
    this.#gates.set(session, gate);
    return match === 'exact' ? gate : gate.asking;
  }

  #acknowledge(session: Session, request: Subscribe, options: SubscribeOptions, topic: Topic): void {
    session.deliver({ type: 'SUBSCRIBED', request: request.request, subscription: topic.id });
    if (!options.get_retained) return;
    const { retention, authorization } = this.#options;
    const sink = authorization.mayChange ? this.#gated(session, topic.match) : session;
    for (const publication of retention.find(topic.uri, topic.match, session)) {
      if (session.permissions.allows('subscribe', publication.topic)) sink.deliver(eventOf(topic, publication, true));
    }
  }

  /** Handles an UNSUBSCRIBE. A session can only end its own subscriptions. */
  unsubscribe(session: Session, request: Unsubscribe): void {
    const id =
      request.topic === undefined ? request.subscription : this.#options.broker.find(request.topic, 'exact')?.id;
    const attachment = id === undefined ? undefined : session.attachments.get(id);
    if (!attachment) return session.refuse(request, reasons.noSuchSubscription, 'there is no such subscription');
    const isGone = this.#detach(session, attachment);
    session.deliver({ type: 'UNSUBSCRIBED', request: request.request, details: undefined });
    this.#notify(session, attachment.topic, isGone);
  }

  /**
   * Revokes a session's subscription. Its peer is notified if it announced the feature (Advanced Profile, "Subscription
   * Revocation"). Throws `wamp.error.no_such_subscription`.
   */
  revoke(session: Session, topic: Topic, revocation: Revocation | undefined): void {
    const attachment = session.attachments.get(topic.id);
    if (!attachment) throw new WampError(reasons.noSuchSubscription, { description: 'there is no such subscription' });
    const isGone = this.#detach(session, attachment);
    if (session.features.subscriber.revocation) {
      session.deliver({ type: 'UNSUBSCRIBED', request: 0, details: { subscription: topic.id, ...revocation } });
    }
    this.#notify(session, topic, isGone);
  }

  /** Detaches a session that leaves from all its topics. */
  leave(session: Session, isSilent: boolean): void {
    this.#gates.get(session)?.close();
    for (const attachment of session.attachments.values()) {
      const isGone = this.#detach(session, attachment);
      if (!isSilent) this.#notify(session, attachment.topic, isGone);
    }
  }

  /** Detaches a session. Returns whether the topic has no subscriber left. */
  #detach(session: Session, attachment: Attachment): boolean {
    const { id } = attachment.topic;
    session.detach(id);
    const isGone = attachment.detach();
    this.#gates.get(session)?.drop(id);
    return isGone;
  }

  #notify(session: Session, topic: Topic, isGone: boolean): void {
    const { events } = this.#options;
    events.unsubscribed(session.id, topic);
    if (isGone) events.subscriptionDeleted(session.id, topic);
  }
}
