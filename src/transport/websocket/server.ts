/**
 * HTTP upgrades to WebSockets. A request that is refused is answered with one sentence that says why, before anything is
 * allocated for it. An accepted one becomes a link.
 */

import type { IncomingMessage } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ServerOptions } from 'ws';
import { WebSocketServer } from 'ws';
import type { Timers } from '../../base/clock.ts';
import type { Report } from '../../base/report.ts';
import { mayLackHeaders } from '../../net/request.ts';
import type { AddressBook } from '../address-limits.ts';
import { createHeartbeat } from '../heartbeat.ts';
import type { Handshake, Link, LinkListener } from '../link.ts';
import { tlsPeerOf } from '../tls-peer.ts';
import type { CompressionSettings } from './compression.ts';
import { deflateOptions } from './deflate.ts';
import { askedWindow, declineOffers } from './extensions.ts';
import { RouterSocket, WebSocketLink } from './link.ts';
import type { OriginSettings } from './origin.ts';
import { createOriginRule } from './origin.ts';

/** A protocol that the router speaks. */
export interface Subprotocol {
  /** The router's name for it, such as `wamp.1`. */
  readonly name: string;
  /** Whether its messages are binary. */
  readonly isBinary: boolean;
}

/** Options of the handler. */
export interface WebSocketServerOptions extends OriginSettings {
  /** Protocols by their names on the wire. */
  readonly protocols: ReadonlyMap<string, Subprotocol>;
  /** The protocol of a peer that offers no subprotocol at all; undefined refuses it. */
  readonly defaultProtocol: Subprotocol | undefined;
  /** The largest message, in octets. */
  readonly maxMessageSize: number;
  /** Octets that a peer may send before it has a session, or in WAMP v1 before its first message. */
  readonly maxHelloSize: number;
  readonly compression: CompressionSettings | undefined;
  /** ms that a peer may take to answer a close frame before the socket is destroyed. */
  readonly closeTimeout: number;
  readonly pingInterval: number;
  readonly maxMissedPings: number;
  readonly addresses: AddressBook;
  readonly clock: Timers;
  readonly report: Report;
  /** Why no connection is accepted now; undefined when they are. */
  readonly refusal: () => Refusal | undefined;
  readonly connect: (
    link: Link,
    handshake: Handshake,
  ) => { readonly listener: LinkListener; readonly start: () => void };
}

