/**
 * A session: what the realm knows about one peer, and the order in which its requests are handled.
 *
 * Requests are handled one after the other. While a decision is pending this session waits, and its further requests are
 * queued; other sessions go on. Replies are passed to `deliver`. The realm never sees the connection behind it.
 */

import { SmallMap } from '../base/small-map.ts';
import type { PeerFeatures } from '../wamp/feature.ts';
import type { Id } from '../wamp/id.ts';
import type { Match, Request, SessionReply, SessionRequest } from '../wamp/message.ts';
import type { Permissions } from '../wamp/permission.ts';
import { nothingAllowed } from '../wamp/permission.ts';
import type { Audience } from '../wamp/publication.ts';
import type { Reason } from '../wamp/reasons.ts';
import { reasons } from '../wamp/reasons.ts';
import type { Attachment } from './attachment.ts';
import type { Held } from './held.ts';
import type { InboxOwner, RealmPace } from './inbox.ts';
import { Inbox } from './inbox.ts';
import type { PeerInfo, Principal, SessionIdentity, SessionOwner, SessionPeer, UriRefusal } from './peer.ts';
import { PublishableTopics } from './publishable-topics.ts';
import type { CallsOwner } from './session-calls.ts';
import { routerFailure, SessionCalls } from './session-calls.ts';
import type { Testament } from './testament.ts';
import { Testaments } from './testament.ts';

/** The realm as its sessions see it. */
export interface SessionHome extends RealmPace {
  readonly name: string;
  /** Opens an account of held memory for a session. */
  openAccount(): Held;
  /** Handles a request of a session. Called inside a turn. */
  dispatch(session: Session, request: SessionRequest): void;
  /** Called when a request threw; it is answered with an error. */
  failed(session: Session, request: SessionRequest, error: unknown): void;
  /** Called for an error that belongs to no request. */
  broke(error: unknown): void;
  /** Called when a session leaves, whether or not it had joined. Everything that it holds is released. */
  forget(session: Session, options: { readonly isSilent: boolean }): void;
}

const noIds: ReadonlySet<Id> = new Set();
const noTestaments: readonly Testament[] = [];

/** One peer in one realm, from the moment when it may call open procedures until it leaves. */
export class Session implements InboxOwner, CallsOwner {
  readonly id: Id;
  readonly peer: SessionPeer;
  readonly #owner: SessionOwner;
  readonly realm: SessionHome;
  readonly features: PeerFeatures;
  /** Its pending calls. */
  readonly calls: SessionCalls;
  // What most sessions never need is created on first use.
  readonly #attachments = new SmallMap<Id, Attachment>();
  #registrations: Set<Id> | undefined;
  #testaments: Testaments | undefined;
  #held: Held | undefined;
  #publishable: PublishableTopics | undefined;
  #plainAudience: Audience | undefined;
  readonly #uriRefusal: UriRefusal;
  #principal: Principal | undefined;
  #left = false;
  #hasEnded = false;
  #isSilent = false;
  #refusesCalls = false;
  readonly #inbox: Inbox;

  constructor(
    realm: SessionHome,
    peer: SessionPeer,
    owner: SessionOwner,
    { id, features, uriRefusal }: SessionIdentity,
  ) {
    this.realm = realm;
    this.id = id;
    this.features = features;
    this.peer = peer;
    this.#owner = owner;
    this.#uriRefusal = uriRefusal;
    this.calls = new SessionCalls(this);
    this.#inbox = new Inbox(this, realm);
  }

  /** What is known about its peer. */
  get info(): PeerInfo {
    return this.peer.info;
  }

  /** Whether it has authenticated and has not left. */
  get isEstablished(): boolean {
    return this.#principal !== undefined && !this.#left;
  }

  /** Its subscriptions, by subscription id. */
  get attachments(): Pick<SmallMap<Id, Attachment>, 'get' | 'size' | 'values'> {
    return this.#attachments;
  }

  /** The ids of the registrations of which it is a callee. */
  get registrations(): ReadonlySet<Id> {
    return this.#registrations ?? noIds;
  }

  /** The publications to be made when the session has ended. */
  get testaments(): Testaments {
    this.#testaments ??= new Testaments(this.held);
    return this.#testaments;
  }

  /** Removes and returns its testaments, in the order in which they are to be published. */
  takeTestaments(): readonly Testament[] {
    return this.#testaments?.takeAll() ?? noTestaments;
  }

  /** The account of the memory that is held for its peer. */
  get held(): Held {
    this.#held ??= this.realm.openAccount();
    return this.#held;
  }

  /** Octets of the message whose request is being handled; 0 for a peer in this process. */
  get arrived(): number {
    return this.#inbox.arrived;
  }

  /** Whether no request waits, and no call is pending that it has made or must answer. */
  get isIdle(): boolean {
    return this.calls.areNone && this.#inbox.isIdle;
  }

  get hasLeft(): boolean {
    return this.#left;
  }

  /** The identity of the peer; undefined before it has authenticated. */
  get principal(): Principal | undefined {
    return this.#principal;
  }

  get authid(): string | null {
    return this.#principal?.authid ?? null;
  }

