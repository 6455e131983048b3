/**
 * SUBSCRIBE and UNSUBSCRIBE: permission, limits, acknowledgement, retained events, and who is told about it. A subscriber hears
 * the acknowledgement before the first event, also where the event is about this very subscription.
 */

import { WampError } from '../wamp/error.ts';
import type { Subscribe, Unsubscribe } from '../wamp/message.ts';
import type { SubscribeOptions } from '../wamp/options.ts';
import { checkOptions } from '../wamp/options.ts';
import { reason } from '../wamp/reason.ts';
import type { Report } from '../wamp/report.ts';
import type { Authorization, Verdict } from './authorization.ts';
import { whenDecided } from './authorization.ts';
import type { Attachment, Broker, Topic } from './broker.ts';
import { eventOf } from './broker.ts';
import { Listener, PatternListener } from './listener.ts';
import type { MetaEvents } from './meta-events.ts';
import type { Retention } from './retention.ts';
import type { Revocation } from './revocation.ts';
import type { Session } from './session.ts';

/** What subscribing needs from outside. */
export interface SubscribingOptions {
  readonly broker: Broker;
  readonly retention: Retention;
  readonly authorization: Authorization;
  readonly events: MetaEvents;
  readonly report: Report;
  /** Subscriptions of one session. */
  readonly maxSubscriptions: number;
}

/** Attaches sessions to topics, and takes them off. */
export class Subscribing {
  readonly #options: SubscribingOptions;

  constructor(options: SubscribingOptions) {
    this.#options = options;
  }

  /** Handles a SUBSCRIBE. */
  subscribe(session: Session, request: Subscribe): void {
    const { topic } = request;
    const options = checkOptions('SUBSCRIBE', request.options);
    const { match = 'exact' } = options;
    const invalid = session.uriRefusal(topic, match);
    if (invalid) return session.refuse(request, reason.invalidUri, invalid);
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
      return session.refuse(request, reason.unavailable, `the session has ${session.attachments.size} subscriptions`);
    }
    const attachment = this.#attach(session, request.topic, options);
    const { topic } = attachment;
    session.attach(attachment);
    this.#acknowledge(session, request, options, topic);
    if (attachment.isFirst) events.subscriptionCreated(session.id, topic);
    events.subscribed(session.id, topic);
  }

  #attach(session: Session, uri: string, { match = 'exact' }: SubscribeOptions): Attachment {
    const listener = match === 'exact' ? new Listener(session) : new PatternListener(session);
    return this.#options.broker.attach(uri, match, listener);
  }

  #acknowledge(session: Session, request: Subscribe, options: SubscribeOptions, topic: Topic): void {
    session.deliver({ type: 'SUBSCRIBED', request: request.request, subscription: topic.id });
    if (!options.get_retained) return;
    for (const publication of this.#options.retention.find(topic.uri, topic.match, session)) {
      if (session.permissions.allows('subscribe', publication.topic)) {
        session.deliver(eventOf(topic, publication, true));
      }
    }
  }

  /** Handles an UNSUBSCRIBE. A subscription of somebody else is none of this session's. */
  unsubscribe(session: Session, request: Unsubscribe): void {
    const id =
      request.topic === undefined ? request.subscription : this.#options.broker.find(request.topic, 'exact')?.id;
    const attachment = id === undefined ? undefined : session.attachments.get(id);
    if (!attachment) return session.refuse(request, reason.noSuchSubscription, 'there is no such subscription');
    session.detach(attachment.topic.id);
    const isGone = attachment.detach();
    session.deliver({ type: 'UNSUBSCRIBED', request: request.request, details: undefined });
    this.#tell(session, attachment.topic, isGone);
  }

  /**
   * Takes a session off a topic, whether it wants or not; it is told if it announced that it understands (Advanced Profile,
   * "Subscription Revocation"). Throws `wamp.error.no_such_subscription`.
   */
  revoke(session: Session, topic: Topic, why: Revocation | undefined): void {
    const attachment = session.attachments.get(topic.id);
    if (!attachment) throw new WampError(reason.noSuchSubscription, { description: 'there is no such subscription' });
    session.detach(topic.id);
    const isGone = attachment.detach();
    if (session.features.subscriber.revocation) {
      session.deliver({ type: 'UNSUBSCRIBED', request: 0, details: { subscription: topic.id, ...why } });
    }
    this.#tell(session, topic, isGone);
  }

  /** Takes a session that leaves off everything. */
  leave(session: Session, isSilent: boolean): void {
    for (const attachment of session.attachments.values()) {
      session.detach(attachment.topic.id);
      const isGone = attachment.detach();
      if (!isSilent) this.#tell(session, attachment.topic, isGone);
    }
  }

  #tell(session: Session, topic: Topic, isGone: boolean): void {
    const { events } = this.#options;
    events.unsubscribed(session.id, topic);
    if (isGone) events.subscriptionDeleted(session.id, topic);
  }
}