/** Handles upgrade requests. */
export interface UpgradeHandler {
  /** Upgrades one request, or answers it with the reason why it is refused. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  close(): void;
}

/** Why an upgrade is refused. */
export interface Refusal {
  readonly status: number;
  readonly message: string;
  /** Seconds after which the client may try again, if that is known. */
  readonly retryAfter?: number | undefined;
}

/** Answers an upgrade request with a plain HTTP response and ends the socket. */
export const refuseUpgrade = (socket: Duplex, { status, message, retryAfter }: Refusal): void => {
  const body = `${message}\n`;
  const retry = retryAfter === undefined ? '' : `Retry-After: ${retryAfter}\r\n`;
  socket.on('error', () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n${retry}\r\n${body}`,
    () => socket.destroy(),
  );
};

const offeredProtocols = (request: IncomingMessage): readonly string[] => {
  const header = request.headers['sec-websocket-protocol'];
  if (header === undefined) return [];
  return header.includes(',') ? header.split(',').map((name) => name.trim()) : [header];
};

// Not a closure: it would keep the request for as long as the socket lives.
function destroySocket(this: Duplex): void {
  this.destroy();
}

/** Creates the upgrade handler. */
export const createWebSocketServer = (options: WebSocketServerOptions): UpgradeHandler => {
  const { protocols, defaultProtocol, addresses, report, requests, connect } = options;
  const originRefusal = createOriginRule(options);
  // RFC 6455, 11.3.4: the client's list is in its order of preference.
  const choose = (offered: readonly string[]): string | undefined => offered.find((name) => protocols.has(name));
  /** The window that the current upgrade asks for. `ws` reads it before the upgrade returns. */
  let window = 0;
  // `closeTimeout` is documented by ws and missing from its published types.
  const settings: ServerOptions<typeof RouterSocket> & { readonly closeTimeout: number } = {
    noServer: true,
    clientTracking: false,
    maxPayload: options.maxMessageSize,
    perMessageDeflate: deflateOptions(options.compression, () => window),
    handleProtocols: (offered) => choose([...offered]) ?? false,
    WebSocket: RouterSocket,
    // The link answers pings, once per turn.
    autoPong: false,
    closeTimeout: options.closeTimeout,
  };
  const server = new WebSocketServer(settings);
  const heartbeat = createHeartbeat({
    interval: options.pingInterval,
    maxMissed: options.maxMissedPings,
    clock: options.clock,
  });

  const refusalOf = (
    request: IncomingMessage,
    offered: readonly string[],
    remoteAddress: string | undefined,
  ): Refusal | undefined => {
    const closed = options.refusal();
    if (closed) return closed;
    // One of the headers that were not read may be Origin.
    if (mayLackHeaders(request)) return { status: 431, message: 'The request has too many headers.' };
    const message = originRefusal(request);
    if (message !== undefined) return { status: 403, message };
    if (offered.length === 0 && defaultProtocol === undefined) {
      return {
        status: 400,
        message: `Sec-WebSocket-Protocol is missing; this router speaks ${[...protocols.keys()].join(', ')}.`,
      };
    }
    if (offered.length > 0 && choose(offered) === undefined) {
      return {
        status: 400,
        message: `No subprotocol in common; this router speaks ${[...protocols.keys()].join(', ')}.`,
      };
    }
    const limit = addresses.admit(remoteAddress);
    return limit === undefined ? undefined : { status: 429, message: `Refused: ${limit}.` };
  };

  const accept = (
    socket: RouterSocket,
    raw: Duplex,
    request: IncomingMessage,
    { name: protocol, isBinary }: Subprotocol,
    remoteAddress: string | undefined,
  ): void => {
    const link = new WebSocketLink(socket, raw, isBinary, options.maxHelloSize);
    // A copy, because the request's own headers are in dictionary mode and take three times the memory.
    const headers = { ...request.headers };
    const { listener, start } = connect(link, { protocol, remoteAddress, headers, tls: tlsPeerOf(raw) });
    link.attach(listener);
    socket.onGone = heartbeat.watch(link);
    start();
  };

  const refuse = (request: IncomingMessage, raw: Duplex, refusal: Refusal): void => {
    const { address: remoteAddress } = requests.peerOf(request);
    const facts = { remoteAddress, status: refusal.status, reason: refusal.message };
    report.warn('upgrade_refused', facts, 'a connection was refused');
    refuseUpgrade(raw, refusal);
  };
  // `ws` finds requests that are not a WebSocket handshake at all (RFC 6455, 4.2.1).
  server.on('wsClientError', (error, raw, request) =>
    refuse(request, raw, { status: request.method === 'GET' ? 400 : 405, message: `${error.message}.` }),
  );

  return {
    handleUpgrade: (request, raw, head) => {
      const offered = offeredProtocols(request);
      const { address: remoteAddress } = requests.peerOf(request);
      const refusal = refusalOf(request, offered, remoteAddress);
      if (refusal) return refuse(request, raw, refusal);
      const name = choose(offered);
      const protocol = (name === undefined ? undefined : protocols.get(name)) ?? defaultProtocol;
      if (protocol === undefined) return;
      raw.on('error', destroySocket);
      const negotiable = options.compression ? declineOffers(request) : request;
      if (options.compression) window = askedWindow(negotiable);
      server.handleUpgrade(negotiable, raw, head, (socket) => accept(socket, raw, request, protocol, remoteAddress));
    },
    close: () => {
      heartbeat.close();
      server.close();
    },
  };
};
