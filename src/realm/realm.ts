/**
 * A realm: sessions, broker, dealer and interceptors, and the one queue of turns that keeps them in order.
 *
 * What must live here: how the parts are connected, and what happens when a session joins and leaves. What must not: bytes,
 * connections, and the names of WAMP v1. How each request is handled is defined in the part that handles it.
 */

import { Observable, ReplaySubject, takeUntil } from 'rxjs';
import type { Report } from '../base/report.ts';
import { Broker } from '../broker/broker.ts';
import { History } from '../broker/history.ts';
import { OwnPublications } from '../broker/own-publications.ts';
import { Publishing } from '../broker/publishing.ts';
import { Retention } from '../broker/retention.ts';
import { Subscribing } from '../broker/subscribing.ts';
import type { Callee } from '../dealer/callee.ts';
import { Calling } from '../dealer/calling.ts';
import { Dealer } from '../dealer/dealer.ts';
import type { Procedure } from '../dealer/procedure.ts';
import { Registering } from '../dealer/registering.ts';
import { Registrations } from '../dealer/registrations.ts';
import { Routes } from '../dealer/routes.ts';
import type { Pipeline, TopicScope } from '../interceptor/pipeline.ts';
import { createPipeline } from '../interceptor/pipeline.ts';
import type { Interceptor } from '../interceptor/stage.ts';
import { MetaEvents } from '../meta/events.ts';
import { metaProcedures } from '../meta/procedures.ts';
import { Authorization } from '../session/authorization.ts';
import { failRequest } from '../session/failure.ts';
import { Held } from '../session/held.ts';
import type { Principal, SessionIdentity, SessionOwner, SessionPeer } from '../session/peer.ts';
import type { SessionHome } from '../session/session.ts';
import { Session } from '../session/session.ts';
import type { TurnQueue } from '../session/turn-queue.ts';
import { createTurnQueue } from '../session/turn-queue.ts';
import type { WorkLimit } from '../session/work-limit.ts';
import { WampError } from '../wamp/error.ts';
import type { Id } from '../wamp/id.ts';
import type { Args, Match, Payload, Publication, SessionRequest } from '../wamp/message.ts';
import type { PublishOptions } from '../wamp/options.ts';
import { checkOptions, noPublishOptions } from '../wamp/options.ts';
import { reasons } from '../wamp/reasons.ts';
import { defaultUriLimit, ownUriRefusal } from '../wamp/uri.ts';
import { reportsOfInterceptors } from './interceptor-reports.ts';
import { GuardedObservable } from './observation.ts';
import type { RealmLimits, RealmOptions } from './realm-options.ts';
import { Sessions } from './sessions.ts';

/** One address space of topics and procedures. */
export class Realm implements SessionHome {
  readonly name: string;
  readonly broker: Broker;
  readonly dealer: Dealer;
  readonly registrations: Registrations;
  readonly turns: TurnQueue;
  readonly authorization: Authorization;
  /** The account of the memory that is held for all its sessions. */
  readonly held: Held;
  readonly #limits: RealmLimits;
  readonly #report: Report;
  readonly #pipeline: Pipeline;
  readonly #own: OwnPublications;
  readonly #retention: Retention;
  readonly #events: MetaEvents;
  readonly work: WorkLimit;
  readonly #publishing: Publishing;
  readonly #subscribing: Subscribing;
  readonly #registering: Registering;
  readonly #calling: Calling;
  readonly #sessions = new Sessions();
  #isFanningOut = false;
  /** Emits when the realm closes, also to those who subscribe later. */
  readonly #closed = new ReplaySubject<void>(1);

