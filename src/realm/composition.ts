/**
 * Creates the parts of a realm and connects them: which option goes to which part, and which part calls which. No part is
 * created anywhere else.
 */

import { Broker } from '../broker/broker.ts';
import { Delivering } from '../broker/delivering.ts';
import { History } from '../broker/history.ts';
import { OwnPublications } from '../broker/own-publications.ts';
import { Publishing } from '../broker/publishing.ts';
import { Retention } from '../broker/retention.ts';
import { Subscribing } from '../broker/subscribing.ts';
import { Calling } from '../dealer/calling.ts';
import { Dealer } from '../dealer/dealer.ts';
import { Registering } from '../dealer/registering.ts';
import { Registrations } from '../dealer/registrations.ts';
import { Routes } from '../dealer/routes.ts';
import type { Pipeline } from '../interceptor/pipeline.ts';
import { createPipeline } from '../interceptor/pipeline.ts';
import { MetaEvents } from '../meta/events.ts';
import type { MetaOptions } from '../meta/meta-options.ts';
import { metaProcedures } from '../meta/procedures.ts';
import { Authorization } from '../session/authorization.ts';
import { Held } from '../session/held.ts';
import type { TurnQueue } from '../session/turn-queue.ts';
import { createTurnQueue } from '../session/turn-queue.ts';
import { noPublishOptions } from '../wamp/options.ts';
import { MessagePayload } from '../wamp/payload.ts';
import { defaultUriLimit } from '../wamp/uri.ts';
import { reportsOfInterceptors } from './interceptor-reports.ts';
import { ObservedTopics } from './observed-topics.ts';
import type { RealmOptions } from './realm-options.ts';
import { Sessions } from './sessions.ts';

/** What the other parts are built on. */
interface Base {
  readonly broker: Broker;
  readonly dealer: Dealer;
  readonly registrations: Registrations;
  readonly turns: TurnQueue;
  readonly authorization: Authorization;
  /** The account of the memory that is held for all sessions. */
  readonly held: Held;
  readonly sessions: Sessions;
  /** Reports an error that belongs to no request. */
  readonly broke: (error: unknown) => void;
}

/** The way of a publication, from its publisher to the broker. */
interface PublicationParts {
  readonly publishing: Publishing;
  readonly own: OwnPublications;
  readonly pipeline: Pipeline;
  readonly events: MetaEvents;
  readonly retention: Retention;
}

/** The parts of a realm. */
export interface RealmParts extends Base, Omit<PublicationParts, 'retention'> {
  readonly subscribing: Subscribing;
  readonly registering: Registering;
  readonly calling: Calling;
  readonly observed: ObservedTopics;
}

const createBase = (options: RealmOptions): Base => {
  const { name, clock, report, limits, progressWithoutCanceling } = options;
  const broker = new Broker(clock.now);
  const broke = (error: unknown): void =>
    report.error('internal_error', { err: error, realm: name }, 'a turn of the realm failed');
  return {
    broker,
    dealer: new Dealer({ clock, report, progressWithoutCanceling, ...limits }),
    registrations: new Registrations(options),
    turns: createTurnQueue(broke),
    authorization: new Authorization({ ...options, ...limits, realm: name, authorizer: options.authorizer }),
    held: new Held(limits.maxHeldSize, () => {}),
    sessions: new Sessions(),
    broke,
  };
};

const createPublicationParts = (options: RealmOptions, base: Base): PublicationParts => {
  const { name: realm, clock, report, limits, work, guard } = options;
  const { broker, turns, authorization, broke } = base;
  const hasSubscribers = (topic: string): boolean => broker.hasSubscribers(topic);
  const retention = new Retention(limits);
  const delivering = new Delivering({ turns, work, broker, retention });
  const pipeline = createPipeline({
    sink: (publication) => delivering.deliver(publication),
    now: clock.elapsed,
    realm,
    ...reportsOfInterceptors(realm, report),
  });
  const { authTimeout } = limits;
  const publishing = new Publishing({ ...options, authTimeout, realm, guard, authorization, pipeline, hasSubscribers });
  const own = new OwnPublications({
    turns,
    work,
    publish: (publication) => pipeline.push(publication),
    onEndless: (topic) =>
      report.warn(
        'publication_endless',
        { realm, topic },
        'an observer or interceptor publishes without end to a topic that it receives itself',
      ),
    onFault: broke,
  });
  const events = new MetaEvents({
    hasSubscribers,
    publish: (topic, args) => delivering.deliver(publishing.create(topic, MessagePayload.of(args), noPublishOptions)),
  });
  return { publishing, own, pipeline, events, retention };
};

const registerMeta = (options: MetaOptions): void => {
  for (const [uri, procedure] of Object.entries(metaProcedures(options))) {
    options.registrations.registerLocal(uri, procedure, { isHidden: true });
  }
};

/** Creates the parts of a realm. */
export const composeRealm = (options: RealmOptions): RealmParts => {
  const { name, report, limits, work, history, forceReregisterRoles, payloadParts } = options;
  const base = createBase(options);
  const { broker, dealer, registrations, authorization, sessions } = base;
  const { retention, ...publications } = createPublicationParts(options, base);
  const shared = { ...limits, broker, dealer, registrations, authorization, report, events: publications.events };
  const subscribing = new Subscribing({ ...shared, retention });
  const registering = new Registering({
    ...shared,
    mayForceReregister: ({ authrole }) => authrole !== null && forceReregisterRoles.includes(authrole),
  });
  const routes = new Routes(registrations, authorization);
  const calling = new Calling({ ...shared, routes, work });
  registerMeta({
    ...shared,
    sessions: sessions.joined,
    routes,
    history: new History(broker, history),
    revokeSubscription: (session, topic, revocation) => subscribing.revoke(session, topic, revocation),
    revokeCallee: (callee, revocation) => registering.revoke(callee, revocation),
    maxUriLength: defaultUriLimit,
  });
  const observed = new ObservedTopics({ realm: name, broker, report, payloadParts });
  return { ...base, ...publications, subscribing, registering, calling, observed };
};
