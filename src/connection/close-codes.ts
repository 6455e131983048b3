/** WebSocket close codes with which the router ends a connection, of either version of WAMP (RFC 6455, 7.4.1). */

import { reasons } from '../wamp/reasons.ts';

/** For a peer that broke a rule of this router; for all reasons that have no code of their own. */
export const policyViolation = 1008;

/** By the reason of the ending. */
export const closeCodes: Readonly<Record<string, number>> = {
  [reasons.systemShutdown]: 1001,
  [reasons.internalError]: 1011,
};