  get authrole(): string | null {
    return this.#principal?.authrole ?? null;
  }

  /** Whether its peer takes payloads that are one binary value without a list around it. */
  get takesTransparent(): boolean {
    return this.features.subscriber.passthru;
  }

  get permissions(): Permissions {
    return this.#principal?.permissions ?? nothingAllowed;
  }

  /** The audience of its publications without options: all sessions but itself. */
  get plainAudience(): Audience {
    this.#plainAudience ??= Object.freeze({ publisher: this.id });
    return this.#plainAudience;
  }

  /** Delivers to the peer. After the session has left nothing is delivered, since its link may carry another session by then. */
  deliver(reply: SessionReply): void {
    if (!this.#hasEnded) this.peer.deliver(reply);
  }

  /** Adds a subscription. */
  attach(attachment: Attachment): void {
    this.#attachments.set(attachment.topic.id, attachment);
  }

  /** Removes a subscription. */
  detach(id: Id): void {
    this.#attachments.delete(id);
  }

  /** Adds a registration of which it is a callee. */
  registered(id: Id): void {
    this.#registrations ??= new Set();
    this.#registrations.add(id);
  }

  /** Removes a registration. */
  unregistered(id: Id): void {
    this.#registrations?.delete(id);
  }

  /** Whether it is known to be allowed to publish to a topic. False means that this must be checked. */
  mayPublish(topic: string): boolean {
    return this.#publishable?.has(topic) === true;
  }

  /** Remembers that it is allowed to publish to a topic. */
  rememberMayPublish(topic: string): void {
    this.#publishable ??= new PublishableTopics();
    this.#publishable.add(topic);
  }

  /** Establishes the session: from now on it has the rights of `principal`. */
  join(principal: Principal): void {
    this.#principal = principal;
  }

  /**
   * Handles one request of the peer, or queues it if earlier ones are not done. Requests after it has left are ignored.
   * `octets` is the size of the message, 0 for a peer in this process.
   */
  handle(request: SessionRequest, octets = 0): void {
    if (this.#refusesCalls && request.type === 'CALL' && !this.calls.continues(request.request)) {
      this.refuse(request, reasons.unavailable, 'the router is shutting down');
    } else this.#inbox.take(request, octets);
  }

  /** Refuses new calls from now on. Pending calls and further parts of them go on. */
  refuseCalls(): void {
    this.#refusesCalls = true;
  }

  /** Answers with `wamp.error.canceled` those of its calls that have not been routed: they wait in the inbox, or for a decision. */
  cancelWaitingCalls(): void {
    for (const call of this.#inbox.withdrawCalls()) {
      // The parts of one call get a single answer.
      if (!this.calls.continues(call.request)) this.refuse(call, reasons.canceled, 'the call was canceled');
    }
  }

  carryOut(request: SessionRequest): void {
    this.realm.dispatch(this, request);
  }

  failed(request: SessionRequest, error: unknown): void {
    this.realm.failed(this, request, error);
  }

  onFull(isFull: boolean): void {
    this.#owner.onBacklog?.(isFull);
  }

  onIdle(): void {
    if (this.isIdle) this.#owner.onIdle?.();
  }

  /**
   * Makes the session wait for `decision`, then runs `proceed` or `fail` as a turn and handles the requests that have
   * queued up. If the session leaves meanwhile, only publications that its peer sent before are still decided about and
   * published.
   */
  hold<Decision>(
    decision: Promise<Decision>,
    proceed: (decision: Decision) => void,
    fail: (error: unknown) => void,
  ): void {
    this.#inbox.hold(decision, proceed, fail);
  }

  /** Refuses or fails one of its requests. Later parts of a progressive call are dropped, since the call has been answered. */
  refuse(request: Request, error: Reason, description: string, details?: unknown): void {
    if (request.type === 'CALL' && request.options.progress === true) this.calls.endProgressive(request.request);
    const failure = routerFailure(error, description, details);
    this.deliver({ type: 'ERROR', requestType: request.type, request: request.request, ...failure });
  }

  /** Why this peer cannot use `uri`; undefined if it can. */
  uriRefusal(uri: string, match: Match = 'exact'): string | undefined {
    return this.#uriRefusal(uri, match);
  }

  /** Called when the peer broke the protocol. */
  violate(message: string): void {
    if (!this.#left) this.#owner.violate?.(message);
  }

  /** Ends the session and tells its peer why. `isSilent`: no meta events, no testaments, as all other sessions are killed too. */
  kill(
    reason: Reason,
    message: string | undefined,
    options: { readonly isSilent: boolean } = { isSilent: false },
  ): void {
    this.#isSilent = options.isSilent;
    this.#owner.onKill(reason, message);
  }

  /**
   * Ends the session and releases everything that it holds. With `discard`, which is for a peer that broke the protocol or
   * was killed, requests that wait for a decision are dropped. Without it, the publications among them are still made.
   */
  leave(options: { readonly discard: boolean }): void {
    if (this.#left) return;
    this.#inbox.close(options);
    if (this.#left) return;
    this.#left = true;
    this.realm.forget(this, { isSilent: this.#isSilent });
    this.#held?.close();
    this.#hasEnded = true;
  }
}
