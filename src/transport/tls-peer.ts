/** What TLS knows of a peer: the certificate that it sent, and key material that only the two ends share. */

import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { channelIdOf } from '../auth/channel-id.ts';
import type { Handshake } from './link.ts';

/** What TLS knows of the peer of a socket; undefined without TLS. A certificate counts only when TLS has verified it. */
export const tlsPeerOf = (socket: Duplex): Handshake['tls'] => {
  if (!(socket instanceof TLSSocket)) return undefined;
  const shown = socket.authorized ? socket.getPeerCertificate() : undefined;
  const name = shown?.subject?.CN;
  const commonName = Array.isArray(name) ? name[0] : name;
  return {
    certificate: shown && commonName ? { commonName, fingerprint: shown.fingerprint256 } : undefined,
    channelId: (type) => channelIdOf(socket, type, 'server'),
  };
};
