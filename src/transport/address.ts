/** What every server of the router's own has in common: where it listens, its certificate, and the errors about both. */

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

/** What `create` makes of a certificate and a key. Throws a ConfigError when it cannot use them. */
export const withCertificate = <Made>(create: () => Made): Made => {
  try {
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

/** Why a server cannot listen on `address`, in words. */
export const listenError = (error: NodeJS.ErrnoException, address: ListenAddress): LinkError => {
  const describe = listenCauses[error.code ?? ''];
  return new LinkError(describe ? describe(address) : `cannot listen: ${error.message}`, { cause: error });
};

/** Host and port as a client of this machine writes them in a URL. */
export const authorityOf = ({ host, port }: ListenAddress): string => {
  const isAny = host === '0.0.0.0' || host === '::';
  return `${isAny ? 'localhost' : host.includes(':') ? `[${host}]` : host}:${port}`;
};

/** The address that servers listen on unless told otherwise. */
export const loopback = '127.0.0.1';
