/** What a realm is made with. */

import type { Clock } from '../base/clock.ts';
import type { Report } from '../base/report.ts';
import type { HistorySettings } from '../broker/history.ts';
import type { PublishGuard } from '../broker/publishing.ts';
import type { RetentionLimits } from '../broker/retention.ts';
import type { Authorizer } from '../session/authorizer.ts';
import type { Disclosure } from '../session/disclosure.ts';
import type { WorkLimit } from '../session/work-limit.ts';
import type { Id } from '../wamp/id.ts';

/** Numbers that bound what sessions may hold, and the realm for them. */
export interface RealmLimits extends RetentionLimits {
  readonly maxSubscriptions: number;
  readonly maxRegistrations: number;
  readonly maxPendingCalls: number;
  readonly maxQueuedCalls: number;
  readonly maxTestaments: number;
  /** Octets of a message from a peer, and roughly of an answer about a history. */
  readonly maxMessageSize: number;
  /** Octets that may be held of what peers have sent: over all sessions, and of one. */
  readonly maxHeldSize: number;
  readonly maxHeldSizePerSession: number;
  /** ms; 0 is never. */
  readonly callTimeout: number;
  /** ms that the authorizer, and the guard of publications, have for an answer. */
  readonly authTimeout: number;
  /** Octets, roughly, of events of one session that may wait for the authorizer. */
  readonly outboxSize: number;
}

/** What a realm needs from outside. */
export interface RealmOptions {
  readonly name: string;
  readonly clock: Clock;
  readonly report: Report;
  /** Random over the whole range of ids. */
  readonly nextId: () => Id;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
  /** How much it does in a turn of the event loop. */
  readonly work: WorkLimit;
  readonly limits: RealmLimits;
  readonly guard?: PublishGuard | undefined;
  readonly authorizer?: Authorizer | undefined;
  readonly disclosure: Disclosure;
  readonly history: readonly HistorySettings[];
  /** Roles whose sessions may take over registrations of others. */
  readonly forceReregisterRoles: readonly string[];
  /** Whether callees that take no INTERRUPT may answer in progressive results. */
  readonly progressWithoutCanceling: boolean;
}
