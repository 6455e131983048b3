/**
 * A session: what the realm knows of one peer, and the order in which its requests are handled.
 *
 * Requests are handled one after the other. Where a rule takes its time, this session waits and what it sends meanwhile
 * is kept; other sessions go on. What goes back to the peer is handed to `deliver`; who is behind it the realm never sees.
 */

import { RecentMap } from '../base/recent-map.ts';
import { SmallMap } from '../base/small-map.ts';
import type { PeerFeatures } from '../wamp/feature.ts';
import type { Id } from '../wamp/id.ts';
import type { Audience, Match, Request, RequestId, SessionReply, SessionRequest } from '../wamp/message.ts';
import type { Permissions } from '../wamp/permission.ts';
import { nothingAllowed } from '../wamp/permission.ts';
import type { Reason } from '../wamp/reasons.ts';
import { reasons } from '../wamp/reasons.ts';
import type { Attachment } from './attachment.ts';
import type { Held } from './held.ts';
import type { InboxOwner, RealmPace } from './inbox.ts';
import { Inbox } from './inbox.ts';
import type { PeerInfo, Principal, SessionIdentity, SessionPeer, UriRefusal } from './peer.ts';
import type { CallsOwner, PendingCall } from './session-calls.ts';
import { routerFailure, SessionCalls } from './session-calls.ts';
import type { Testament } from './testament.ts';
import { Testaments } from './testament.ts';

/** The realm, as its sessions see it. */
export interface SessionHome extends RealmPace {
  readonly name: string;
  /** Opens the account of a session. */
  openAccount(): Held;
  /** Does what a session asks for; called inside a turn. */
  dispatch(session: Session, request: SessionRequest): void;
  /** A request threw: it is answered with an error. */
  failed(session: Session, request: SessionRequest, error: unknown): void;
  /** Something broke that no request is answered for. */
  broke(error: unknown): void;
  /** A session that had joined, or not, leaves: what it holds is to be given back. */
  forget(session: Session, options: { readonly isSilent: boolean }): void;
}

const noIds: ReadonlySet<Id> = new Set();
const noTestaments: readonly Testament[] = [];

/** Topics of which a session knows at a time that it may publish to them. */
const mostPublishable = 256;

/** One peer in one realm, from the moment it may call open procedures until it leaves. */
export class Session implements InboxOwner, CallsOwner {
  readonly id: Id;
  readonly peer: SessionPeer;
  readonly realm: SessionHome;
  readonly features: PeerFeatures;
  /** Its pending calls. */
  readonly calls: SessionCalls;
  // What most sessions never have is made when it is first needed.
  readonly #attachments = new SmallMap<Id, Attachment>();
  #registrations: Set<Id> | undefined;
  #testaments: Testaments | undefined;
  #held: Held | undefined;
  /** Topics that it may publish to without being asked about: the first one, and the others. */
  #publishableTopic: string | undefined;
  #publishableTopics: RecentMap<string, true> | undefined;
  #plainAudience: Audience | undefined;
  readonly #uriRefusal: UriRefusal;
  #principal: Principal | undefined;
  #left = false;
  #isDeaf = false;
  #isSilent = false;
  #refusesCalls = false;
  readonly #inbox: Inbox;

  constructor(realm: SessionHome, peer: SessionPeer, { id, features, uriRefusal }: SessionIdentity) {
    this.realm = realm;
    this.id = id;
    this.features = features;
    this.peer = peer;
    this.#uriRefusal = uriRefusal;
    this.calls = new SessionCalls(this);
    this.#inbox = new Inbox(this, realm);
  }

  /** What may be known of its peer. */
  get info(): PeerInfo {
    return this.peer.info;
  }

  /** Whether it has authenticated and not left. */
  get isEstablished(): boolean {
    return this.#principal !== undefined && !this.#left;
  }

  /** By subscription id. */
  get attachments(): Pick<SmallMap<Id, Attachment>, 'get' | 'size' | 'values'> {
    return this.#attachments;
  }

  /** Registrations that it is a callee of. */
  get registrations(): ReadonlySet<Id> {
    return this.#registrations ?? noIds;
  }

  /** What is published when it is over. */
  get testaments(): Testaments {
    this.#testaments ??= new Testaments(this.held);
    return this.#testaments;
  }

  /** Takes out its testaments, in the order of their publication. */
  takeTestaments(): readonly Testament[] {
    return this.#testaments?.takeAll() ?? noTestaments;
  }

  /** What the router holds of what its peer has sent. */
  get held(): Held {
    this.#held ??= this.realm.openAccount();
    return this.#held;
  }

  /** Octets of the message whose request is being carried out; 0 where the peer is in this process. */
  get arrived(): number {
    return this.#inbox.arrived;
  }

  /** Whether no request waits, and no call is pending that it has made or is to answer. */
  get isIdle(): boolean {
    return this.calls.areNone && this.#inbox.isIdle;
  }

  get hasLeft(): boolean {
    return this.#left;
  }

