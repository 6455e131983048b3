/** Sessions in this process: those of the embedding program, and the one in which the router itself makes calls. */

import { compilePermissions } from '../auth/permission.ts';
import type { Report } from '../base/report.ts';
import type { LocalPeerOptions } from '../realm/local-peer.ts';
import { LocalPeer } from '../realm/local-peer.ts';
import type { Realm } from '../realm/realm.ts';
import type { PeerInfo } from '../session/peer.ts';
import type { Id } from '../wamp/id.ts';
import { everythingAllowed } from '../wamp/permission.ts';
import type { RouterPeer } from './realm-authentication.ts';
import type { SessionOptions } from './requests.ts';

/** What the embedding program can see of an in-process session. */
const localInfo = (
  id: number,
  { authid, authrole, permissions }: Pick<PeerInfo, 'authid' | 'authrole' | 'permissions'>,
): PeerInfo =>
  Object.freeze({
    id,
    protocol: 'local',
    state: 'authenticated',
    authid,
    authrole,
    permissions,
    remoteAddress: undefined,
    headers: Object.freeze({}),
    droppedEvents: 0,
    pendingBytes: 0,
    mostPendingBytes: 0,
    messagesReceived: 0,
    bytesReceived: 0,
    messagesSent: 0,
    bytesSent: 0,
  });

/** What a session in this process needs of the router. */
export interface LocalBase {
  readonly report: Report;
  /** Returns an id for a session or publication. */
  readonly nextId: () => Id;
  /** Returns a number for a connection or in-process session, unique in this process. */
  readonly nextConnection: () => number;
}

/** The role of sessions in this process, unless the program gives another. */
const trusted = 'trusted';

const open = (
  { report, nextId, nextConnection }: LocalBase,
  options: Omit<SessionOptions, 'realm'>,
  rest: Pick<LocalPeerOptions, 'realm' | 'isHidden' | 'onLeave'>,
): LocalPeer => {
  const { authid = null, authrole = trusted, permissions } = options;
  return new LocalPeer({
    ...rest,
    report,
    id: nextId(),
    info: localInfo(nextConnection(), { authid, authrole, permissions }),
    authid,
    authrole,
    permissions: permissions === undefined ? everythingAllowed : compilePermissions(permissions),
  });
};

/** Opens a session of the embedding program in `realm`. It is one of `peers` until it leaves. */
export const openSession = (
  parts: LocalBase & { readonly peers: Set<LocalPeer> },
  realm: Realm,
  options: SessionOptions,
): LocalPeer => {
  const { peers } = parts;
  const peer = open(parts, options, { realm, onLeave: () => peers.delete(peer) });
  peers.add(peer);
  return peer;
};

/** Makes calls in the router's own name, in a session that is opened when it is first needed. `timeout` is in ms. */
export const createRouterPeer = (realm: () => Realm, base: LocalBase, timeout: number): RouterPeer => {
  let peer: LocalPeer | undefined;
  return {
    call: (procedure, args) => {
      peer ??= open(base, {}, { realm: realm(), isHidden: true, onLeave: () => {} });
      return peer.call(procedure, args, undefined, { timeout });
    },
    isItself: (session) => session === peer?.id,
  };
};
