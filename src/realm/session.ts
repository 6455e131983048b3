/**
 * A session: what the realm knows of one peer, and the order in which its requests are handled.
 *
 * Requests are handled one after the other. Where a rule takes its time, this session waits and what it sends meanwhile
 * is kept; other sessions go on. What goes back to the peer is handed to `deliver`; who is behind it the realm never sees.
 */

import type { Id } from '../wamp/id.ts';
import type { ErrorMessage, Event, SessionReply, SessionRequest } from '../wamp/message.ts';
import type { Permissions } from '../wamp/permission.ts';
import { nothingAllowed } from '../wamp/permission.ts';
import type { Reason } from '../wamp/reason.ts';
import { mayHear } from './audience.ts';
import type { Attachment } from './broker.ts';
import type { TurnQueue } from './turn-queue.ts';

/** What the embedding program may know of the connection behind a session. Read only. */
export interface PeerInfo {
  /** Unique in this process. */
  readonly id: number;
  /** `wamp.1`, `wamp.2.json`, ...; `local` for a peer in this process. */
  readonly protocol: string;
  /** State of the connection's chart. */
  readonly state: string;
  /** The v1 authkey or v2 authid; null while, and for those who are, anonymous. */
  readonly authid: string | null;
  readonly authrole: string | null;
  /** Permissions as `getAuthPermissions` returned them. */
  readonly permissions: unknown;
  readonly remoteAddress: string | undefined;
  /** Headers of the request that opened the connection. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** Who a peer turned out to be. */
export interface Principal {
  readonly authid: string | null;
  readonly authrole: string;
  readonly permissions: Permissions;
}

/** How a session reaches its peer. Neither function may throw. */
export interface SessionPeer {
  readonly id: Id;
  readonly info: PeerInfo;
  readonly deliver: (reply: SessionReply) => void;
  /** Told true when requests pile up because a rule takes its time, false when they are worked off. */
  readonly onBacklog?: (full: boolean) => void;
}

/** The realm, as its sessions see it. */
export interface SessionHome {
  readonly name: string;
  readonly turns: TurnQueue;
  /** Does what a session asks for; called inside a turn. */
  dispatch(session: Session, request: SessionRequest): void;
  /** A session has left. */
  forget(session: Session): void;
}

/** A call that waits for its answer. */
export interface Abandonable {
  /** The caller is gone: nobody is answered. */
  abandon(): void;
}

/** Requests a waiting session may pile up before its peer is asked to pause. */
const backlogMark = 64;

/** One peer in one realm, from the moment it may call open procedures until it leaves. */
export class Session {
  readonly id: Id;
  readonly realm: SessionHome;
  readonly info: PeerInfo;
  /** Delivers to the peer. */
  readonly deliver: (reply: SessionReply) => void;
  /** By topic: `match uri`. */
  readonly attachments = new Map<string, Attachment>();
  readonly calls = new Set<Abandonable>();
  readonly #onBacklog: (full: boolean) => void;
  #principal: Principal | undefined;
  #left = false;
  #discarded = false;
  #held = false;
  #backlog: SessionRequest[] = [];

  constructor(realm: SessionHome, peer: SessionPeer) {
    this.realm = realm;
    this.id = peer.id;
    this.info = peer.info;
    this.deliver = peer.deliver;
    this.#onBacklog = peer.onBacklog ?? (() => {});
  }

  /** Whether it has authenticated and not left. */
  get isEstablished(): boolean {
    return this.#principal !== undefined && !this.#left;
  }

  get hasLeft(): boolean {
    return this.#left;
  }

  get authid(): string | null {
    return this.#principal?.authid ?? null;
  }

  get authrole(): string | null {
    return this.#principal?.authrole ?? null;
  }

  get permissions(): Permissions {
    return this.#principal?.permissions ?? nothingAllowed;
  }

  /** Establishes the session: from now on it has the rights of `principal`. */
  join(principal: Principal): void {
    this.#principal = principal;
  }

  /** Handles one request of the peer, or keeps it until those before it are done. Requests of a session that left are void. */
  handle(request: SessionRequest): void {
    if (this.#left) return;
    if (this.#held) {
      this.#backlog.push(request);
      if (this.#backlog.length === backlogMark) this.#onBacklog(true);
      return;
    }
    const { turns } = this.realm;
    if (!turns.begin()) {
      turns.later(() => this.handle(request));
      return;
    }
    try {
      this.realm.dispatch(this, request);
    } finally {
      turns.end();
    }
  }

  /**
   * Makes the session wait for `decision`, then does `proceed` as a turn and works off what has piled up. A publication that
   * its peer sent before it left is still decided on and published, nothing else is.
   */
  hold<Decision>(
    decision: Promise<Decision>,
    proceed: (decision: Decision) => void,
    fail: (error: unknown) => void,
  ): void {
    this.#held = true;
    const resume = (task: () => void): void => {
      if (!this.#discarded) this.realm.turns.enter(task);
      this.#release();
    };
    decision.then(
      (value) => resume(() => proceed(value)),
      (error: unknown) => resume(() => fail(error)),
    );
  }

  #release(): void {
    this.#held = false;
    const wasFull = this.#backlog.length >= backlogMark;
    while (!this.#held && this.#backlog.length > 0) {
      const request = this.#backlog.shift();
      if (request) this.realm.turns.enter(() => this.realm.dispatch(this, request));
    }
    if (wasFull && this.#backlog.length < backlogMark) this.#onBacklog(false);
  }

  /** Refuses or fails one of its requests. */
  refuse(request: SessionRequest, error: Reason, description: string, details?: unknown): void {
    const message: ErrorMessage = {
      type: 'ERROR',
      requestType: request.type,
      request: request.request,
      error,
      description,
      args: [],
      kwargs: undefined,
      details,
      from: 'router',
    };
    this.deliver(message);
  }

  /** Hears an event of a topic it is subscribed to. Called once per event and subscriber: nothing is allocated here. */
  hear(event: Event): void {
    if (mayHear(event.publication, this.id)) this.deliver(event);
  }

  /**
   * Ends the session: subscriptions and pending calls are gone at once. With `discard` (the peer broke the protocol or was
   * killed) requests that still wait are dropped; without, publications among them are carried out.
   */
  leave(options: { readonly discard: boolean }): void {
    if (this.#left) return;
    this.#left = true;
    this.#discarded = options.discard;
    this.#backlog = options.discard ? [] : this.#backlog.filter(({ type }) => type === 'PUBLISH');
    for (const attachment of this.attachments.values()) attachment.detach();
    this.attachments.clear();
    for (const call of [...this.calls]) call.abandon();
    this.realm.forget(this);
  }
}
