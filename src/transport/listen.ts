/**
 * The HTTP servers that `listen()` opens, plain or TLS. They have deadlines against silent peers, and their errors say which
 * port or certificate is at fault.
 */

import type { IncomingMessage, RequestListener, Server } from 'node:http';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Server as NetServer, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Report } from '../base/report.ts';
import { ConfigError, LinkError } from '../wamp/error.ts';
import type { TlsSettings } from './address.ts';
import {
  authorityOf,
  checkAddress,
  handshakeDeadline,
  listenTo,
  loopback,
  trackSockets,
  withCertificate,
} from './address.ts';
import { createDescriptorWatch } from './descriptors.ts';
import type { RawSocketListening, RawSocketListenOptions } from './rawsocket/listener.ts';
import { listenRawSocket } from './rawsocket/listener.ts';
import type { RawSocketServer } from './rawsocket/server.ts';
import { shareWithRawSocket } from './same-port.ts';
import { refuseBadRequests, reportFaults } from './server-faults.ts';
import type { UpgradeHandler } from './websocket/server.ts';
import { refuseUpgrade } from './websocket/server.ts';

/** Where and how to listen. */
export interface ListenOptions {
  /** Default 8080; 0 picks a free port. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Path of the WebSocket. Default /ws. */
  readonly path?: string;
  /** Certificate and key, as `node:tls` takes them. */
  readonly tls?: TlsSettings;
  /** Whether the same port accepts RawSocket as well: the first octet tells it from HTTP. Default: false. */
  readonly rawSocket?: boolean;
  /** Answers plain HTTP requests on all other paths. Default: 404. */
  readonly onRequest?: RequestListener;
}

/** Where the router can be reached. */
export interface Listening {
  /** Such as `ws://127.0.0.1:8080/ws`. */
  readonly url: string;
  /** The port that was taken. */
  readonly port: number;
}

/** The servers at which one router can be reached. */
export interface Listeners {
  /** Opens a server. Rejects with a LinkError that names the cause, or a ConfigError about path or certificate. */
  listen(options: ListenOptions): Promise<Listening>;
  /** Opens a server for RawSocket only. */
  listenRawSocket(options: RawSocketListenOptions): Promise<Pick<RawSocketListening, 'url' | 'port'>>;
  /**
   * Handles upgrade requests for `path` (default: /ws) on a server of the application. The returned function ends that.
   * Throws a ConfigError for a path that no request can have, or that has a WebSocket already.
   */
  attach(server: Server, path?: string): () => void;
  /** Detaches from the application's servers and closes the router's own; resolves when they are closed. */
  close(): Promise<void>;
}

const createHttpServer = (tls: TlsSettings | undefined, onRequest: RequestListener): Server => {
  const deadlines = {
    headersTimeout: handshakeDeadline,
    requestTimeout: handshakeDeadline,
    connectionsCheckingInterval: 1_000,
  };
  if (!tls) return createServer(deadlines, onRequest);
  return withCertificate(tls, () =>
    createTlsServer({ ...deadlines, handshakeTimeout: handshakeDeadline, ...tls }, onRequest),
  );
};

/** The defaults of `listen`. */
export const listenDefaults = { host: loopback, port: 8080, path: '/ws', rawSocket: false } as const;

const pathOf = ({ url = '/' }: IncomingMessage): string => {
  const end = url.indexOf('?');
  return end < 0 ? url : url.slice(0, end);
};

const answerPlain =
  (path: string, onRequest: RequestListener | undefined): RequestListener =>
  (request, response) => {
    if (pathOf(request) === path) {
      // RFC 9110, 15.5.22: the answer says what to upgrade to. The connection is closed, as a client that wants a page has no
      // use for it.
      response.writeHead(426, { Connection: 'Upgrade, close', Upgrade: 'websocket', 'Content-Type': 'text/plain' });
      response.end('This is a WebSocket: connect with a WAMP client.\n');
    } else if (onRequest) onRequest(request, response);
    else response.writeHead(404, { 'Content-Type': 'text/plain' }).end('Not found\n');
  };

