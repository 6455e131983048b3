/** Peers with an authid and a role of their own, and what they have received. */

import type { SerializerName } from '../../src/codec/serializers.ts';
import type { Postmaster, RealmSettings } from '../../src/index.ts';
import type { List, V2Peer } from './v2-client.ts';
import { connectV2InMemory } from './v2-client.ts';
import { code, everythingAndMeta } from './v2-router.ts';

const ticket = 'secret';

/** Options of a realm with principals, each `[authid, role]`; roles that `roles` does not name may do everything. */
export const withPrincipals = (
  principals: readonly (readonly [authid: string, role: string])[],
  roles: RealmSettings['roles'] = {},
): Partial<RealmSettings> => ({
  roles: { ...Object.fromEntries(principals.map(([, role]) => [role, everythingAndMeta])), ...roles },
  authenticators: { ticket: Object.fromEntries(principals.map(([authid, role]) => [authid, { ticket, role }])) },
});

/** A peer in this process that has authenticated as `authid`. */
export const joinAs = async (
  postmaster: Postmaster,
  authid: string,
  serializer: SerializerName = 'json',
): Promise<V2Peer> => {
  const peer = connectV2InMemory(postmaster, serializer);
  await peer.hello('realm1', { authid, authmethods: ['ticket'] });
  peer.send(code.AUTHENTICATE, ticket, {});
  const [type, session] = await peer.take(([type]) => type === code.WELCOME || type === code.ABORT);
  if (type !== code.WELCOME) throw new Error(`no WELCOME for ${authid}`);
  peer.session = session as number;
  return peer;
};

/** Every EVENT that a peer has received, in order. */
export const eventsOf = (peer: V2Peer): readonly List[] => peer.received.filter(([type]) => type === code.EVENT);

/** The first argument of every EVENT of a peer, in order. */
export const heard = (peer: V2Peer): readonly unknown[] => eventsOf(peer).map(([, , , , args]) => (args as List)?.[0]);

/** Waits until everything that `peers` sent has been handled, and what follows from it has arrived at each of them. */
export const settle = async (...peers: readonly V2Peer[]): Promise<void> => {
  for (const peer of peers) await peer.barrier();
  for (const peer of peers) await peer.barrier();
};
