/** WebSocket close codes with which the router ends a connection, of either version of WAMP (RFC 6455, 7.4.1). */

import { reasons } from '../wamp/reasons.ts';

/** For a peer that broke a rule of this router, and for every reason that has no code of its own. */
export const policyViolation = 1008;

/** Close codes by the reason for which the connection ends. */
export const closeCodes: Readonly<Record<string, number>> = {
  [reasons.systemShutdown]: 1001,
  [reasons.internalError]: 1011,
};
