/** Counts what a router holds. What must live here: what `Postmaster.stats` returns, and where each number comes from. */

import type { Counter } from '../base/report.ts';
import type { Realm } from '../realm/realm.ts';
import type { Parts } from './composition.ts';

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

/** Counts what the parts of a router hold right now. */
export const statsOf = ({ acceptor, realms, clock, report }: Parts): Stats => {
  const all = [...realms.values()];
  const sum = (count: (realm: Realm) => number): number => all.reduce((total, realm) => total + count(realm), 0);
  return {
    connections: acceptor.connections.size,
    sessions: sum((realm) => realm.sessions),
    topics: sum((realm) => realm.broker.topics),
    subscriptions: sum((realm) => realm.broker.attachments),
    registrations: sum((realm) => realm.registrations.size),
    pendingCalls: sum((realm) => realm.pendingCalls),
    heldOctets: sum((realm) => realm.held.octets),
    timers: clock.pending,
    counters: report.counters(),
  };
};
