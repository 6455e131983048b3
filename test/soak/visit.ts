/** What a visit to the router needs: the address of the router, and the ways to connect. */

import type { Socket } from 'node:net';
import { connect } from 'node:net';
import type { SerializerName } from '../../src/codec/serializers.ts';
import { serializerNames } from '../../src/codec/serializers.ts';
import { leave } from '../support/calls.ts';
import { connectRaw, frame } from '../support/raw-client.ts';
import { openRawSocketPeer } from '../support/rawsocket-peer.ts';
import type { List } from '../support/v2-client.ts';
import { connectV2, V2Peer } from '../support/v2-client.ts';
import { code } from '../support/v2-router.ts';

/** Where the router listens. */
export interface Place {
  readonly url: string;
  readonly port: number;
  readonly rawPort: number;
}

/** One coming of one kind of peer. */
export interface Visit {
  readonly place: Place;
  /** No two visits have the same one. */
  readonly number: number;
  /** Has something done when the visit is over, however it ends: what it has opened must not outlive it. */
  readonly atEnd: (end: () => void) => void;
}

/** What peers of one kind do, from the first octet to the last. */
export type Behaviour = (visit: Visit) => Promise<unknown>;

/** One visit. Resolves when it is over and nothing of it is left on this side; rejects when it went otherwise than it should. */
export const pay = async (behave: Behaviour, place: Place, number: number): Promise<void> => {
  const ends: (() => void)[] = [];
  try {
    await behave({ place, number, atEnd: (end) => ends.push(end) });
  } finally {
    for (const end of ends) end();
  }
};

/** Visits take turns with the serializers. */
export const serializerOf = ({ number }: Visit): SerializerName => serializerNames[number % serializerNames.length]!;

/** A peer, and what ends it in other ways than by a close frame. */
export interface Guest {
  readonly peer: V2Peer;
  readonly socket: Socket;
  /** Resolves when the socket is closed. */
  readonly ended: Promise<void>;
}

/** Throws unless an answer is of the type that is expected. */
export const expectType = (expected: number, answer: List): List => {
  if (answer[0] !== expected) throw new Error(`${JSON.stringify(answer).slice(0, 200)} instead of a ${expected}`);
  return answer;
};

const welcomed = async (peer: V2Peer): Promise<V2Peer> => {
  expectType(code.WELCOME, await peer.hello());
  return peer;
};

const connectWebSocket = async (visit: Visit, perMessageDeflate: boolean): Promise<V2Peer> => {
  const peer = await connectV2(visit.place.url, serializerOf(visit), { perMessageDeflate });
  visit.atEnd(() => peer.wire.close());
  return peer;
};

/** A WebSocket before HELLO. */
export const open = (visit: Visit): Promise<V2Peer> => connectWebSocket(visit, false);

/** A session over WebSocket. */
export const join = async (visit: Visit): Promise<V2Peer> => welcomed(await open(visit));

/** A session over WebSocket with permessage-deflate. */
export const joinCompressed = async (visit: Visit): Promise<V2Peer> => welcomed(await connectWebSocket(visit, true));

/** A session over RawSocket. */
export const joinRawSocket = async (visit: Visit): Promise<Guest> => {
  const socket = connect(visit.place.rawPort, '127.0.0.1');
  visit.atEnd(() => socket.destroy());
  const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const peer = await openRawSocketPeer(socket, 'connect', { serializer: serializerOf(visit) });
  return { peer: await welcomed(peer), socket, ended };
};

const opcode = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** A session over a WebSocket made of a bare socket; one that is `deaf` answers neither pings nor close frames. */
export const joinBare = async (visit: Visit, { deaf = false } = {}): Promise<Guest> => {
  const serializer = serializerOf(visit);
  const client = await connectRaw(visit.place.port, '/ws', `wamp.2.${serializer}`);
  const peer = new V2Peer(serializer);
  const kind = serializer === 'json' ? opcode.text : opcode.binary;
  const { socket, ended } = client;
  visit.atEnd(() => socket.destroy());
  peer.wire = { send: (data) => client.write(frame(kind, data)), close: () => socket.end() };
  socket.on('data', () => {
    for (const { opcode: type, payload } of client.frames.splice(0)) {
      if (type === kind) peer.accept(payload);
      else if (type === opcode.ping && !deaf) client.write(frame(opcode.pong, payload));
      else if (type === opcode.close && !deaf) socket.end(frame(opcode.close, payload));
    }
  });
  void ended.then(() => peer.end(1006, ''));
  return { peer: await welcomed(peer), socket, ended };
};

/** Takes leave by GOODBYE and closes. */
export const takeLeave = async (peer: V2Peer): Promise<void> => {
  await leave(peer);
  await peer.close();
};

/** A peer that is told who leaves. */
export interface Witness {
  readonly peer: V2Peer;
  /** Resolves when that session is over. */
  sees(session: number): Promise<unknown>;
}

/** Subscribes to the router's word about sessions that leave. */
export const joinWitness = async (visit: Visit): Promise<Witness> => {
  const peer = await join(visit);
  const subscription = await peer.subscribe('wamp.session.on_leave');
  return {
    peer,
    sees: (session) =>
      peer.take(
        ([type, from, , , args]) => type === code.EVENT && from === subscription && (args as List)[0] === session,
      ),
  };
};
