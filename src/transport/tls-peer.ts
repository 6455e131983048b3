/** What TLS knows of a peer: the certificate that it showed, and key material that only the two ends share. */

import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { Handshake } from '../connection/link.ts';

/** The label and length of `tls-exporter` (RFC 9266, 2). */
const exporterLabel = 'EXPORTER-Channel-Binding';
const exporterLength = 32;

/** The facts of a TLS socket; undefined for any other. A certificate counts only when TLS has verified it. */
export const tlsPeerOf = (socket: Duplex): Handshake['tls'] => {
  if (!(socket instanceof TLSSocket)) return undefined;
  const shown = socket.authorized ? socket.getPeerCertificate() : undefined;
  const name = shown?.subject?.CN;
  const commonName = Array.isArray(name) ? name[0] : name;
  return {
    certificate: shown && commonName ? { commonName, fingerprint: shown.fingerprint256 } : undefined,
    channelId: () => socket.exportKeyingMaterial(exporterLength, exporterLabel, Buffer.alloc(0)),
  };
};