  constructor(options: RealmOptions) {
    const { name, clock, report, limits, progressWithoutCanceling } = options;
    this.name = name;
    this.broker = new Broker(clock.now);
    this.dealer = new Dealer({ clock, report, progressWithoutCanceling, ...limits });
    this.registrations = new Registrations(options);
    this.#limits = limits;
    this.held = new Held(limits.maxHeldSize, () => {});
    this.#report = report;
    this.turns = createTurnQueue((error) => this.broke(error));
    this.authorization = new Authorization({ ...options, ...limits, realm: name, authorizer: options.authorizer });
    this.work = options.work;
    this.#retention = new Retention(limits);
    this.#pipeline = createPipeline({
      sink: (publication) => this.#emit(publication),
      now: clock.elapsed,
      realm: name,
      ...reportsOfInterceptors(name, report),
    });
    this.#own = new OwnPublications({
      turns: this.turns,
      work: this.work,
      publish: (publication) => this.#pipeline.push(publication),
      onEndless: (topic) =>
        report.warn(
          'publication_endless',
          { realm: name, topic },
          'an observer or interceptor publishes to what it hears, without end',
        ),
      onFault: (error) => this.broke(error),
    });
    this.#events = new MetaEvents({
      hasSubscribers: (topic) => this.broker.hasSubscribers(topic),
      publish: (topic, args) => this.#publishMeta(topic, args),
    });
    const { broker, dealer, registrations } = this;
    const parts = { ...limits, broker, dealer, registrations, report, events: this.#events };
    const { authorization } = this;
    this.#publishing = new Publishing({
      ...options,
      authTimeout: limits.authTimeout,
      realm: name,
      guard: options.guard,
      authorization,
      pipeline: this.#pipeline,
      hasSubscribers: (topic) => broker.hasSubscribers(topic),
    });
    this.#subscribing = new Subscribing({ ...parts, authorization, retention: this.#retention });
    const routes = new Routes(registrations, authorization);
    this.#calling = new Calling({ ...parts, routes, authorization, work: this.work });
    this.#registering = new Registering({
      ...parts,
      authorization,
      mayForceReregister: ({ authrole }) => authrole !== null && options.forceReregisterRoles.includes(authrole),
    });
    this.#registerMeta(new History(this.broker, options.history), routes, limits);
  }

  #registerMeta(history: History, routes: Routes, { maxTestaments, maxMessageSize }: RealmLimits): void {
    const procedures = metaProcedures({
      sessions: this.#sessions.joined,
      broker: this.broker,
      registrations: this.registrations,
      routes,
      history,
      authorization: this.authorization,
      revokeSubscription: (session, topic, revocation) => this.#subscribing.revoke(session, topic, revocation),
      revokeCallee: (callee, revocation) => this.#registering.revoke(callee, revocation),
      maxUriLength: defaultUriLimit,
      maxTestaments,
      maxMessageSize,
    });
    for (const [uri, procedure] of Object.entries(procedures)) {
      this.registrations.registerLocal(uri, procedure, { isHidden: true });
    }
  }

  /** How many sessions are established. */
  get sessions(): number {
    return this.#sessions.joined.size;
  }

  /** How many calls have no final answer. */
  get pendingCalls(): number {
    return this.#sessions.pendingCalls;
  }

  openAccount(): Held {
    return new Held(this.#limits.maxHeldSizePerSession, () => this.#report.count('limit_reached'), this.held);
  }

  /** Opens a session for a peer. Until it joins, it may only call open procedures. */
  open(peer: SessionPeer, owner: SessionOwner, identity: SessionIdentity): Session {
    const session = new Session(this, peer, owner, identity);
    this.#sessions.open(session);
    return session;
  }

  /** Establishes a session with the permissions of `principal`. Meta events about it are published after `welcome` has run. */
  join(session: Session, principal: Principal, welcome: () => void = () => {}): void {
    session.join(principal);
    this.#sessions.join(session);
    welcome();
    this.#events.joined(session);
  }

  /** Releases what a session held, publishes its testaments, and publishes the meta events about its end. */
  forget(session: Session, { isSilent }: { readonly isSilent: boolean }): void {
    const hadJoined = this.#sessions.leave(session);
    this.#registering.leave(session, isSilent);
    this.#calling.leave(session);
    this.#subscribing.leave(session, isSilent);
    this.authorization.leave(session);
    if (!hadJoined) return;
    const testaments = session.takeTestaments();
    if (isSilent) {
      for (const testament of testaments) session.testaments.release(testament);
      return;
    }
    this.#publishing.publishTestaments(session, testaments, (publication) =>
      this.turns.enter(() => this.#pipeline.push(publication)),
    );
    this.turns.enter(() => this.#events.left(session));
  }

  /** Handles a request of a session, which calls this inside a turn. */
  dispatch(session: Session, request: SessionRequest): void {
    switch (request.type) {
      case 'PUBLISH':
        return this.#publishing.publish(session, request);
      case 'CALL':
        return this.#calling.call(session, request);
      case 'YIELD':
        return this.dealer.yield(session, request);
      case 'SUBSCRIBE':
        return this.#subscribing.subscribe(session, request);
      case 'UNSUBSCRIBE':
        return this.#subscribing.unsubscribe(session, request);
      case 'REGISTER':
        return this.#registering.register(session, request);
      case 'UNREGISTER':
        return this.#registering.unregister(session, request);
      case 'CANCEL':
        return this.dealer.cancel(session, request);
      case 'ERROR':
        return this.dealer.fail(session, request);
    }
  }

  failed(session: Session, request: SessionRequest, error: unknown): void {
    failRequest(session, request, error, this.#report);
  }

  broke(error: unknown): void {
    this.#report.error('internal_error', { err: error, realm: this.name }, 'a turn of the realm failed');
  }

  /** Registers a function of the embedding program or of an in-process peer. Throws if the URI is taken. */
  register(
    uri: string,
    procedure: Procedure,
    options: { readonly isOpen?: boolean; readonly session?: Session } = {},
  ): Callee {
    const registered = this.registrations.registerLocal(uri, procedure, options);
    this.#registering.registered(registered);
    return registered.callee;
  }

  /** Unregisters a function. */
  unregister(callee: Callee): void {
    this.#registering.remove(callee);
  }

  /**
   * Publishes in the router's own name: without permission and guard, but through the interceptors. Throws
   * `wamp.error.invalid_uri` for a topic that is empty or reserved, and `wamp.error.invalid_argument` for options of a
   * wrong type.
   */
  publish(topic: string, payload: Payload, options: PublishOptions): Id {
    const publication = this.publication(topic, payload, options);
    this.#own.push(publication);
    return publication.id;
  }

  /** A publication in the router's own name, which is not published. Throws as `publish` does. */
  publication(topic: string, payload: Payload, options: PublishOptions = noPublishOptions): Publication {
    const refusal = ownUriRefusal(topic);
    if (refusal) throw new WampError(reasons.invalidUri, { description: refusal });
    return this.#publishing.create(topic, payload, checkOptions('PUBLISH', options));
  }

  /** Appends an interceptor and returns a function that removes it. */
  intercept(interceptor: Interceptor, scope?: TopicScope): () => void {
    return this.#pipeline.install(interceptor, scope);
  }

  /**
   * Makes the interceptors emit what they hold back. Resolves when everything has been emitted. That takes as long as they
   * delay, and never happens if one does not complete with its source, so the caller must set a time limit. Later
   * publications pass the interceptors as before.
   */
  completeInterceptors(): Promise<void> {
    this.#own.finish();
    return this.#pipeline.complete();
  }

  /**
   * The publications of a topic, after the interceptors, as subscribers get them. It is attached to the topic while it is
   * observed, and completes when the realm closes. An exception of an observer is reported, and the observer still gets
   * later publications.
   */
  observe(topic: string, match: Match): Observable<Publication> {
    const publications = new Observable<Publication>((subscriber) => {
      const attachment = this.broker.attach(topic, match, { next: ({ publication }) => subscriber.next(publication) });
      return () => {
        attachment.detach();
      };
    }).pipe(takeUntil(this.#closed));
    return GuardedObservable.of(publications, (error) =>
      this.#report.error('subscriber_failed', { err: error, topic, realm: this.name }, 'an observer of a topic failed'),
    );
  }

  /** Forgets the authorizer's answers, for one session or for all. An unknown session id has no effect. */
  forgetAuthorizations(id?: Id): void {
    const session = id === undefined ? undefined : this.#sessions.joined.get(id);
    if (session || id === undefined) this.authorization.forget(session);
  }

  /** Refuses new calls from now on, except those of the router itself, because rules may depend on them. */
  refuseCalls(): void {
    this.#sessions.refuseCalls();
  }

  /** Answers every open call with `wamp.error.canceled`. */
  cancelCalls(): void {
    this.#sessions.cancelCalls();
  }

  /** Ends every stream of the realm. */
  close(): void {
    this.#pipeline.clear();
    this.authorization.close();
    this.#publishing.close();
    this.#closed.next();
  }

  #publishMeta(topic: string, args: Args): void {
    this.#emit(this.#publishing.create(topic, { args, kwargs: undefined }, noPublishOptions));
  }

  // An interceptor may emit at any time, even while another publication is being delivered.
  #emit(publication: Publication): void {
    if (this.#isFanningOut) this.turns.later(() => this.#emit(publication));
    else if (!this.turns.begin()) this.#fanOut(publication);
    else
      try {
        this.#fanOut(publication);
      } finally {
        this.turns.end();
      }
  }

  #fanOut(publication: Publication): void {
    if (publication.retain) this.#retention.keep(publication);
    this.#isFanningOut = true;
    try {
      // Counts at least one delivery, so that a session that publishes endlessly without subscribers must pause as well.
      this.work.spend(Math.max(1, this.broker.fanOut(publication)));
    } finally {
      this.#isFanningOut = false;
    }
  }
}