  /** Who it turned out to be; undefined before it has authenticated. */
  get principal(): Principal | undefined {
    return this.#principal;
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

  /** Who hears its publications that have no options: everybody else. */
  get plainAudience(): Audience {
    this.#plainAudience ??= Object.freeze({ publisher: this.id });
    return this.#plainAudience;
  }

  /** Delivers to the peer. After it has left nothing is: its link may carry another session by then. */
  deliver(reply: SessionReply): void {
    if (!this.#isDeaf) this.peer.deliver(reply);
  }

  /** Keeps its hold on a topic. */
  attach(attachment: Attachment): void {
    this.#attachments.set(attachment.topic.id, attachment);
  }

  /** Gives up its hold on a topic. */
  detach(id: Id): void {
    this.#attachments.delete(id);
  }

  /** It is a callee of a registration from now on. */
  registered(id: Id): void {
    this.#registrations ??= new Set();
    this.#registrations.add(id);
  }

  /** It is no callee of a registration any more. */
  unregistered(id: Id): void {
    this.#registrations?.delete(id);
  }

  /** Whether it is known that it may publish to a topic. What is not known has to be asked. */
  mayPublish(topic: string): boolean {
    return topic === this.#publishableTopic || this.#publishableTopics?.has(topic) === true;
  }

  /** From now on it is known that it may publish to a topic. */
  rememberMayPublish(topic: string): void {
    if (this.#publishableTopic === undefined) {
      this.#publishableTopic = topic;
      return;
    }
    this.#publishableTopics ??= new RecentMap(mostPublishable);
    this.#publishableTopics.set(topic, true);
  }

  /** Establishes the session: from now on it has the rights of `principal`. */
  join(principal: Principal): void {
    this.#principal = principal;
  }

  /**
   * Handles one request of the peer, or keeps it until those before it are done. Requests of a session that left are void. `octets` are
   * those of its message.
   */
  handle(request: SessionRequest, octets = 0): void {
    if (this.#refusesCalls && request.type === 'CALL' && !this.continues(request.request)) {
      this.refuse(request, reasons.unavailable, 'the router is shutting down');
    } else this.#inbox.take(request, octets);
  }

  /** From now on new calls are refused; those under way, and further parts of them, go on. */
  refuseCalls(): void {
    this.#refusesCalls = true;
  }

  /** Answers those of its calls with `wamp.error.canceled` that no callee has been looked for: they wait, or a rule takes its time. */
  cancelWaitingCalls(): void {
    for (const call of this.#inbox.withdrawCalls()) {
      // Parts of one call have one answer.
      if (!this.continues(call.request)) this.refuse(call, reasons.canceled, 'the call was canceled');
    }
  }

  carryOut(request: SessionRequest): void {
    this.realm.dispatch(this, request);
  }

  failed(request: SessionRequest, error: unknown): void {
    this.realm.failed(this, request, error);
  }

  onFull(isFull: boolean): void {
    this.peer.onBacklog?.(isFull);
  }

  onIdle(): void {
    if (this.isIdle) this.peer.onIdle?.();
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
    this.#inbox.hold(decision, proceed, fail);
  }

  /** Refuses or fails one of its requests. What else comes of a call in parts is dropped: it has had its answer. */
  refuse(request: Request, error: Reason, description: string, details?: unknown): void {
    if (request.type === 'CALL' && request.options.progress === true) this.calls.endProgressive(request.request);
    const failure = routerFailure(error, description, details);
    this.deliver({ type: 'ERROR', requestType: request.type, request: request.request, ...failure });
  }

  /** Why `uri` cannot be used by this peer; undefined when it can. */
  uriRefusal(uri: string, match: Match = 'exact'): string | undefined {
    return this.#uriRefusal(uri, match);
  }

  /** The pending call in parts that a CALL with this request belongs to. */
  progressiveCall(request: RequestId): PendingCall | undefined {
    if (!this.features.caller.progressiveInvocations) return undefined;
    const call = this.calls.find(request);
    return call?.isProgressive ? call : undefined;
  }

  /** Whether a CALL with this request is one more part of a call in parts, live or over. */
  continues(request: RequestId): boolean {
    if (!this.features.caller.progressiveInvocations) return false;
    return this.calls.hasEndedProgressive(request) || this.calls.find(request) !== undefined;
  }

  /** The peer broke the protocol. */
  violate(message: string): void {
    if (!this.#left) this.peer.onViolation?.(message);
  }

  /** Ends the session for `reason`; the peer is told. With `isSilent` nobody else is: all others are being killed as well. */
  kill(
    reason: Reason,
    message: string | undefined,
    options: { readonly isSilent: boolean } = { isSilent: false },
  ): void {
    this.#isSilent = options.isSilent;
    this.peer.onKill(reason, message);
  }

  /**
   * Ends the session: what it holds is gone at once. With `discard` (the peer broke the protocol or was killed) requests that
   * wait for a decision are dropped; without, publications among them are carried out.
   */
  leave(options: { readonly discard: boolean }): void {
    if (this.#left) return;
    this.#inbox.close(options);
    if (this.#left) return;
    this.#left = true;
    this.realm.forget(this, { isSilent: this.#isSilent });
    this.#held?.close();
    this.#isDeaf = true;
  }
}
