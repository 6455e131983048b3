/** Logs and counts what happens to connections. */

import type { Counter, Report } from '../base/report.ts';
import type { PeerInfo } from '../session/peer.ts';
import type { Session } from '../session/session.ts';
import { reasons } from '../wamp/reasons.ts';

interface Peer extends Pick<PeerInfo, 'id' | 'protocol' | 'remoteAddress'> {
  readonly session: Pick<Session, 'authid'> | undefined;
}

const authidOf = ({ session }: Peer): string | null => session?.authid ?? null;

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
export const logStep = (report: Report, peer: Peer, step: string, reason = ''): void => {
  const { id, protocol, remoteAddress } = peer;
  report.debug({ connection: id, protocol, remoteAddress, authid: authidOf(peer), reason }, step);
};

/** Logs that a peer broke the protocol; `violation` says how. */
export const logViolation = (report: Report, peer: Peer, violation: string): void => {
  const { id, protocol, remoteAddress } = peer;
  const facts = { connection: id, protocol, remoteAddress, authid: authidOf(peer), violation };
  report.debug(facts, 'a peer broke the protocol');
};

/** Logs and counts that the router closes a connection, if `reason` is one of those that are counted. */
export const logEnding = (report: Report, peer: Peer, reason: string, message: string | undefined): void => {
  const counter = countersByReason[reason];
  if (!counter) return;
  const { id, remoteAddress } = peer;
  const facts = { connection: id, remoteAddress, authid: authidOf(peer), reason, message };
  report.warn(counter, facts, 'a connection is closed by the router');
};
