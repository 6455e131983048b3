/**
 * Servers of the router's own for RawSocket: a TCP port, plain or TLS, or a Unix socket. With errors that say which port or
 * path is at fault.
 */

import { lstat, unlink } from 'node:fs/promises';
import type { AddressInfo, ListenOptions, Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { resolve as absolute } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { ConfigError, LinkError } from '../wamp/error.ts';
import type { TlsSettings } from './address.ts';
import { authorityOf, handshakeDeadline, listenError, loopback, withCertificate } from './address.ts';

/** Where and how to listen for RawSocket: on a port, or at a path. */
export interface RawSocketListenOptions {
  /** 0 picks a free port. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Path of a Unix socket. */
  readonly path?: string;
  /** Certificate and key, as `node:tls` takes them. */
  readonly tls?: TlsSettings | undefined;
}

/** A server that listens. */
export interface RawSocketListening {
  /** `rs://host:port`, `rss://host:port` or `unix://path`. */
  readonly url: string;
  /** Undefined at a path. */
  readonly port?: number;
  /** Stops listening and cuts what is still connected; resolves when nothing is left. */
  close(): Promise<void>;
}

// A peer that ends its side still gets what waits for it.
const settings = { allowHalfOpen: true, noDelay: true };

const createSocketServer = (tls: TlsSettings | undefined, onSocket: (socket: Socket) => void): Server => {
  if (!tls) return createServer(settings, onSocket);
  const options = { ...settings, handshakeTimeout: handshakeDeadline, ...tls };
  const server = withCertificate(() => createTlsServer(options, onSocket));
  // Nobody else closes a connection whose TLS handshake has failed or taken too long.
  server.on('tlsClientError', (_, socket) => socket.destroy());
  return server;
};

const listen = (
  server: Server,
  where: ListenOptions,
  fail: (error: NodeJS.ErrnoException) => LinkError,
): Promise<void> =>
  new Promise((resolve, reject) => {
    const onError = (error: Error): void => reject(fail(error));
    server.once('error', onError);
    server.listen(where, () => {
      server.off('error', onError);
      resolve();
    });
  });

const pathCauses: Readonly<Record<string, (path: string) => string>> = {
  EADDRINUSE: (path) => `${path} is in use`,
  // A folder that does not exist is reported like one that may not be written to.
  EACCES: (path) => `${path}: there is no such folder, or no permission to make a socket there`,
  EINVAL: (path) => `${path} is too long for a Unix socket`,
};

const pathError = (error: NodeJS.ErrnoException, path: string): LinkError => {
  const describe = pathCauses[error.code ?? ''];
  return new LinkError(describe ? describe(path) : `cannot listen: ${error.message}`, { cause: error });
};

const isRefused = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = connect(path);
    probe.on('connect', () => {
      probe.destroy();
      resolve(false);
    });
    probe.on('error', ({ code }: NodeJS.ErrnoException) => resolve(code === 'ECONNREFUSED'));
  });

/** Removes the socket of a router that is gone. What is no socket, and a socket that somebody listens on, stays. */
const removeStale = async (path: string): Promise<void> => {
  const found = await lstat(path).catch(() => undefined);
  if (found?.isSocket() && (await isRefused(path))) await unlink(path).catch(() => {});
};

const startAtPath = async (server: Server, path: string): Promise<Pick<RawSocketListening, 'url'>> => {
  await removeStale(path);
  await listen(server, { path }, (error) => pathError(error, path));
  return { url: `unix://${absolute(path)}` };
};

const startAtPort = async (
  server: Server,
  address: { readonly port: number; readonly host: string },
  scheme: string,
): Promise<Pick<RawSocketListening, 'url' | 'port'>> => {
  await listen(server, address, (error) => listenError(error, address));
  const { port } = server.address() as AddressInfo;
  return { url: `${scheme}://${authorityOf({ ...address, port })}`, port };
};

/** Cuts every connection of a server, those whose TLS handshake is not done included, and closes it. */
const trackSockets = (server: Server): (() => Promise<void>) => {
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

/**
 * Opens a server whose sockets go to `onSocket`. Rejects with a LinkError that names the cause, or a ConfigError about
 * options that contradict each other.
 */
export const listenRawSocket = async (
  options: RawSocketListenOptions,
  onSocket: (socket: Socket) => void,
): Promise<RawSocketListening> => {
  const { port, host, path, tls } = options;
  if ((port === undefined) === (path === undefined)) throw new ConfigError('RawSocket listens on a port or at a path');
  if (path !== undefined && host !== undefined) throw new ConfigError('a path has no host');
  const server = createSocketServer(tls, onSocket);
  const close = trackSockets(server);
  if (path !== undefined) return { ...(await startAtPath(server, path)), close };
  const address = { port: port ?? 0, host: host ?? loopback };
  return { ...(await startAtPort(server, address, tls ? 'rss' : 'rs')), close };
};
