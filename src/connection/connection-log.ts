/** What the log and the counters are told of a connection. */

import type { PeerInfo } from '../realm/peer.ts';
import { reason } from '../wamp/reason.ts';
import type { Counter, Report } from '../wamp/report.ts';

type Peer = Pick<PeerInfo, 'id' | 'protocol' | 'remoteAddress' | 'authid'>;

/** Which counter an ending belongs to. */
const countersByReason: Readonly<Record<string, Counter>> = {
  [reason.outboxOverflow]: 'outbox_overflow',
  [reason.pingTimeout]: 'ping_timeout',
  [reason.helloTimeout]: 'hello_timeout',
  [reason.authenticationFailed]: 'auth_timeout',
  [reason.silent]: 'silent_closed',
  [reason.tooManyBadMessages]: 'limit_reached',
  [reason.tooManyFailedLogins]: 'limit_reached',
  [reason.internalError]: 'internal_error',
};

/** It was connected, authenticated or disconnected; `why` it is closed, where it is. */
export const logStep = (
  report: Report,
  { id, protocol, remoteAddress, authid }: Peer,
  why: string,
  step: string,
): void => report.debug({ connection: id, protocol, remoteAddress, authid, reason: why }, step);

/** Its peer broke the protocol; `message` says how. */
export const logViolation = (report: Report, { id, protocol, remoteAddress, authid }: Peer, message: string): void =>
  report.debug({ connection: id, protocol, remoteAddress, authid, violation: message }, 'a peer broke the protocol');

/** The router ends it: told and counted, where `why` is one of the endings that are counted. */
export const logEnding = (
  report: Report,
  { id, remoteAddress, authid }: Peer,
  why: string,
  message: string | undefined,
): void => {
  const counter = countersByReason[why];
  if (!counter) return;
  const facts = { connection: id, remoteAddress, authid, reason: why, message };
  report.warn(counter, facts, 'a connection is closed by the router');
};
