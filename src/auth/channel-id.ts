/**
 * TLS channel ids, for both ends: octets that only the two ends of a TLS connection share. A signature over them is valid
 * for that connection alone (Advanced Profile, "TLS Channel Binding").
 */

import { createHash } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { ChannelBinding } from './channel-binding.ts';

/** The end of a connection that reads the channel id. */
export type TlsEnd = 'client' | 'server';

/** The label and length of `tls-exporter` (RFC 9266, 2). */
const exporterLabel = 'EXPORTER-Channel-Binding';
const exporterLength = 32;

// RFC 5929, 3.1: the first Finished message of the handshake. In a full handshake that is the client's. In a resumed one it
// would be the server's, which is refused here, since a peer in the middle could make two connections agree on it (RFC
// 7627, 1). A Finished message has 12 octets and a challenge 32, so the other implementations of WAMP take its SHA-256.
const readUnique = (socket: TLSSocket, end: TlsEnd): Buffer | string => {
  const version = socket.getProtocol();
  if (version !== 'TLSv1.2') return `${version} has no tls-unique; use tls-exporter`;
  if (socket.isSessionReused()) return 'a resumed TLS session has no tls-unique; use tls-exporter';
  const finished = end === 'client' ? socket.getFinished() : socket.getPeerFinished();
  return finished ? createHash('sha256').update(finished).digest() : 'the TLS handshake has not finished';
};

const readers: Readonly<Record<ChannelBinding, (socket: TLSSocket, end: TlsEnd) => Buffer | string>> = {
  'tls-exporter': (socket) => socket.exportKeyingMaterial(exporterLength, exporterLabel, Buffer.alloc(0)),
  'tls-unique': readUnique,
};

/** The 32 octets of a channel id as `end` sees them, or a sentence that says why there are none. */
export const channelIdOf = (socket: TLSSocket, type: ChannelBinding, end: TlsEnd): Buffer | string =>
  readers[type](socket, end);
