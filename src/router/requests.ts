/** What the methods of `Postmaster` accept, and what `stats` returns. */

import type { PermissionsInput } from '../auth/permission.ts';
import type { Counter } from '../base/report.ts';
import type { Id } from '../wamp/id.ts';
import type { Args, Kwargs } from '../wamp/message.ts';

/** Which realm a method works on. */
export interface RealmChoice {
  /** Default: the realm of v1 connections. */
  readonly realm?: string;
}

/** Options of `publishEvent`. With `args` or `kwargs` its argument `event` is ignored. */
export interface PublishEventOptions extends RealmChoice {
  /** Positional payload, instead of the event. */
  readonly args?: Args;
  /** Keyword payload, instead of the event. */
  readonly kwargs?: Kwargs;
  /** The ids of the only sessions that may receive it. An empty list means no session. Default: all. */
  readonly eligible?: readonly Id[];
  /** The ids of sessions that do not receive it. */
  readonly exclude?: readonly Id[];
}

/** Options of an in-process session. */
export interface SessionOptions extends RealmChoice {
  /** Default: null, as of an anonymous peer. */
  readonly authid?: string;
  /** Default: `trusted`. */
  readonly authrole?: string;
  /** They limit it as they limit any peer. Default: it may do everything. */
  readonly permissions?: PermissionsInput;
}

/** Whose decisions `forgetAuthorizations` forgets. Without a session: those of all sessions of the realm. */
export interface AuthorizationChoice extends RealmChoice {
  /** A session id. */
  readonly session?: Id;
}

/** Counts of what a router holds. When all peers have left, everything except `registrations` and `counters` is zero. */
export interface Stats {
  /** Connections whose link is not closed yet. */
  readonly connections: number;
  /** Established sessions, in-process ones included. */
  readonly sessions: number;
  /** Topics and patterns that have subscribers. */
  readonly topics: number;
  /** Subscribers of all topics. */
  readonly subscriptions: number;
  /** Procedures, those of the program included. */
  readonly registrations: number;
  /** Calls without an answer. */
  readonly pendingCalls: number;
  /** Octets of memory, roughly, that hold what peers have sent. */
  readonly heldOctets: number;
  /** Timers of the router that are running. */
  readonly timers: number;
  /** PROTOCOL.md says what each of them counts. */
  readonly counters: Readonly<Record<Counter, number>>;
}
