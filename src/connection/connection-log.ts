/** Logs and counts what happens to connections. */

import type { Counter, Report } from '../base/report.ts';
import type { PeerInfo } from '../session/peer.ts';
import { reasons } from '../wamp/reasons.ts';

type Peer = Pick<PeerInfo, 'id' | 'protocol' | 'remoteAddress' | 'authid'>;

/** The counters of those reasons for closing a connection that are counted. */
const countersByReason: Readonly<Record<string, Counter>> = {
  [reasons.outboxOverflow]: 'outbox_overflow',
  [reasons.pingTimeout]: 'ping_timeout',
  [reasons.helloTimeout]: 'hello_timeout',
  [reasons.authenticationFailed]: 'auth_timeout',
  [reasons.silent]: 'silent_closed',
  [reasons.tooManyBadMessages]: 'limit_reached',
  [reasons.tooManyFailedLogins]: 'limit_reached',
  [reasons.internalError]: 'internal_error',
};

/** Logs that a connection was opened, authenticated or closed (`step`), and the reason for closing it if there is one. */
export const logStep = (
  report: Report,
  { id, protocol, remoteAddress, authid }: Peer,
  reason: string,
  step: string,
): void => report.debug({ connection: id, protocol, remoteAddress, authid, reason }, step);

/** Logs that a peer broke the protocol; `message` says how. */
export const logViolation = (report: Report, { id, protocol, remoteAddress, authid }: Peer, message: string): void =>
  report.debug({ connection: id, protocol, remoteAddress, authid, violation: message }, 'a peer broke the protocol');

/** Logs and counts that the router closes a connection, if `reason` is one of those that are counted. */
export const logEnding = (
  report: Report,
  { id, remoteAddress, authid }: Peer,
  reason: string,
  message: string | undefined,
): void => {
  const counter = countersByReason[reason];
  if (!counter) return;
  const facts = { connection: id, remoteAddress, authid, reason, message };
  report.warn(counter, facts, 'a connection is closed by the router');
};
