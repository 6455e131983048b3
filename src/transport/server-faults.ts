/** What goes wrong at a server before a connection is anybody's: told of and counted, as nobody else hears of it. */

import type { Server } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Report } from '../wamp/report.ts';

type TlsError = NodeJS.ErrnoException & { readonly reason?: string };

/** What Node says of a peer that went away by itself, as one does that only looks whether the port is open. */
const departures = new Set(['ECONNRESET', 'EPIPE']);

/**
 * Reports every TLS handshake of `server` that is too slow or cannot succeed (no TLS, no version in common, a certificate that is
 * refused), with the address of the peer; to close the connection is left to others. And every connection that the system
 * would not hand over, which would end the process if nobody listened. Why a server cannot listen is not told of here.
 */
export const tellOfFaults = (server: Server, report: Report): void => {
  // Before all others: once the socket is destroyed, its address is not known any more.
  server.prependListener('tlsClientError', ({ code, reason, message }: TlsError, { remoteAddress }: TLSSocket) => {
    if (departures.has(code ?? '')) return;
    report.warn('handshake_failed', { remoteAddress, code, reason: reason ?? message }, 'a TLS handshake failed');
  });
  server.on('error', (error: NodeJS.ErrnoException) => {
    if (error.syscall !== 'accept') return;
    report.error('internal_error', { err: error }, 'the system would not hand over a connection');
  });
};
