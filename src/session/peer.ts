/** The other end of a session: what may be known of it, who it turned out to be, and how it is reached. */

import type { PeerFeatures } from '../wamp/feature.ts';
import type { Id } from '../wamp/id.ts';
import type { Match, SessionReply } from '../wamp/message.ts';
import type { Permissions } from '../wamp/permission.ts';
import type { Reason } from '../wamp/reasons.ts';

/** What the embedding program may know of the connection behind a session: a frozen object that shows how things are when it is read. */
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
  /**
   * Events that were on their way to it and that it went without: dropped by the outbox, too large, or nothing that its
   * serializer holds.
   */
  readonly droppedEvents: number;
  /** Octets that wait to be written to it. */
  readonly pendingBytes: number;
}

/** Who calls, as a procedure sees it. */
export interface CallerInfo {
  readonly id: Id;
  readonly authid: string | null;
  readonly authrole: string | null;
}

/** Who a peer turned out to be. */
export interface Principal {
  readonly authid: string | null;
  readonly authrole: string;
  /** How it authenticated, and what vouched for it; as the session meta API shows them. */
  readonly authmethod: string;
  readonly authprovider: string;
  readonly permissions: Permissions;
}

/** How a session reaches its peer. None of the functions may throw. */
export interface SessionPeer {
  readonly info: PeerInfo;
  /** Octets of the largest message that it takes, with its frame; undefined for a peer in this process. */
  readonly maxMessage?: number;
  deliver(reply: SessionReply): void;
  /** Told true when requests pile up because a rule takes its time or the realm is busy, false when they are worked off. */
  onBacklog?(full: boolean): void;
  /** No request waits any more, none of its calls waits for an answer, nor is one waiting for its answer. */
  onIdle?(): void;
  /** The peer broke the protocol in a way that only the realm could see. */
  onViolation?(message: string): void;
  /** Somebody ends the session: its peer is to be told why, and then it leaves. */
  onKill(reason: Reason, message: string | undefined): void;
}

/** Why a URI may not be used by a peer, as far as its form is concerned; undefined when it may. */
export type UriRefusal = (uri: string, match: Match) => string | undefined;

/** Who a new session is. */
export interface SessionIdentity {
  readonly id: Id;
  readonly features: PeerFeatures;
  readonly uriRefusal: UriRefusal;
}
