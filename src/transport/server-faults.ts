/** Reports and counts what goes wrong at a server before a transport has the connection, since nothing else notices it. */

import type { Server as HttpServer } from 'node:http';
import type { Server, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Report } from '../base/report.ts';
import { refuseUpgrade } from './websocket/server.ts';

type TlsError = NodeJS.ErrnoException & { readonly reason?: string };

/** Error codes of a peer that went away by itself, such as one that only checks whether the port is open. */
const departures = new Set(['ECONNRESET', 'EPIPE']);

/**
 * Reports every TLS handshake of `server` that times out or cannot succeed (no TLS, no version in common, a refused
 * certificate), with the address of the peer. It does not close the connection. It also reports every connection that the
 * system could not accept; without a listener such an error would end the process. It does not report why a server cannot
 * listen.
 */
export const reportFaults = (server: Server, report: Report): void => {
  // Runs before all other listeners, because a destroyed socket has no remote address.
  server.prependListener('tlsClientError', ({ code, reason, message }: TlsError, { remoteAddress }: TLSSocket) => {
    if (departures.has(code ?? '')) return;
    report.warn('handshake_failed', { remoteAddress, code, reason: reason ?? message }, 'a TLS handshake failed');
  });
  server.on('error', (error: NodeJS.ErrnoException) => {
    if (error.syscall !== 'accept') return;
    report.error('internal_error', { err: error }, 'the system could not accept a connection');
  });
};

/** HTTP statuses of the requests that Node gives up, by error code. Other requests that it cannot parse get 400. */
const statuses: Readonly<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
};
/** The error code of a peer that ended in the middle of its request: it went away by itself. */
const unfinished = 'HPE_INVALID_EOF_STATE';

const statusOf = (code = ''): number | undefined =>
  statuses[code] ?? (code.startsWith('HPE_') && code !== unfinished ? 400 : undefined);

/**
 * Answers what is not a request, or comes too late, with a status and the reason, and reports it. Only for the router's own
 * servers: on a server of the application it would replace the application's own answer.
 */
export const refuseBadRequests = (server: HttpServer, report: Report): void => {
  server.on('clientError', ({ code, message }: NodeJS.ErrnoException, socket: Socket) => {
    const status = statusOf(code);
    // Either the peer is gone, or TLS has failed, which has been reported already.
    if (status === undefined) return void socket.destroy();
    const { remoteAddress } = socket;
    report.warn('upgrade_refused', { remoteAddress, status, reason: message }, 'a connection was refused');
    // If an answer has been written already, in part or whole, no other can follow.
    if (socket.bytesWritten > 0) socket.destroy();
    else refuseUpgrade(socket, { status, message: `${message}.` });
  });
};
