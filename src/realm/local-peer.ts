/**
 * A peer in this process: the embedding program as publisher, subscriber, caller and callee, with values instead of bytes.
 * It is a session like any other: guard and interceptors apply to its publications, and it takes turns with others.
 */

import type { Report } from '../base/report.ts';
import { asPromise } from '../base/thenable.ts';
import type { Callee } from '../dealer/callee.ts';
import type { Procedure } from '../dealer/procedure.ts';
import type { PeerInfo, UriRefusal } from '../session/peer.ts';
import type { Session } from '../session/session.ts';
import { WampError } from '../wamp/error.ts';
import { allFeatures } from '../wamp/feature.ts';
import type { Id } from '../wamp/id.ts';
import type { Match, SessionReply } from '../wamp/message.ts';
import type { PublishOptions } from '../wamp/options.ts';
import type { GivenArgs, GivenKwargs, MessagePayload, Payload, PayloadForm } from '../wamp/payload.ts';
import { copiedPayload } from '../wamp/payload.ts';
import { wantsOctets } from '../wamp/payload-form.ts';
import type { Permissions } from '../wamp/permission.ts';
import type { Publication } from '../wamp/publication.ts';
import { inOctets, viewOf } from '../wamp/publication.ts';
import { reasons } from '../wamp/reasons.ts';
import { errorOf, inForm } from '../wamp/received.ts';
import { emptyRefusal, ownUriRefusal } from '../wamp/uri.ts';
import type {
  CallOptions,
  EventHandler,
  Hooks,
  LocalRegistration,
  LocalSubscription,
  Waiting,
} from './local-requests.ts';
import { failureOf } from './local-requests.ts';
import type { Realm } from './realm.ts';

/** The options of a local peer. */
export interface LocalPeerOptions {
  readonly realm: Realm;
  readonly report: Report;
  readonly id: Id;
  readonly info: PeerInfo;
  readonly authid: string | null;
  readonly authrole: string;
  readonly permissions: Permissions;
  /** Whether it is the router's own: the session meta API neither shows nor ends it, and the authorizer is not asked about it. */
  readonly isHidden?: boolean;
  readonly onLeave: () => void;
}

const uriRefusal: UriRefusal = (uri, match) => (match === 'prefix' ? undefined : emptyRefusal(uri));

/**
 * An in-process session, as `Postmaster.session` opens it. Every method rejects with a WampError if the realm refuses the
 * request, and after `leave()` (`wamp.error.canceled`).
 */
export class LocalPeer {
  /** The session id, as in WELCOME. */
  readonly id: Id;
  /** The name of the realm. */
  readonly realm: string;
  readonly #session: Session;
  readonly #realm: Realm;
  readonly #report: Report;
  readonly #onLeave: () => void;
  readonly #waiting = new Map<number, Waiting>();
  readonly #handlers = new Map<Id, Set<EventHandler>>();
  readonly #callees = new Set<Callee>();
  #lastRequest = 0;

