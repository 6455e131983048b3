/**
 * A realm: sessions, broker, dealer and interceptors, and the one queue of turns that keeps them in order.
 *
 * What must live here: the way of a request through permission, guard and pipeline. What must not: bytes, connections,
 * the names of WAMP v1.
 */

import { Observable } from 'rxjs';
import type { Interceptor, InterceptorScope, Pipeline } from '../interceptor/pipeline.ts';
import { createPipeline } from '../interceptor/pipeline.ts';
import type { Clock } from '../wamp/clock.ts';
import { WampError } from '../wamp/error.ts';
import type { Id } from '../wamp/id.ts';
import type {
  Match,
  Payload,
  Publication,
  Publish,
  PublishOptions,
  SessionRequest,
  Subscribe,
  Unsubscribe,
} from '../wamp/message.ts';
import type { Reason } from '../wamp/reason.ts';
import { reason } from '../wamp/reason.ts';
import type { Report } from '../wamp/report.ts';
import { asPromise } from '../wamp/thenable.ts';
import { isReserved } from '../wamp/uri.ts';
import { address, audienceOf } from './audience.ts';
import { Broker } from './broker.ts';
import { Dealer } from './dealer.ts';
import type { SessionHome, SessionPeer } from './session.ts';
import { Session } from './session.ts';
import type { TurnQueue } from './turn-queue.ts';
import { createTurnQueue } from './turn-queue.ts';

/**
 * Asked about every publication of a session after its permission: false, or a promise of false, vetoes it; a WampError
 * that is thrown is what the publisher hears. Anything else lets it pass.
 */
export type PublishGuard = (session: Session, publication: Publication) => unknown;

/** Numbers that bound what one session may hold. */
export interface SessionLimits {
  readonly maxSubscriptions: number;
  readonly maxPendingCalls: number;
}

/** What a realm needs from outside. */
export interface RealmOptions {
  readonly name: string;
  readonly clock: Clock;
  readonly report: Report;
  /** Random over the whole range of ids. */
  readonly nextId: () => Id;
  readonly limits: SessionLimits;
  /** ms; 0 is never. */
  readonly callTimeout: number;
  readonly guard?: PublishGuard | undefined;
}

/** One address space of topics and procedures. */
export class Realm implements SessionHome {
  readonly name: string;
  readonly broker = new Broker();
  readonly dealer: Dealer;
  readonly turns: TurnQueue;
  readonly #options: RealmOptions;
  readonly #pipeline: Pipeline;
  readonly #sessions = new Set<Session>();
  #isFanningOut = false;