/** Returns `path` itself. Throws a ConfigError when no request can ask for it. */
const checkPath = (path: string): string => {
  if (typeof path === 'string' && /^\/[!-~]*$/.test(path) && !/[?#]/.test(path)) return path;
  throw new ConfigError(`path must begin with a slash and have no query, not ${JSON.stringify(path)}`);
};

/** The path of each `upgrade` listener that belongs to a router of this process. */
const paths = new WeakMap<object, string>();

// Another listener of a shared server may know the path. Only if all listeners belong to routers, and none has this path, the
// first of them answers.
const isLeftToUs = (server: Server, listener: object, asked: string): boolean => {
  const all = server.listeners('upgrade');
  return all[0] === listener && all.every((one) => paths.has(one) && paths.get(one) !== asked);
};

/** What handles the connections of the servers, and what is notified about the servers. */
export interface ListenersOptions {
  readonly upgradeHandler: UpgradeHandler;
  readonly rawSocketServer: RawSocketServer;
  readonly report: Report;
  /** Called each time the router listens at a server of its own or is attached to one of the application. */
  readonly onListening: () => void;
}

/** Creates the listeners of one router. No server is open yet. */
export const createListeners = ({
  upgradeHandler,
  rawSocketServer,
  report,
  onListening,
}: ListenersOptions): Listeners => {
  const descriptors = createDescriptorWatch(report);
  const stops: (() => Promise<void>)[] = [];
  const rawServers: RawSocketListening[] = [];
  const detachments: (() => void)[] = [];
  let isClosed = false;

  const attach = (server: Server, path: string): (() => void) => {
    // Two listeners would answer the same request.
    if (server.listeners('upgrade').some((listener) => paths.get(listener) === path)) {
      throw new ConfigError(`there is a WebSocket at ${path} of this server already`);
    }
    const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
      const asked = pathOf(request);
      if (asked === path) upgradeHandler.handleUpgrade(request, socket, head);
      else if (isLeftToUs(server, onUpgrade, asked)) {
        refuseUpgrade(socket, { status: 404, message: `There is no WebSocket here, only at ${path}.` });
      }
    };
    paths.set(onUpgrade, path);
    server.on('upgrade', onUpgrade);
    onListening();
    return () => server.off('upgrade', onUpgrade);
  };
  const onSilent = ({ remoteAddress }: Socket): void =>
    report.warn(
      'upgrade_refused',
      { remoteAddress, reason: 'nothing was received in time' },
      'a connection was refused',
    );
  const watchServer = (server: NetServer): void => {
    reportFaults(server, report);
    descriptors.watch(server);
  };
  return {
    listen: async (options) => {
      const { port = listenDefaults.port, host = listenDefaults.host, path = listenDefaults.path } = options;
      const { tls, rawSocket = listenDefaults.rawSocket, onRequest } = options;
      checkPath(path);
      checkAddress({ port, host });
      const server = createHttpServer(tls, answerPlain(path, onRequest));
      const stop = trackSockets(server);
      const taken = await listenTo(server, { port, host });
      if (isClosed) {
        await stop();
        throw new LinkError('the router was closed before it listened');
      }
      stops.push(stop);
      attach(server, path);
      if (rawSocket) detachments.push(shareWithRawSocket(server, rawSocketServer.take, { onSilent }));
      refuseBadRequests(server, report);
      watchServer(server);
      const authority = authorityOf({ host, port: taken });
      return { url: `${tls ? 'wss' : 'ws'}://${authority}${path}`, port: taken };
    },
    listenRawSocket: async (options) => {
      const server = await listenRawSocket(options, rawSocketServer.take, watchServer);
      if (isClosed) {
        await server.close();
        throw new LinkError('the router was closed before it listened');
      }
      rawServers.push(server);
      onListening();
      return server.port === undefined ? { url: server.url } : { url: server.url, port: server.port };
    },
    attach: (server, path = listenDefaults.path) => {
      const releases = [attach(server, checkPath(path)), descriptors.watch(server)];
      const detach = (): void => {
        for (const release of releases) release();
      };
      detachments.push(detach);
      return detach;
    },
    close: async () => {
      isClosed = true;
      descriptors.close();
      for (const detach of detachments.splice(0)) detach();
      await Promise.all([
        ...stops.splice(0).map((stop) => stop()),
        ...rawServers.splice(0).map((server) => server.close()),
      ]);
    },
  };
};