  constructor(options: LocalPeerOptions) {
    const { realm, report, id, info, authid, authrole, permissions } = options;
    this.id = id;
    this.realm = realm.name;
    this.#realm = realm;
    this.#report = report;
    this.#onLeave = options.onLeave;
    const peer = { info, deliver: (reply: SessionReply) => this.#receive(reply) };
    this.#session = realm.open(peer, { onKill: () => this.leave() }, { id, features: allFeatures, uriRefusal });
    const principal = { authid, authrole, authmethod: 'local', authprovider: 'local', permissions };
    if (options.isHidden) this.#session.join(principal);
    else realm.join(this.#session, principal);
  }

  /**
   * Publishes an event. Resolves to the id of the publication when the realm has accepted it. As always in WAMP v2, the
   * publisher does not receive its own event unless `exclude_me` is false. Values deep in the payload must not be changed
   * before the promise resolves, since the event may wait for its turn. Rejects with a ConfigError for octets that are no payload.
   */
  async publish(
    topic: string,
    args: GivenArgs = [],
    kwargs?: GivenKwargs,
    options: Omit<PublishOptions, 'acknowledge'> = {},
  ): Promise<Id> {
    const payload = copiedPayload(args, kwargs, this.#realm.payloadParts);
    const acknowledged = { ...options, acknowledge: true };
    const reply = await this.#ask((request) =>
      this.#session.handle({ type: 'PUBLISH', request, topic, payload, options: acknowledged }),
    );
    return reply.type === 'PUBLISHED' ? reply.publication : this.#unexpected(reply);
  }

  /**
   * Subscribes `handler` to a topic, or to a pattern of topics if `match` says so (default: exact). Resolves when the
   * subscription is in place. If there are several handlers for one topic, each gets every event once. With `payload: 'octets'`
   * the payloads are not decoded. Rejects with a ConfigError for another form than the two that there are.
   */
  async subscribe<Form extends PayloadForm = 'values'>(
    topic: string,
    handle: EventHandler<Form>,
    options: { readonly match?: Match; readonly payload?: Form } = {},
  ): Promise<LocalSubscription> {
    const { match = 'exact', payload } = options;
    const { payloadParts } = this.#realm;
    const handler = wantsOctets(payload)
      ? (view: Publication) => (handle as EventHandler<'octets'>)(inOctets(view, payloadParts))
      : (handle as EventHandler);
    const subscribe = (request: number): void =>
      this.#session.handle({ type: 'SUBSCRIBE', request, topic, options: { match } });
    const reply = await this.#ask(subscribe, {
      onSubscribed: (id) => this.#handlersOf(id).add(handler),
    });
    if (reply.type !== 'SUBSCRIBED') return this.#unexpected(reply);
    const { subscription } = reply;
    return {
      topic,
      unsubscribe: async () => {
        const handlers = this.#handlers.get(subscription);
        if (!handlers?.delete(handler) || handlers.size > 0) return;
        this.#handlers.delete(subscription);
        await this.#ask((request) => this.#session.handle({ type: 'UNSUBSCRIBE', request, subscription }));
      },
    };
  }

