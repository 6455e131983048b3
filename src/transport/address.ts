/** What all servers that the router opens share: the address they listen on, their certificate, and the errors about both. */

import { X509Certificate } from 'node:crypto';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { SecureContextOptions, TlsOptions } from 'node:tls';
import { ConfigError, LinkError } from '../wamp/error.ts';

/** Certificate and key, as `node:tls` takes them. */
export type TlsSettings = SecureContextOptions & TlsOptions;

/** The address of a TCP server. */
export interface ListenAddress {
  readonly port: number;
  readonly host: string;
}

/** ms that a peer may take for its request line and headers, or for its TLS handshake. */
export const handshakeDeadline = 5_000;

const greatestPort = 65_535;

/** Returns `address` itself. Throws a ConfigError for a port or a host that no server can have. */
export const checkAddress = (address: ListenAddress): ListenAddress => {
  const { port, host } = address;
  if (!Number.isInteger(port) || port < 0 || port > greatestPort) {
    throw new ConfigError(`port must be a whole number from 0 to ${greatestPort}, not ${JSON.stringify(port)}`);
  }
  if (typeof host !== 'string' || host === '') {
    throw new ConfigError(`host must be a name or an address, not ${JSON.stringify(host)}`);
  }
  return address;
};

const certificates =
  /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[\s\S]*?-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g;

// Node accepts any text as `ca`, and then trusts no certificate.
const checkAuthorities = ({ ca = [] }: TlsSettings): void => {
  for (const each of [ca].flat()) {
    const found = String(each).match(certificates);
    if (!found) throw new TypeError('ca contains no certificate');
    for (const certificate of found) new X509Certificate(certificate);
  }
};

/** Returns what `create` returns. Throws a ConfigError when certificate, key or authorities cannot be used. */
export const withCertificate = <Made>(tls: TlsSettings, create: () => Made): Made => {
  try {
    checkAuthorities(tls);
    return create();
  } catch (error) {
    throw new ConfigError(`tls: the certificate or key cannot be used (${(error as Error).message})`, { cause: error });
  }
};

const listenCauses: Readonly<Record<string, (address: ListenAddress) => string>> = {
  EADDRINUSE: ({ host, port }) => `port ${port} on ${host} is in use`,
  EACCES: ({ host, port }) => `no permission to listen on port ${port} of ${host}`,
  EADDRNOTAVAIL: ({ host }) => `this machine has no address ${host}`,
  ENOTFOUND: ({ host }) => `the host name ${host} is unknown`,
};

/** The error for a server that cannot listen on `address`. It says why in words. */
const listenError = (error: NodeJS.ErrnoException, address: ListenAddress): LinkError => {
  const describe = listenCauses[error.code ?? ''];
  return new LinkError(describe ? describe(address) : `cannot listen: ${error.message}`, { cause: error });
};

/** Makes `server` listen on `address`. Resolves to its port; rejects with a LinkError that names the cause. */
export const listenTo = (server: Server, address: ListenAddress): Promise<number> =>
  new Promise((resolve, reject) => {
    const onError = (error: Error): void => reject(listenError(error, address));
    server.once('error', onError);
    server.listen(address.port, address.host, () => {
      server.off('error', onError);
      resolve((server.address() as AddressInfo).port);
    });
  });

/** Host and port as a client on this machine writes them in a URL. */
export const authorityOf = ({ host, port }: ListenAddress): string => {
  const isAny = host === '0.0.0.0' || host === '::';
  return `${isAny ? 'localhost' : host.includes(':') ? `[${host}]` : host}:${port}`;
};

/** The host that servers listen on unless another is given. */
export const loopback = '127.0.0.1';

/**
 * Keeps track of the connections of `server` from now on. The returned function closes the server and destroys its
 * connections, also those whose TLS handshake is not complete. It resolves when all are closed.
 */
export const trackSockets = (server: Server): (() => Promise<void>) => {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  return () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
};
