/**
 * RawSocket: sockets that begin with a RawSocket handshake. Who may not come in is told so in four octets, who speaks
 * something else is cut off, and who may becomes a link.
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
  /** The protocol, by the name by which the router knows it. */
  readonly protocol: string;
  /** Of what kind its messages are. */
  readonly isBinary: boolean;
  /** Octets of the shortest WELCOME: a peer that takes less is refused. */
  readonly leastLength: number;
}

/** What the server needs to know. */
export interface RawSocketServerOptions {
  /** Octets, 512 at least. The peer is told the largest power of two within it. */
  readonly maxMessageSize: number;
  /** Octets that a peer may send before it has a session. */
  readonly maxHelloSize: number;
  /** ms that a peer may take for its handshake. */
  readonly handshakeTimeout: number;
  /** ms that a peer may take to close its side before the wire is cut. */
  readonly closeTimeout: number;
  readonly pingInterval: number;
  readonly maxMissedPings: number;
  readonly addresses: AddressBook;
  readonly clock: Timers;
  readonly report: Report;
  /** By their number in the handshake. */
  readonly serializers: ReadonlyMap<number, RawSocketSerializer>;
  /** Why nobody may come in now; undefined when they may. */
  readonly refusal: () => { readonly message: string } | undefined;
  readonly connect: (
    link: Link,
    handshake: Handshake,
  ) => { readonly listener: LinkListener; readonly start: () => void };
}

/** A socket, plain or TLS, TCP or Unix. */
export type PeerSocket = Duplex & { readonly remoteAddress?: string | undefined };

/** Takes sockets. */
export interface RawSocketServer {
  /** Takes a socket from its first octet on; `head` is what was read of it already. */
  take(socket: PeerSocket, head?: Buffer): void;
  /** Cuts off whoever is in the middle of a handshake, and takes nobody any more. */
  close(): void;
}

/** Calls `done` once, with the four octets and what follows them; at once with fewer when the first is not RawSocket's. */
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

/** Makes the server. */
export const createRawSocketServer = (options: RawSocketServerOptions): RawSocketServer => {
  const { maxMessageSize, maxHelloSize, closeTimeout, addresses, serializers, clock, report } = options;
  const announced = announceableLength(maxMessageSize);
  const heartbeat = createHeartbeat({ interval: options.pingInterval, maxMissed: options.maxMissedPings, clock });
  /** Sockets that are not links yet. */
  const waiting = new Set<Duplex>();
  let isClosed = false;

  const warn = (socket: PeerSocket, reason: string): void =>
    report.warn('upgrade_refused', { remoteAddress: socket.remoteAddress, reason }, 'a RawSocket was refused');
  const cut = (socket: PeerSocket, reason: string): void => {
    // Once the socket is destroyed, its address is not known any more.
    warn(socket, reason);
    socket.destroy();
  };
  /** Gives a socket that is no link `delay` ms. The function that is returned lets go of it. */
  const holdFor = (socket: PeerSocket, delay: number, onTimeout: () => void): (() => void) => {
    const timer = clock.setTimeout(onTimeout, delay);
    const letGo = (): void => {
      waiting.delete(socket);
      clock.clearTimeout(timer);
    };
    waiting.add(socket);
    socket.on('close', letGo);
    return letGo;
  };
  // The rest is read and forgotten until the peer has closed: to destroy a socket with octets unread takes the answer along.
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
  /** The error that a request is answered with, and why. */
  const refusalOf = (
    socket: PeerSocket,
    request: RawSocketHandshake,
    octets: Buffer,
  ): readonly [HandshakeError, string] | undefined => {
    if (usesReservedBits(octets)) return [handshakeError.reservedBits, 'the handshake uses reserved bits'];
    const serializer = serializers.get(request.serializer);
    if (!serializer) {
      return [handshakeError.serializerUnsupported, `there is no serializer ${request.serializer}`];
    }
    const { leastLength: least } = serializer;
    if (request.maxLength < least) {
      return [handshakeError.lengthUnacceptable, `the peer takes less than the ${least} octets of a WELCOME`];
    }
    const reason = options.refusal()?.message ?? addresses.admit(socket.remoteAddress);
    return reason === undefined ? undefined : [handshakeError.maxConnections, reason];
  };

  return {
    take: (socket, head) => {
      if (isClosed) return void socket.destroy();
      const letGo = holdFor(socket, options.handshakeTimeout, () => cut(socket, 'the handshake took too long'));
      const leave = (): void => void socket.destroy();
      socket.on('error', leave);
      socket.on('end', leave);
      readHandshake(socket, head, (octets, rest) => {
        letGo();
        socket.off('end', leave);
        const request = decodeHandshake(octets);
        if (!request) return cut(socket, 'this is no RawSocket handshake');
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
