/**
 * The servers that the router opens for RawSocket: on a TCP port or at a Unix socket, plain or TLS. Their errors say which
 * port or path is at fault.
 */

import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { ConfigError } from '../../wamp/error.ts';
import type { TlsSettings } from '../address.ts';
import {
  authorityOf,
  checkAddress,
  handshakeDeadline,
  listenTo,
  loopback,
  trackSockets,
  withCertificate,
} from '../address.ts';
import { checkMode, checkSocketPath, listenAtPath } from './unix-socket.ts';

/** Where and how to listen for RawSocket: on a port, or at a path. */
export interface RawSocketListenOptions {
  /** 0 picks a free port. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Path of a Unix socket. */
  readonly path?: string;
  /** Permissions of the Unix socket, such as 0o660. Default: those that the process gives to new files. */
  readonly mode?: number;
  /** Certificate and key, as `node:tls` takes them. */
  readonly tls?: TlsSettings | undefined;
}

/** A server that listens. */
export interface RawSocketListening {
  /** `rs://host:port`, `rss://host:port`, `unix://path` or `unix+tls://path`. */
  readonly url: string;
  /** Undefined for a Unix socket. */
  readonly port?: number;
  /** Stops listening and destroys all connections; resolves when they are closed. */
  close(): Promise<void>;
}

// `allowHalfOpen`, because a peer that has ended its side still gets what waits for it.
const settings = { allowHalfOpen: true, noDelay: true };

const createSocketServer = (tls: TlsSettings | undefined, onSocket: (socket: Socket) => void): Server => {
  if (!tls) return createServer(settings, onSocket);
  const options = { ...settings, handshakeTimeout: handshakeDeadline, ...tls };
  const server = withCertificate(tls, () => createTlsServer(options, onSocket));
  // Without this, a connection whose TLS handshake has failed or timed out would stay open.
  server.on('tlsClientError', (_, socket) => socket.destroy());
  return server;
};

const startAtPort = async (
  server: Server,
  address: { readonly port: number; readonly host: string },
  scheme: string,
): Promise<Pick<RawSocketListening, 'url' | 'port'>> => {
  const port = await listenTo(server, address);
  return { url: `${scheme}://${authorityOf({ ...address, port })}`, port };
};

const openAtPath = async (
  path: string,
  { mode, tls }: RawSocketListenOptions,
  onSocket: (socket: Socket) => void,
  onServer: (server: Server) => void,
): Promise<RawSocketListening> => {
  if (mode !== undefined) checkMode(mode);
  const server = createSocketServer(tls, onSocket);
  onServer(server);
  const close = trackSockets(server);
  const remove = await listenAtPath(server, path, mode);
  return {
    url: `${tls ? 'unix+tls' : 'unix'}://${path}`,
    close: async () => {
      await remove();
      await close();
    },
  };
};

/**
 * Opens a server whose sockets go to `onSocket`; `onServer` is shown the server before it listens. Rejects with a LinkError
 * that names the cause, or a ConfigError about options that are wrong or contradict each other.
 */
export const listenRawSocket = async (
  options: RawSocketListenOptions,
  onSocket: (socket: Socket) => void,
  onServer: (server: Server) => void,
): Promise<RawSocketListening> => {
  const { port, host, path, mode, tls } = options;
  if ((port === undefined) === (path === undefined))
    throw new ConfigError('RawSocket needs exactly one of port and path');
  if (path !== undefined && host !== undefined) throw new ConfigError('host cannot be given together with path');
  if (path === undefined && mode !== undefined) throw new ConfigError('mode can only be given together with path');
  if (path !== undefined) return openAtPath(checkSocketPath(path), options, onSocket, onServer);
  const address = checkAddress({ port: port ?? 0, host: host ?? loopback });
  const server = createSocketServer(tls, onSocket);
  onServer(server);
  const close = trackSockets(server);
  return { ...(await startAtPort(server, address, tls ? 'rss' : 'rs')), close };
};
