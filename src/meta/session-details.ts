/** The details of a session in the session meta API (Advanced Profile, "Session Meta API"). */

import type { Dict } from '../base/dict.ts';
import type { Session } from '../session/session.ts';

/** The identity and origin of a session, as in the answer of `wamp.session.get` and the event `wamp.session.on_join`. */
export const sessionDetails = ({ id, principal, info }: Session): Dict => {
  const { protocol, remoteAddress } = info;
  return {
    session: id,
    authid: principal?.authid ?? '',
    authrole: principal?.authrole ?? '',
    authmethod: principal?.authmethod ?? '',
    authprovider: principal?.authprovider ?? '',
    transport: { protocol, ...(remoteAddress !== undefined && { peer: remoteAddress }) },
  };
};
