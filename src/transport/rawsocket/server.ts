/**
 * Accepts sockets that begin with a RawSocket handshake. A peer that is refused is answered with an error of four octets. A
 * socket that begins with anything else is destroyed. An accepted socket becomes a link.
 */

import type { Duplex } from 'node:stream';
import type { Timers } from '../../base/clock.ts';
import type { Report } from '../../base/report.ts';
import type { AddressBook } from '../address-limits.ts';
import { createHeartbeat } from '../heartbeat.ts';
import type { Handshake, Link, LinkListener } from '../link.ts';
import { tlsPeerOf } from '../tls-peer.ts';
import type { HandshakeError, RawSocketHandshake } from './frame.ts';
import {
  announceableLength,
  decodeHandshake,
  encodeHandshake,
  encodeHandshakeError,
  handshakeError,
  handshakeLength,
  magicOctet,
  usesReservedBits,
} from './frame.ts';
import { RawSocketLink } from './link.ts';

/** A serializer that a peer may ask for. */
export interface RawSocketSerializer {
  /** The router's name for the protocol, such as `wamp.2.json`. */
  readonly protocol: string;
  /** Whether its messages are binary. */
  readonly isBinary: boolean;
  /** Octets of the shortest WELCOME: a peer that accepts less is refused. */
  readonly leastLength: number;
}

/** Options of the server. */
export interface RawSocketServerOptions {
  /** Octets, at least 512. The largest power of two that is not greater is announced. */
  readonly maxMessageSize: number;
  /** Octets that a peer may send before it has a session. */
  readonly maxHelloSize: number;
  /** ms that a peer may take for its handshake. */
  readonly handshakeTimeout: number;
  /** ms that a peer may take to close its side before the socket is destroyed. */
  readonly closeTimeout: number;
  readonly pingInterval: number;
  readonly maxMissedPings: number;
  readonly addresses: AddressBook;
  readonly clock: Timers;
  readonly report: Report;
  /** Serializers by their number in the handshake. */
  readonly serializers: ReadonlyMap<number, RawSocketSerializer>;
  /** Why no connection is accepted now; undefined when they are. */
  readonly refusal: () => { readonly message: string } | undefined;
  readonly connect: (
    link: Link,
    handshake: Handshake,
  ) => { readonly listener: LinkListener; readonly start: () => void };
}

/** A socket, plain or TLS, TCP or Unix. */
export type PeerSocket = Duplex & { readonly remoteAddress?: string | undefined };

/** Accepts RawSocket connections. */
export interface RawSocketServer {
  /** Takes a new socket; `head` is what was read from it already. */
  take(socket: PeerSocket, head?: Buffer): void;
  /** Destroys sockets whose handshake is not complete, and accepts no more. */
  close(): void;
}

/**
 * Calls `done` once with the four octets of the handshake and what follows them. If the first octet is not that of RawSocket,
 * it calls `done` at once, possibly with fewer octets.
 */
const readHandshake = (
  socket: Duplex,
  head: Buffer | undefined,
  done: (octets: Buffer, rest: Buffer) => void,
): void => {
  let octets: Buffer = Buffer.alloc(0);
  const onData = (chunk: Buffer): void => {
    octets = Buffer.concat([octets, chunk]);
    if (octets.length < handshakeLength && octets[0] === magicOctet) return;
    socket.off('data', onData);
    done(octets.subarray(0, handshakeLength), octets.subarray(handshakeLength));
  };
  socket.on('data', onData);
  if (head && head.length > 0) onData(head);
};

/** Creates the server. */
export const createRawSocketServer = (options: RawSocketServerOptions): RawSocketServer => {
  const { maxMessageSize, maxHelloSize, closeTimeout, addresses, serializers, clock, report } = options;
  const announced = announceableLength(maxMessageSize);
  const heartbeat = createHeartbeat({ interval: options.pingInterval, maxMissed: options.maxMissedPings, clock });
  /** Sockets that are not links: the handshake is not complete, or was refused. */
  const waiting = new Set<Duplex>();
  let isClosed = false;

  const warn = (socket: PeerSocket, reason: string): void =>
    report.warn('upgrade_refused', { remoteAddress: socket.remoteAddress, reason }, 'a RawSocket was refused');
  const cut = (socket: PeerSocket, reason: string): void => {
    // Logged first, because a destroyed socket has no remote address.
    warn(socket, reason);
    socket.destroy();
  };
  /** Calls `onTimeout` if a socket that is no link lasts longer than `delay` ms. The returned function cancels that. */
  const holdFor = (socket: PeerSocket, delay: number, onTimeout: () => void): (() => void) => {
    const timer = clock.setTimeout(onTimeout, delay);
    const release = (): void => {
      waiting.delete(socket);
      clock.clearTimeout(timer);
    };
    waiting.add(socket);
    socket.on('close', release);
    return release;
  };
  // What the peer still sends is read and dropped until it closes: destroying a socket with unread octets would lose the
  // answer.
  const refuse = (socket: PeerSocket, error: HandshakeError, reason: string): void => {
    warn(socket, reason);
    socket.end(encodeHandshakeError(error));
    socket.resume();
    holdFor(socket, closeTimeout, () => socket.destroy());
  };
  const accept = (socket: PeerSocket, { serializer, maxLength: maxFrame }: RawSocketHandshake, rest: Buffer): void => {
    const { protocol = '', isBinary = true } = serializers.get(serializer) ?? {};
    const { remoteAddress } = socket;
    socket.write(encodeHandshake({ serializer, maxLength: announced }));
    const link = new RawSocketLink(socket, {
      isBinary,
      maxFrame,
      maxLength: announced,
      maxHelloSize,
      closeTimeout,
      clock,
    });
    const { listener, start } = options.connect(link, {
      protocol,
      remoteAddress,
      headers: {},
      tls: tlsPeerOf(socket),
    });
    link.attach(listener);
    socket.on('close', heartbeat.watch(link));
    start();
    link.accept(rest);
  };
  /** Returns the error for a request that is refused, and the reason; undefined for one that is not. */
  const refusalOf = (
    socket: PeerSocket,
    request: RawSocketHandshake,
    octets: Buffer,
  ): readonly [HandshakeError, string] | undefined => {
    if (usesReservedBits(octets)) return [handshakeError.reservedBits, 'the handshake uses reserved bits'];
    const serializer = serializers.get(request.serializer);
    if (!serializer) {
      return [handshakeError.serializerUnsupported, `unknown serializer ${request.serializer}`];
    }
    const { leastLength: least } = serializer;
    if (request.maxLength < least) {
      return [handshakeError.lengthUnacceptable, `the peer accepts less than the ${least} octets of a WELCOME`];
    }
    const reason = options.refusal()?.message ?? addresses.admit(socket.remoteAddress);
    return reason === undefined ? undefined : [handshakeError.maxConnections, reason];
  };

  return {
    take: (socket, head) => {
      if (isClosed) return void socket.destroy();
      const release = holdFor(socket, options.handshakeTimeout, () => cut(socket, 'the handshake took too long'));
      const leave = (): void => void socket.destroy();
      socket.on('error', leave);
      socket.on('end', leave);
      readHandshake(socket, head, (octets, rest) => {
        release();
        socket.off('end', leave);
        const request = decodeHandshake(octets);
        if (!request) return cut(socket, 'the first octets are not a RawSocket handshake');
        const refusal = refusalOf(socket, request, octets);
        if (refusal) return refuse(socket, ...refusal);
        accept(socket, request, rest);
      });
    },
    close: () => {
      isClosed = true;
      for (const socket of waiting) socket.destroy();
      heartbeat.close();
    },
  };
};
