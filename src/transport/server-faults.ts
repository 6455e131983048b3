/** What goes wrong at a server before a connection is anybody's: told of and counted, as nobody else hears of it. */

import type { Server as HttpServer } from 'node:http';
import type { Server, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Report } from '../base/report.ts';
import { refuseUpgrade } from './websocket/server.ts';

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

/** Statuses of the requests that Node gives up on, by the code of its error; those that it cannot read have 400. */
const statuses: Readonly<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
};
/** Said of a peer that ended in the middle of its request: it went away by itself. */
const unfinished = 'HPE_INVALID_EOF_STATE';

const statusOf = (code = ''): number | undefined =>
  statuses[code] ?? (code.startsWith('HPE_') && code !== unfinished ? 400 : undefined);

/**
 * Answers what is no request, or does not come in time, with a status and why, and reports it. For servers of the router's own: on
 * a server of the application it would take the place of what answers there.
 */
export const refuseBadRequests = (server: HttpServer, report: Report): void => {
  server.on('clientError', ({ code, message }: NodeJS.ErrnoException, socket: Socket) => {
    const status = statusOf(code);
    // The peer is gone, or it is TLS that has failed, which has been told of.
    if (status === undefined) return void socket.destroy();
    const { remoteAddress } = socket;
    report.warn('upgrade_refused', { remoteAddress, status, reason: message }, 'a connection was refused');
    // In the middle of an answer, or behind one, there is no room for another.
    if (socket.bytesWritten > 0) socket.destroy();
    else refuseUpgrade(socket, { status, message: `${message}.` });
  });
};