  constructor(options: RealmOptions) {
    const { name, clock, report, limits, callTimeout } = options;
    this.name = name;
    this.#options = options;
    this.dealer = new Dealer({ clock, report, callTimeout, maxPendingCalls: limits.maxPendingCalls });
    this.turns = createTurnQueue((error) =>
      report.error('internal_error', { err: error, realm: name }, 'a turn of the realm failed'),
    );
    this.#pipeline = createPipeline({
      sink: (publication) => this.#emit(publication),
      onFailure: (error) =>
        report.error('interceptor_failed', { err: error, realm: name }, 'an interceptor failed and begins anew'),
      onComplete: () => report.info({ realm: name }, 'an interceptor completed: it lets nothing pass from now on'),
    });
  }

  /** Sessions that are established. */
  get sessions(): number {
    let established = 0;
    for (const session of this.#sessions) if (session.isEstablished) established += 1;
    return established;
  }

  /** Calls without a final answer. */
  get pendingCalls(): number {
    let pending = 0;
    for (const session of this.#sessions) pending += session.calls.size;
    return pending;
  }

  /** Opens a session for a peer. Until it joins it may call open procedures and nothing else. */
  open(peer: SessionPeer): Session {
    const session = new Session(this, peer);
    this.#sessions.add(session);
    return session;
  }

  /** Forgets a session that has left. */
  forget(session: Session): void {
    this.#sessions.delete(session);
  }

  /** Does what a session asks for. Called inside a turn, by the session. */
  dispatch(session: Session, request: SessionRequest): void {
    switch (request.type) {
      case 'PUBLISH':
        return this.#publish(session, request);
      case 'CALL':
        return this.dealer.call(session, request);
      case 'SUBSCRIBE':
        return this.#subscribe(session, request);
      case 'UNSUBSCRIBE':
        return this.#unsubscribe(session, request);
    }
  }

  /**
   * Publishes in the router's own name: no permission, no guard; interceptors apply. Throws `wamp.error.invalid_uri` for a
   * topic that is empty or reserved. Returns the publication's id.
   */
  publish(topic: string, payload: Payload, options: PublishOptions): Id {
    const refusal = this.#refusalOf(topic);
    if (refusal) throw new WampError(reason.invalidUri, { description: refusal });
    const publication = this.#createPublication(topic, payload, undefined, options);
    this.turns.enter(() => this.#pipeline.push(publication));
    return publication.id;
  }

  /** Puts an interceptor behind those that are there; the function that is returned takes it out. */
  intercept(interceptor: Interceptor, scope?: InterceptorScope): () => void {
    return this.#pipeline.install(interceptor, scope);
  }

  /** The publications of a topic, after the interceptors, as subscribers get them; attached to it while observed. */
  observe(topic: string, match: Match): Observable<Publication> {
    return new Observable((subscriber) => {
      const attachment = this.broker.attach(topic, match, { next: ({ publication }) => subscriber.next(publication) });
      return () => attachment.detach();
    });
  }

  /** Ends every stream of the realm. */
  close(): void {
    this.#pipeline.clear();
  }

  #refusalOf(topic: string): string | undefined {
    if (topic === '') return 'a topic must not be empty';
    return isReserved(topic) ? `"${topic}" is reserved` : undefined;
  }

  #createPublication(topic: string, payload: Payload, publisher: Id | undefined, options: PublishOptions): Publication {
    const { nextId, clock, name } = this.#options;
    const { args, kwargs } = payload;
    const id = nextId();
    const time = clock.now();
    const publication: Publication =
      publisher === undefined
        ? { id, topic, args, kwargs, realm: name, time }
        : { id, topic, args, kwargs, realm: name, time, publisher };
    return address(publication, audienceOf(publisher, options));
  }

  #publish(session: Session, request: Publish): void {
    const { report, guard } = this.#options;
    const invalid = this.#refusalOf(request.topic);
    if (invalid) {
      report.count('publish_denied');
      return this.#refusePublish(session, request, reason.invalidUri, invalid);
    }
    if (!session.permissions.allows('publish', request.topic)) {
      report.count('publish_denied');
      return this.#refusePublish(
        session,
        request,
        reason.notAuthorized,
        `not authorized to publish "${request.topic}"`,
      );
    }
    const publication = this.#createPublication(request.topic, request, session.id, request.options);
    if (!guard) return this.#accept(session, request, publication);
    try {
      const verdict = guard(session, publication);
      const pending = asPromise(verdict);
      if (!pending) return this.#judge(session, request, publication, verdict);
      session.hold(
        pending,
        (decided) => this.#judge(session, request, publication, decided),
        (error) => this.#guardFailed(session, request, error),
      );
    } catch (error) {
      this.#guardFailed(session, request, error);
    }
  }

  #judge(session: Session, request: Publish, publication: Publication, verdict: unknown): void {
    if (verdict !== false) return this.#accept(session, request, publication);
    this.#options.report.count('publish_vetoed');
    this.#refusePublish(session, request, reason.notAuthorized, `publishing "${request.topic}" was vetoed`);
  }

  #guardFailed(session: Session, request: Publish, error: unknown): void {
    if (error instanceof WampError) {
      this.#options.report.count('publish_vetoed');
      return this.#refusePublish(session, request, error.uri, error.description);
    }
    const facts = { err: error, topic: request.topic, realm: this.name };
    this.#options.report.error('callback_failed', facts, 'messageToPublish failed: the publication is refused');
    this.#refusePublish(session, request, reason.authorizationFailed, 'the check of the publication failed');
  }

  // No answer to a PUBLISH that did not ask for one, not even a refusal (Basic Profile, "Publishing and Events").
  #refusePublish(session: Session, request: Publish, error: Reason, description: string): void {
    if (request.options.acknowledge) session.refuse(request, error, description);
  }

  #accept(session: Session, request: Publish, publication: Publication): void {
    if (request.options.acknowledge) {
      session.deliver({ type: 'PUBLISHED', request: request.request, publication: publication.id });
    }
    this.#pipeline.push(publication);
  }

  // An interceptor may emit when it likes, even while another publication is on its way to the subscribers.
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
    this.#isFanningOut = true;
    try {
      this.broker.fanOut(publication);
    } finally {
      this.#isFanningOut = false;
    }
  }

  #subscribe(session: Session, request: Subscribe): void {
    const { report, limits } = this.#options;
    const { topic, match } = request;
    if (!session.permissions.allows('subscribe', topic)) {
      report.count('subscribe_denied');
      return session.refuse(request, reason.notAuthorized, `not authorized to subscribe to "${topic}"`);
    }
    const key = `${match} ${topic}`;
    let attachment = session.attachments.get(key);
    if (!attachment) {
      if (session.attachments.size >= limits.maxSubscriptions) {
        report.count('limit_reached');
        return session.refuse(request, reason.unavailable, `the session has ${session.attachments.size} subscriptions`);
      }
      attachment = this.broker.attach(topic, match, { next: (event) => session.hear(event) });
      session.attachments.set(key, attachment);
    }
    session.deliver({ type: 'SUBSCRIBED', request: request.request, subscription: attachment.topic.id });
  }

  #unsubscribe(session: Session, request: Unsubscribe): void {
    const key = `${request.match} ${request.topic}`;
    const attachment = session.attachments.get(key);
    if (!attachment) return session.refuse(request, reason.noSuchSubscription, `not subscribed to "${request.topic}"`);
    session.attachments.delete(key);
    attachment.detach();
    session.deliver({ type: 'UNSUBSCRIBED', request: request.request });
  }
}
