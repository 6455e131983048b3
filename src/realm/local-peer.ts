/**
 * A peer in this process: the embedding program as publisher, subscriber, caller and callee, over values instead of bytes.
 * It is a session like any other: the guard sees its publications, interceptors apply, turns keep its order.
 */

import { WampError } from '../wamp/error.ts';
import type { Id } from '../wamp/id.ts';
import type { Args, Kwargs, Match, Payload, Publication, PublishOptions, SessionReply } from '../wamp/message.ts';
import type { Permissions } from '../wamp/permission.ts';
import { reason } from '../wamp/reason.ts';
import type { Report } from '../wamp/report.ts';
import { isReserved } from '../wamp/uri.ts';
import type { Procedure, Registration } from './dealer.ts';
import type { Realm } from './realm.ts';
import type { PeerInfo, Session } from './session.ts';

/** Hears the events of a subscription. What it throws is logged and counted; others hear the event all the same. */
export type EventHandler = (publication: Publication) => void;

/** Options of a call: `onProgress` hears progressive results. */
export interface CallOptions {
  readonly onProgress?: (result: Payload) => void;
}

/** A subscription of this peer. */
export interface LocalSubscription {
  readonly topic: string;
  unsubscribe(): Promise<void>;
}

/** A registration of this peer. */
export interface LocalRegistration {
  readonly procedure: string;
  unregister(): Promise<void>;
}

/** What a local peer is made of. */
export interface LocalPeerOptions {
  readonly realm: Realm;
  readonly report: Report;
  readonly id: Id;
  readonly info: PeerInfo;
  readonly authid: string | null;
  readonly authrole: string;
  readonly permissions: Permissions;
  readonly onLeave: () => void;
}

interface Waiting {
  readonly resolve: (reply: SessionReply) => void;
  readonly reject: (error: WampError) => void;
  readonly onProgress: ((result: Payload) => void) | undefined;
}

/** An in-process session. Every method rejects with a WampError when the realm refuses, and after `leave()`. */
export class LocalPeer {
  readonly id: Id;
  readonly realm: string;
  readonly #session: Session;
  readonly #realm: Realm;
  readonly #report: Report;
  readonly #onLeave: () => void;
  readonly #waiting = new Map<number, Waiting>();
  readonly #handlers = new Map<Id, Set<EventHandler>>();
  readonly #registrations = new Set<Registration>();
  #lastRequest = 0;

  constructor(options: LocalPeerOptions) {
    const { realm, report, id, info, authid, authrole, permissions } = options;
    this.id = id;
    this.realm = realm.name;
    this.#realm = realm;
    this.#report = report;
    this.#onLeave = options.onLeave;
    this.#session = realm.open({ id, info, deliver: (reply) => this.#receive(reply) });
    this.#session.join({ authid, authrole, permissions });
  }

