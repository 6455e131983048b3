/** The peer of a session: what is known about it, its identity, and how the realm sends to it. */

import type { PeerFeatures } from '../wamp/feature.ts';
import type { Id } from '../wamp/id.ts';
import type { Match, SessionReply } from '../wamp/message.ts';
import type { Permissions } from '../wamp/permission.ts';
import type { Reason } from '../wamp/reasons.ts';

/**
 * What the embedding program can see of the connection behind a session. The object is frozen; its getters return the
 * current values.
 */
export interface PeerInfo {
  /** Unique in this process. */
  readonly id: number;
  /** `wamp.1`, `wamp.2.json`, ...; `local` for a peer in this process. */
  readonly protocol: string;
  /** State of the connection's chart, such as `authenticated`. */
  readonly state: string;
  /** The v1 authkey or v2 authid; null for an anonymous peer, and before authentication. */
  readonly authid: string | null;
  /** Null while there is no session. */
  readonly authrole: string | null;
  /** Permissions as `getAuthPermissions` returned them. */
  readonly permissions: unknown;
  /** The IP address of the peer, or the one that a trusted proxy names; undefined if there is none. */
  readonly remoteAddress: string | undefined;
  /** Headers of the request that opened the connection. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** How many events the peer has missed: dropped by the outbox, too large, or not encodable in its serializer. */
  readonly droppedEvents: number;
  /** Octets that wait to be written to it. */
  readonly pendingBytes: number;
  /** The most octets that have waited so far. Like the four counts below it is 0 for a peer in this process, which has no link. */
  readonly mostPendingBytes: number;
  /** How many messages have arrived from it. */
  readonly messagesReceived: number;
  /** Octets of these messages, without their frames. */
  readonly bytesReceived: number;
  /** How many messages have been handed to its link. */
  readonly messagesSent: number;
  /** Octets of these messages, with their frames. */
  readonly bytesSent: number;
}

/** The identity of a session, as procedures and authorizers see it. */
export interface CallerInfo {
  /** The session id. */
  readonly id: Id;
  /** Null if it has none. */
  readonly authid: string | null;
  /** Null if it has none. */
  readonly authrole: string | null;
}

/** The identity of an authenticated peer. */
export interface Principal {
  readonly authid: string | null;
  readonly authrole: string;
  /** How it authenticated, and the authority that vouches for it, as in the session meta API. */
  readonly authmethod: string;
  readonly authprovider: string;
  readonly permissions: Permissions;
}

/** The peer of a session, as its realm sees it: where replies and events go. `deliver` does not throw. */
export interface SessionPeer {
  readonly info: PeerInfo;
  /** The largest message that the peer accepts, in octets, including the frame; undefined for a peer in this process. */
  readonly maxMessage?: number;
  deliver(reply: SessionReply): void;
}

/** Whoever has opened a session, and is told what happens to it. None of the functions may throw. */
export interface SessionOwner {
  /**
   * Called with true when requests pile up because of a pending decision or a busy realm, and with false when they have
   * been handled.
   */
  onBacklog?(full: boolean): void;
  /** Called when the session is idle: no request waits, and no call is pending that it has made or must answer. */
  onIdle?(): void;
  /** Called when the peer broke the protocol in a way that only the realm can detect. */
  violate?(message: string): void;
  /** Called when the session is killed: tell the peer the reason, then leave. */
  onKill(reason: Reason, message: string | undefined): void;
}

/** Why the form of a URI is not allowed for a peer; undefined if it is. */
export type UriRefusal = (uri: string, match: Match) => string | undefined;

/** The identity of a new session. */
export interface SessionIdentity {
  readonly id: Id;
  readonly features: PeerFeatures;
  readonly uriRefusal: UriRefusal;
}
