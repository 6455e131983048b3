/**
 * HTTP servers of the router's own, for `listen()`: made with deadlines against silent peers, plain or TLS, and with errors
 * that say which port or certificate is at fault.
 */

import type { RequestListener, Server } from 'node:http';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { SecureContextOptions, TlsOptions } from 'node:tls';
import { ConfigError, LinkError } from '../wamp/error.ts';

/** Certificate and key, as `node:tls` takes them. */
export type TlsSettings = SecureContextOptions & TlsOptions;

/** Where to listen. */
export interface ListenAddress {
  /** 0 picks a free one. */
  readonly port: number;
  readonly host: string;
  readonly tls?: TlsSettings | undefined;
}

/** ms that a peer may take for its request line and headers. */
const handshakeDeadline = 5_000;

/** Makes an HTTP server. Throws a ConfigError when the certificate or key cannot be used. */
export const createHttpServer = (tls: TlsSettings | undefined, onRequest: RequestListener): Server => {
  const deadlines = {
    headersTimeout: handshakeDeadline,
    requestTimeout: handshakeDeadline,
    connectionsCheckingInterval: 1_000,
  };
  if (!tls) return createServer(deadlines, onRequest);
  try {
    return createTlsServer({ ...deadlines, handshakeTimeout: handshakeDeadline, ...tls }, onRequest);
  } catch (error) {
    throw new ConfigError(`tls: the certificate or key cannot be used (${(error as Error).message})`, { cause: error });
  }
};

const causes: Readonly<Record<string, (address: ListenAddress) => string>> = {
  EADDRINUSE: ({ host, port }) => `port ${port} on ${host} is in use`,
  EACCES: ({ host, port }) => `no permission to listen on port ${port} of ${host}`,
  EADDRNOTAVAIL: ({ host }) => `this machine has no address ${host}`,
  ENOTFOUND: ({ host }) => `the host name ${host} is unknown`,
};

/** Starts listening; resolves to the port. Rejects with a LinkError that names the cause. */
export const startListening = (server: Server, address: ListenAddress): Promise<number> =>
  new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      const describe = causes[error.code ?? ''];
      reject(new LinkError(describe ? describe(address) : `cannot listen: ${error.message}`, { cause: error }));
    };
    server.once('error', onError);
    server.listen(address.port, address.host, () => {
      server.off('error', onError);
      resolve((server.address() as AddressInfo).port);
    });
  });

/** The URL that a client of this machine uses. */
export const urlOf = (address: ListenAddress, port: number, path: string): string => {
  const isAny = address.host === '0.0.0.0' || address.host === '::';
  const host = isAny ? 'localhost' : address.host.includes(':') ? `[${address.host}]` : address.host;
  return `${address.tls ? 'wss' : 'ws'}://${host}:${port}${path}`;
};