  /**
   * Publishes an event; resolves to the publication's id when the realm has accepted it. As everywhere in WAMP v2, the
   * publisher does not hear its own event unless `exclude_me` is false.
   */
  async publish(
    topic: string,
    args: Args = [],
    kwargs?: Kwargs,
    options: Omit<PublishOptions, 'acknowledge'> = {},
  ): Promise<Id> {
    const reply = await this.#ask((request) =>
      this.#session.handle({
        type: 'PUBLISH',
        request,
        topic,
        args,
        kwargs,
        options: { exclude_me: true, ...options, acknowledge: true },
      }),
    );
    return reply.type === 'PUBLISHED' ? reply.publication : this.#unexpected(reply);
  }

  /** Subscribes `handler` to a topic. Of several handlers for one topic each hears every event once. */
  async subscribe(
    topic: string,
    handler: EventHandler,
    options: { readonly match?: Match } = {},
  ): Promise<LocalSubscription> {
    const match = options.match ?? 'exact';
    const reply = await this.#ask((request) => this.#session.handle({ type: 'SUBSCRIBE', request, topic, match }), {
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
        await this.#ask((request) => this.#session.handle({ type: 'UNSUBSCRIBE', request, topic, match }));
      },
    };
  }

  /** Calls a procedure; resolves to its result, rejects with the WampError that it was answered with. */
  async call(procedure: string, args: Args = [], kwargs?: Kwargs, options: CallOptions = {}): Promise<Payload> {
    const { onProgress } = options;
    const reply = await this.#ask(
      (request) =>
        this.#session.handle({ type: 'CALL', request, procedure, args, kwargs, progress: onProgress !== undefined }),
      { onProgress },
    );
    return reply.type === 'RESULT' ? { args: reply.args, kwargs: reply.kwargs } : this.#unexpected(reply);
  }

  /** Registers a procedure that authenticated sessions with the permission may call, until this peer leaves. */
  async register(procedure: string, handler: Procedure): Promise<LocalRegistration> {
    this.#checkEstablished();
    if (procedure === '' || isReserved(procedure)) {
      throw new WampError(reason.invalidUri, { description: `"${procedure}" cannot be registered` });
    }
    if (!this.#session.permissions.allows('register', procedure)) {
      throw new WampError(reason.notAuthorized, { description: `not authorized to register "${procedure}"` });
    }
    const registration = this.#realm.dealer.register(procedure, handler, { open: false });
    this.#registrations.add(registration);
    return {
      procedure,
      unregister: async () => {
        this.#registrations.delete(registration);
        this.#realm.dealer.unregister(registration);
      },
    };
  }

  /** Ends the session: its subscriptions and registrations are gone, calls and requests under way are rejected. */
  leave(): void {
    for (const registration of this.#registrations) this.#realm.dealer.unregister(registration);
    this.#registrations.clear();
    this.#handlers.clear();
    this.#session.leave({ discard: false });
    for (const { reject } of this.#waiting.values()) {
      reject(new WampError(reason.canceled, { description: 'the session left' }));
    }
    this.#waiting.clear();
    this.#onLeave();
  }

  #checkEstablished(): void {
    if (!this.#session.isEstablished) throw new WampError(reason.canceled, { description: 'the session left' });
  }

  #ask(
    send: (request: number) => void,
    hooks: {
      readonly onProgress?: ((result: Payload) => void) | undefined;
      readonly onSubscribed?: (id: Id) => void;
    } = {},
  ): Promise<SessionReply> {
    this.#checkEstablished();
    this.#lastRequest += 1;
    const request = this.#lastRequest;
    return new Promise((resolve, reject) => {
      this.#waiting.set(request, {
        // A handler is in place the moment the subscription is, or the first event would pass it by.
        resolve: (reply) => {
          if (reply.type === 'SUBSCRIBED') hooks.onSubscribed?.(reply.subscription);
          resolve(reply);
        },
        reject,
        onProgress: hooks.onProgress,
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
    throw new WampError(reason.protocolViolation, { description: `unexpected ${reply.type}` });
  }

  #receive(reply: SessionReply): void {
    if (reply.type === 'EVENT') {
      for (const handler of this.#handlers.get(reply.subscription) ?? []) {
        this.#tell(() => handler(reply.publication), reply.publication.topic);
      }
      return;
    }
    const request = reply.request as number;
    const waiting = this.#waiting.get(request);
    if (!waiting) return;
    if (reply.type === 'RESULT' && reply.progress) {
      this.#tell(() => waiting.onProgress?.({ args: reply.args, kwargs: reply.kwargs }), 'a progressive result');
      return;
    }
    this.#waiting.delete(request);
    if (reply.type !== 'ERROR') return waiting.resolve(reply);
    const { error, description, args, kwargs, details } = reply;
    waiting.reject(new WampError(error, { description, args, details, ...(kwargs && { kwargs }) }));
  }

  #tell(handler: () => void, topic: string): void {
    try {
      handler();
    } catch (error) {
      this.#report.error('subscriber_failed', { err: error, topic }, 'a handler of an in-process session threw');
    }
  }
}