  /**
   * Calls a procedure. Resolves to its result, or rejects with the WampError that answered the call. If `signal` has aborted
   * before, it rejects with its reason. With `payload: 'octets'` results are not decoded. Rejects with a ConfigError for octets
   * that are no payload, and for another form than the two that there are.
   */
  async call<Form extends PayloadForm = 'values'>(
    procedure: string,
    args: GivenArgs = [],
    kwargs?: GivenKwargs,
    options: CallOptions<Form> = {},
  ): Promise<Payload<Form>> {
    const { onProgress: handler, timeout, signal, discloseMe } = options;
    signal?.throwIfAborted();
    const payload = copiedPayload(args, kwargs, this.#realm.payloadParts);
    const read = inForm(options.payload, this.#realm.payloadParts);
    const onProgress = handler && ((result: MessagePayload) => handler(read(result)));
    const wire = {
      ...(onProgress && { receive_progress: true }),
      ...(timeout !== undefined && { timeout }),
      ...(discloseMe !== undefined && { disclose_me: discloseMe }),
    };
    let cancel = (): void => {};
    const reply = await this.#ask(
      (request) => {
        cancel = () => this.#session.handle({ type: 'CANCEL', request, options: {} });
        signal?.addEventListener('abort', cancel, { once: true });
        this.#session.handle({ type: 'CALL', request, procedure, payload, options: wire });
      },
      { onProgress, wantsOctets: options.payload === 'octets' },
    ).finally(() => signal?.removeEventListener('abort', cancel));
    return reply.type === 'RESULT' ? read(reply.payload) : this.#unexpected(reply);
  }

  /**
   * Registers a procedure until this peer leaves. Sessions with the permission may call it. Rejects with a WampError for a URI
   * that is empty or reserved (`wamp.error.invalid_uri`) or taken (`wamp.error.procedure_already_exists`). With `payload: 'octets'`
   * arguments are not decoded. Rejects with a ConfigError for another form than the two that there are.
   */
  async register<Form extends PayloadForm = 'values'>(
    procedure: string,
    handler: Procedure<Form>,
    options: { readonly payload?: Form } = {},
  ): Promise<LocalRegistration> {
    const form = { wantsOctets: wantsOctets(options.payload) };
    this.#checkEstablished();
    const refusal = ownUriRefusal(procedure);
    if (refusal) throw new WampError(reasons.invalidUri, { description: refusal });
    const verdict = await this.#realm.authorization.check(this.#session, 'register', procedure);
    if (!verdict.isAllowed) throw new WampError(verdict.error, { description: verdict.description });
    this.#checkEstablished();
    const callee = this.#realm.register(procedure, handler as Procedure, { session: this.#session, ...form });
    this.#callees.add(callee);
    return {
      procedure,
      unregister: async () => {
        if (this.#callees.delete(callee)) this.#realm.unregister(callee);
      },
    };
  }

  /** Ends the session. Its subscriptions and registrations are removed, and its pending calls and requests are rejected. */
  leave(): void {
    this.#callees.clear();
    this.#handlers.clear();
    this.#session.leave({ discard: false });
    for (const { reject } of this.#waiting.values()) {
      reject(new WampError(reasons.canceled, { description: 'the session has left' }));
    }
    this.#waiting.clear();
    this.#onLeave();
  }

  #checkEstablished(): void {
    if (!this.#session.isEstablished) throw new WampError(reasons.canceled, { description: 'the session has left' });
  }

  #ask(send: (request: number) => void, hooks: Hooks = {}): Promise<SessionReply> {
    this.#checkEstablished();
    this.#lastRequest += 1;
    const request = this.#lastRequest;
    return new Promise((resolve, reject) => {
      this.#waiting.set(request, {
        // The handler is added as soon as the subscription exists, since the first event may follow at once.
        resolve: (reply) => {
          if (reply.type === 'SUBSCRIBED') hooks.onSubscribed?.(reply.subscription);
          resolve(reply);
        },
        reject,
        ...hooks,
      });
      send(request);
    });
  }

  #handlersOf(subscription: Id): Set<EventHandler> {
    const handlers = this.#handlers.get(subscription) ?? new Set();
    this.#handlers.set(subscription, handlers);
    return handlers;
  }

  #unexpected(reply: SessionReply): never {
    throw new WampError(reasons.protocolViolation, { description: `unexpected ${reply.type}` });
  }

  #receive(reply: SessionReply): void {
    if (reply.type === 'EVENT') {
      for (const handler of this.#handlers.get(reply.subscription) ?? []) {
        this.#callHandler(handler, viewOf(reply.publication), reply.publication.topic);
      }
      return;
    }
    const request = reply.request as number;
    const waiting = this.#waiting.get(request);
    if (!waiting) return;
    if (reply.type === 'INVOCATION' || reply.type === 'INTERRUPT') return;
    const failure = waiting.wantsOctets && reply.type === 'RESULT' ? undefined : failureOf(reply);
    if (reply.type === 'RESULT' && reply.details.progress) {
      if (failure) return this.#session.calls.find(request)?.giveUp(failure);
      const { onProgress } = waiting;
      if (onProgress) this.#callHandler(onProgress, reply.payload, 'a progressive result');
      return;
    }
    if (failure && reply.type === 'RESULT')
      return this.#receive({ type: 'ERROR', requestType: 'CALL', request, ...failure });
    this.#waiting.delete(request);
    if (reply.type === 'ERROR') return waiting.reject(errorOf(reply.error, reply.payload, reply));
    // It is read after this turn, when its memory may be used for something else.
    if (reply.type === 'RESULT' && waiting.wantsOctets) reply.payload.own();
    waiting.resolve(reply);
  }

  // Called once per event and handler. Allocates nothing if the handler is synchronous.
  #callHandler<Value>(handler: (value: Value) => unknown, value: Value, topic: string): void {
    try {
      asPromise(handler(value))?.catch((error: unknown) => this.#handlerFailed(error, topic));
    } catch (error) {
      this.#handlerFailed(error, topic);
    }
  }

  #handlerFailed(error: unknown, topic: string): void {
    this.#report.error('subscriber_failed', { err: error, topic }, 'a handler of an in-process session failed');
  }
}
