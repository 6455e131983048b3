/**
 * A realm: what its sessions and the embedding program can ask of it, and what happens when a session joins and leaves.
 *
 * What must live here: which part handles a request. What must not: how the parts are put together (composition.ts), how a
 * request is handled, bytes, connections, and the names of WAMP v1.
 */

import type { Observable } from 'rxjs';
import type { Broker } from '../broker/broker.ts';
import type { Callee } from '../dealer/callee.ts';
import type { Procedure } from '../dealer/procedure.ts';
import type { Registrations } from '../dealer/registrations.ts';
import type { TopicScope } from '../interceptor/pipeline.ts';
import type { Interceptor } from '../interceptor/stage.ts';
import type { Authorization } from '../session/authorization.ts';
import { failRequest } from '../session/failure.ts';
import { Held } from '../session/held.ts';
import type { Principal, SessionIdentity, SessionOwner, SessionPeer } from '../session/peer.ts';
import type { SessionHome } from '../session/session.ts';
import { Session } from '../session/session.ts';
import type { TurnQueue } from '../session/turn-queue.ts';
import type { WorkLimit } from '../session/work-limit.ts';
import { WampError } from '../wamp/error.ts';
import type { Id } from '../wamp/id.ts';
import type { Match, SessionRequest } from '../wamp/message.ts';
import type { PublishOptions } from '../wamp/options.ts';
import { checkOptions, noPublishOptions } from '../wamp/options.ts';
import type { GivenArgs, GivenKwargs, PayloadForm, PayloadParts } from '../wamp/payload.ts';
import { copiedPayload } from '../wamp/payload.ts';
import type { Publication, RoutedPublication } from '../wamp/publication.ts';
import { viewOf } from '../wamp/publication.ts';
import { reasons } from '../wamp/reasons.ts';
import { ownUriRefusal } from '../wamp/uri.ts';
import type { RealmParts } from './composition.ts';
import { composeRealm } from './composition.ts';
import type { RealmOptions } from './realm-options.ts';

/** A payload as the embedding program gives it. */
interface Given {
  readonly args: GivenArgs;
  readonly kwargs: GivenKwargs | undefined;
}

/** One address space of topics and procedures. */
export class Realm implements SessionHome {
  readonly name: string;
  readonly turns: TurnQueue;
  readonly work: WorkLimit;
  readonly payloadParts: PayloadParts;
  readonly #options: RealmOptions;
  readonly #parts: RealmParts;

  constructor(options: RealmOptions) {
    this.name = options.name;
    this.work = options.work;
    this.payloadParts = options.payloadParts;
    this.#options = options;
    this.#parts = composeRealm(options);
    this.turns = this.#parts.turns;
  }

  get broker(): Broker {
    return this.#parts.broker;
  }

  get registrations(): Registrations {
    return this.#parts.registrations;
  }

  get authorization(): Authorization {
    return this.#parts.authorization;
  }

  /** The account of the memory that is held for all its sessions. */
  get held(): Held {
    return this.#parts.held;
  }

  /** How many sessions are established. */
  get sessions(): number {
    return this.#parts.sessions.joined.size;
  }

  /** How many calls have no final answer. */
  get pendingCalls(): number {
    return this.#parts.sessions.pendingCalls;
  }

  openAccount(): Held {
    const { limits, report } = this.#options;
    return new Held(limits.maxHeldSizePerSession, () => report.count('limit_reached'), this.held);
  }

  /** Opens a session for a peer. Until it joins, it may only call open procedures. */
  open(peer: SessionPeer, owner: SessionOwner, identity: SessionIdentity): Session {
    const session = new Session(this, peer, owner, identity);
    this.#parts.sessions.open(session);
    return session;
  }

  /** Establishes a session with the permissions of `principal`. Meta events about it are published after `welcome` has run. */
  join(session: Session, principal: Principal, welcome: () => void = () => {}): void {
    session.join(principal);
    this.#parts.sessions.join(session);
    welcome();
    this.#parts.events.joined(session);
  }

