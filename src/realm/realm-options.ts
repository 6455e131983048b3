/** The options of a realm. */

import type { Clock } from '../base/clock.ts';
import type { Report } from '../base/report.ts';
import type { HistorySettings } from '../broker/history.ts';
import type { PublishGuard } from '../broker/publishing.ts';
import type { RetentionLimits } from '../broker/retention.ts';
import type { Authorizer } from '../session/authorizer.ts';
import type { Disclosure } from '../session/disclosure.ts';
import type { WorkLimit } from '../session/work-limit.ts';
import type { Id } from '../wamp/id.ts';
import type { PayloadParts } from '../wamp/payload.ts';

/** Limits for what sessions may hold, and for what the realm holds for them. */
export interface RealmLimits extends RetentionLimits {
  readonly maxSubscriptions: number;
  readonly maxRegistrations: number;
  readonly maxPendingCalls: number;
  readonly maxQueuedCalls: number;
  readonly maxTestaments: number;
  /** The largest message from a peer, in octets, and approximately the largest answer about a history. */
  readonly maxMessageSize: number;
  /** The most octets that may be held on behalf of peers: over all sessions, and for one. */
  readonly maxHeldSize: number;
  readonly maxHeldSizePerSession: number;
  /** In ms; 0 means no timeout. */
  readonly callTimeout: number;
  /** How long the authorizer and the guard of publications may take to answer, in ms. */
  readonly authTimeout: number;
  /** How many octets of events of one session may wait for the authorizer, approximately. */
  readonly outboxSize: number;
}

/** What a realm is created with. */
export interface RealmOptions {
  readonly name: string;
  readonly clock: Clock;
  readonly report: Report;
  /** Random over the whole range of ids. */
  readonly nextId: () => Id;
  /** A random number from 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
  /** Limits the work of the realm in one turn of the event loop. */
  readonly work: WorkLimit;
  readonly limits: RealmLimits;
  /** Payloads in octets, for programs that ask for them. */
  readonly payloadParts: PayloadParts;
  readonly guard?: PublishGuard | undefined;
  readonly authorizer?: Authorizer | undefined;
  readonly disclosure: Disclosure;
  readonly history: readonly HistorySettings[];
  /** Roles whose sessions may take over registrations of other authids. */
  readonly forceReregisterRoles: readonly string[];
  /** Whether callees that do not support INTERRUPT may send progressive results. */
  readonly progressWithoutCanceling: boolean;
}
