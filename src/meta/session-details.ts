/** What the session meta API tells of a session (Advanced Profile, "Session Meta API"). */

import type { Dict } from '../base/dict.ts';
import type { Session } from '../session/session.ts';

/** Who it is and where it comes from, as `wamp.session.get` answers it and `wamp.session.on_join` announces it. */
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