  /** Releases what a session held, publishes its testaments, and publishes the meta events about its end. */
  forget(session: Session, { isSilent }: { readonly isSilent: boolean }): void {
    const hadJoined = this.#parts.sessions.leave(session);
    this.#parts.registering.leave(session, isSilent);
    this.#parts.calling.leave(session);
    this.#parts.subscribing.leave(session, isSilent);
    this.authorization.leave(session);
    if (!hadJoined) return;
    const testaments = session.takeTestaments();
    if (isSilent) {
      for (const testament of testaments) session.testaments.release(testament);
      return;
    }
    this.#parts.publishing.publishTestaments(session, testaments, (publication) =>
      this.turns.enter(() => this.#parts.pipeline.push(publication)),
    );
    this.turns.enter(() => this.#parts.events.left(session));
  }

  /** Handles a request of a session, which calls this inside a turn. */
  dispatch(session: Session, request: SessionRequest): void {
    switch (request.type) {
      case 'PUBLISH':
        return this.#parts.publishing.publish(session, request);
      case 'CALL':
        return this.#parts.calling.call(session, request);
      case 'YIELD':
        return this.#parts.dealer.yield(session, request);
      case 'SUBSCRIBE':
        return this.#parts.subscribing.subscribe(session, request);
      case 'UNSUBSCRIBE':
        return this.#parts.subscribing.unsubscribe(session, request);
      case 'REGISTER':
        return this.#parts.registering.register(session, request);
      case 'UNREGISTER':
        return this.#parts.registering.unregister(session, request);
      case 'CANCEL':
        return this.#parts.dealer.cancel(session, request);
      case 'ERROR':
        return this.#parts.dealer.fail(session, request);
    }
  }

  failed(session: Session, request: SessionRequest, error: unknown): void {
    failRequest(session, request, error, this.#options.report);
  }

  broke(error: unknown): void {
    this.#parts.broke(error);
  }

  /** Registers a function of the embedding program or of an in-process peer. Throws if the URI is taken. */
  register(
    uri: string,
    procedure: Procedure,
    options: { readonly isOpen?: boolean; readonly wantsOctets?: boolean; readonly session?: Session } = {},
  ): Callee {
    const registered = this.registrations.registerLocal(uri, procedure, options);
    this.#parts.registering.registered(registered);
    return registered.callee;
  }

  /** Unregisters a function. */
  unregister(callee: Callee): void {
    this.#parts.registering.remove(callee);
  }

  /**
   * Publishes in the router's own name: without permission and guard, but through the interceptors. Throws
   * `wamp.error.invalid_uri` for a topic that is empty or reserved, and `wamp.error.invalid_argument` for options of a
   * wrong type.
   */
  publish(topic: string, payload: Given, options: PublishOptions): Id {
    const publication = this.#create(topic, payload, options);
    this.#parts.own.push(publication);
    return publication.id;
  }

  /** A publication in the router's own name, which is not published. Throws as `publish` does. */
  publication(topic: string, payload: Given, options: PublishOptions = noPublishOptions): Publication {
    return viewOf(this.#create(topic, payload, options));
  }

  /** Appends an interceptor and returns a function that removes it. */
  intercept(interceptor: Interceptor, scope?: TopicScope): () => void {
    return this.#parts.pipeline.install(interceptor, scope);
  }

  /**
   * Makes the interceptors emit what they hold back. Resolves when everything has been emitted. That takes as long as they
   * delay, and never happens if one does not complete with its source, so the caller must set a time limit. Later
   * publications pass the interceptors as before.
   */
  completeInterceptors(): Promise<void> {
    this.#parts.own.finish();
    return this.#parts.pipeline.complete();
  }

  /**
   * The publications of a topic, after the interceptors, as subscribers get them. It is attached to the topic while it is
   * observed, and completes when the realm closes. An exception of an observer is reported, and the observer still gets
   * later publications.
   */
  observe<Form extends PayloadForm>(topic: string, match: Match, wantsOctets: boolean): Observable<Publication<Form>> {
    return this.#parts.observed.observe(topic, match, wantsOctets);
  }

  /** Forgets the authorizer's answers, for one session or for all. An unknown session id has no effect. */
  forgetAuthorizations(id?: Id): void {
    const session = id === undefined ? undefined : this.#parts.sessions.joined.get(id);
    if (session || id === undefined) this.authorization.forget(session);
  }

  /** Refuses new calls from now on, except those of the router itself, because rules may depend on them. */
  refuseCalls(): void {
    this.#parts.sessions.refuseCalls();
  }

  /** Answers every open call with `wamp.error.canceled`. */
  cancelCalls(): void {
    this.#parts.sessions.cancelCalls();
  }

  /** Ends every stream of the realm. */
  close(): void {
    this.#parts.pipeline.clear();
    this.authorization.close();
    this.#parts.publishing.close();
    this.#parts.observed.close();
  }

  #create(topic: string, { args, kwargs }: Given, options: PublishOptions): RoutedPublication {
    const refusal = ownUriRefusal(topic);
    if (refusal) throw new WampError(reasons.invalidUri, { description: refusal });
    const payload = copiedPayload(args, kwargs, this.payloadParts);
    return this.#parts.publishing.create(topic, payload, checkOptions('PUBLISH', options));
  }
}
