/**
 * Meta events: what the router publishes about sessions, subscriptions and registrations. They are not subject to
 * permissions or interceptors. A meta event without subscribers is not created. There are none about subscriptions and
 * registrations under `wamp.`: a client that subscribes to `wamp.subscription.on_create` does not expect an event about
 * this very subscription.
 *
 * Sources: Advanced Profile, "Session Meta API", "Subscription Meta API", "Registration Meta API".
 */

import type { Dict } from '../base/dict.ts';
import type { SubscriptionEvents } from '../broker/subscribing.ts';
import type { ProcedureRegistration } from '../dealer/callee.ts';
import type { RegistrationEvents } from '../dealer/registering.ts';
import type { Topic } from '../session/attachment.ts';
import type { Session } from '../session/session.ts';
import type { Id } from '../wamp/id.ts';
import type { Args } from '../wamp/payload.ts';
import { isOfRouter } from '../wamp/uri.ts';
import { sessionDetails } from './session-details.ts';

/** The functions that meta events need. `publish` may queue the event if a turn is under way. */
export interface MetaEventsOptions {
  readonly hasSubscribers: (topic: string) => boolean;
  readonly publish: (topic: string, args: Args) => void;
}

/** A subscription as the meta API shows it. */
export const describeTopic = ({ id, uri, match, created }: Topic): Dict => ({
  id,
  created: new Date(created).toISOString(),
  uri,
  match,
});

/** A registration as the meta API shows it. */
export const describeRegistration = ({
  options: { id, uri, match, invoke, created },
}: ProcedureRegistration): Dict => ({
  id,
  created: new Date(created).toISOString(),
  uri,
  match,
  invoke,
});

/** Publishes meta events. */
export class MetaEvents implements SubscriptionEvents, RegistrationEvents {
  readonly #options: MetaEventsOptions;

  constructor(options: MetaEventsOptions) {
    this.#options = options;
  }

  joined(session: Session): void {
    this.#publish('wamp.session.on_join', () => [sessionDetails(session)]);
  }

  left({ id, authid, authrole }: Session): void {
    this.#publish('wamp.session.on_leave', () => [id, authid ?? '', authrole]);
  }

  subscriptionCreated(session: Id, topic: Topic): void {
    this.#publishAbout(topic.uri, 'wamp.subscription.on_create', () => [session, describeTopic(topic)]);
  }

  subscribed(session: Id, { id, uri }: Topic): void {
    this.#publishAbout(uri, 'wamp.subscription.on_subscribe', () => [session, id]);
  }

  unsubscribed(session: Id, { id, uri }: Topic): void {
    this.#publishAbout(uri, 'wamp.subscription.on_unsubscribe', () => [session, id]);
  }

  subscriptionDeleted(session: Id, { id, uri }: Topic): void {
    this.#publishAbout(uri, 'wamp.subscription.on_delete', () => [session, id]);
  }

  registrationCreated(session: Id, registration: ProcedureRegistration): void {
    this.#publishAbout(registration.options.uri, 'wamp.registration.on_create', () => [
      session,
      describeRegistration(registration),
    ]);
  }

  registered(session: Id, { id, options }: ProcedureRegistration): void {
    this.#publishAbout(options.uri, 'wamp.registration.on_register', () => [session, id]);
  }

  unregistered(session: Id, { id, options }: ProcedureRegistration): void {
    this.#publishAbout(options.uri, 'wamp.registration.on_unregister', () => [session, id]);
  }

  registrationDeleted(session: Id, { id, options }: ProcedureRegistration): void {
    this.#publishAbout(options.uri, 'wamp.registration.on_delete', () => [session, id]);
  }

  #publishAbout(uri: string, topic: string, args: () => Args): void {
    if (!isOfRouter(uri)) this.#publish(topic, args);
  }

  #publish(topic: string, args: () => Args): void {
    if (this.#options.hasSubscribers(topic)) this.#options.publish(topic, args());
  }
}
