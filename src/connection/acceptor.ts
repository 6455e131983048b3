/** Makes connections of links. Every transport hands its links to the acceptor, which keeps the list of all open connections. */

import type { Handshake, Link, LinkListener } from '../transport/link.ts';
import type { Id } from '../wamp/id.ts';
import type { ConnectionOptions } from './connection.ts';
import { Connection } from './connection.ts';
import { SilentPeers } from './silent-peers.ts';
import { DialectV1 } from './v1/dialect.ts';
import type { V1Protocol } from './v1/protocol.ts';
import { DialectV2 } from './v2/dialect.ts';
import type { V2Protocol } from './v2/protocol.ts';

/** What all connections have in common. */
export interface AcceptorOptions
  extends Pick<
    ConnectionOptions,
    'deadlines' | 'runChart' | 'outbox' | 'turns' | 'clock' | 'report' | 'feed' | 'onAuthenticated' | 'onDisconnect'
  > {
  readonly v1: V1Protocol;
  /** Protocols by the names that the transports use: `wamp.2.json`, ... */
  readonly v2: ReadonlyMap<string, V2Protocol>;
  /** The deadlines of v1 connections; `deadlines` are those of v2. */
  readonly v1Deadlines: ConnectionOptions['deadlines'];
  /** Returns a session id, random over the whole range of ids. */
  readonly nextSessionId: () => Id;
  /** Returns a number that no other connection of this process has. */
  readonly nextId: () => number;
  /** With this many connections, a new one takes the place of a silent v1 peer if there is one. */
  readonly maxConnections: number;
  /** Whether an address has as many connections as it may have. */
  readonly isFull: (remoteAddress: string | undefined) => boolean;
  /** Called for each new connection; `onGone` follows. */
  readonly onOpen: (connection: Connection) => void;
  /** Called when a connection and its link are gone. */
  readonly onGone: (connection: Connection) => void;
}

/** A link that was accepted: pass what arrives on it to `listener`, and call `start` once the listener is attached. */
export interface Accepted {
  readonly listener: LinkListener;
  readonly start: () => void;
}

/** Accepts links. */
export interface Acceptor {
  /** Connections whose link is not gone yet, by id. */
  readonly connections: ReadonlyMap<number, Connection>;
  /** Accepts a link. If a limit on connections is reached, the v1 peer that has been silent for longest is closed for it. */
  connect(link: Link, handshake: Handshake): Accepted;
  /**
   * Whether a silent v1 peer can be closed for a new connection. With `of`, it must have the same address, because the limit
   * of that address is reached.
   */
  canMakeRoom(of?: { readonly remoteAddress: string | undefined }): boolean;
}

/** Creates an acceptor without connections. */
export const createAcceptor = (options: AcceptorOptions): Acceptor => {
  const { v1, v2, v1Deadlines, nextSessionId, nextId, maxConnections, isFull, onOpen, onGone, ...rest } = options;
  const connections = new Map<number, Connection>();
  const silent = new SilentPeers<Connection>();
  const onFirstMessage = (connection: Connection): void => silent.delete(connection);
  const onClosed = (connection: Connection): void => {
    silent.delete(connection);
    connections.delete(connection.id);
    onGone(connection);
  };
  const common = { ...rest, onFirstMessage, onClosed };
  // A peer that is closed here leaves `connections` later, though before the event loop goes on. It leaves `silent` at once,
  // so that each further connection until then closes another peer.
  const makeRoom = (remoteAddress: string | undefined): void => {
    const isCrowded = isFull(remoteAddress);
    if (!isCrowded && connections.size < maxConnections) return;
    const leaving = isCrowded ? silent.oldestOf(remoteAddress) : silent.oldest();
    if (!leaving) return;
    silent.delete(leaving);
    leaving.makeRoom();
  };
  const optionsV1: ConnectionOptions = {
    ...common,
    deadlines: v1Deadlines,
    createDialect: (owner, link) => new DialectV1(v1, owner, link.framing, nextSessionId()),
  };
  const optionsV2 = new Map(
    [...v2].map(([name, protocol]): [string, ConnectionOptions] => [
      name,
      {
        ...common,
        createDialect: (owner, link, handshake) => new DialectV2(protocol, owner, link, handshake),
      },
    ]),
  );
  return {
    connections,
    connect: (link, handshake) => {
      makeRoom(handshake.remoteAddress);
      const chosen = optionsV2.get(handshake.protocol) ?? optionsV1;
      const connection = new Connection(nextId(), link, handshake, chosen);
      connections.set(connection.id, connection);
      if (chosen === optionsV1) silent.add(connection);
      onOpen(connection);
      return { listener: connection.intake, start: () => connection.start() };
    },
    canMakeRoom: (of) => (of ? silent.oldestOf(of.remoteAddress) : silent.oldest()) !== undefined,
  };
};
