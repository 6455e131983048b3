/** What attackers have in common: links, sessions, and floods that send as fast as the router reads. */

import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { clientFrame } from '../../bench/frame.ts';
import { jsonWire, type Wire } from '../../bench/wire.ts';
import { connectRaw, type RawClient } from '../../support/raw-client.ts';
import type { Target } from './attack.ts';

/** The topic of the attackers. */
export const topic = 'com.attack.news';
/** A text that makes a message of just under a mebibyte, the largest that the router takes. */
export const megabyte = 'x'.repeat(1_000_000);

/** Does something `count` times, a few at a time. */
export const times = async <Value>(count: number, work: (index: number) => Promise<Value>): Promise<Value[]> => {
  const results: Value[] = [];
  for (let from = 0; from < count; from += 50) {
    const batch = Array.from({ length: Math.min(50, count - from) }, (_, at) => work(from + at));
    results.push(...(await Promise.all(batch)));
  }
  return results;
};

/** A TCP connection that says nothing. What becomes of it is nobody's concern. */
export const openSocket = async ({ port }: Target): Promise<Socket> => {
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  await once(socket, 'connect');
  return socket;
};

/** A WebSocket before HELLO. */
export const open = ({ port }: Target, { subprotocol }: Wire = jsonWire): Promise<RawClient> =>
  connectRaw(port, '/ws', subprotocol);

/** Whether the router has ended the link. */
export const isEnded = ({ socket }: RawClient): boolean => socket.destroyed || socket.readableEnded;

/** From now on the client reads what comes and forgets it. */
export const forget = ({ socket }: RawClient): void => {
  socket.removeAllListeners('data').resume();
};

/** Waits for an event of the socket, or for its end, however it comes. */
const happens = async ({ socket, ended }: RawClient, event: string): Promise<void> => {
  await Promise.race([once(socket, event).catch(() => ended), ended]);
};

/** Writes octets and waits for the next that come back, or for the end. */
export const exchange = async (client: RawClient, octets: Uint8Array): Promise<void> => {
  client.write(octets);
  await happens(client, 'data');
};

/** Writes octets and waits until the system takes more, or until the link has ended. */
export const write = async (client: RawClient, octets: Uint8Array): Promise<void> => {
  if (!client.socket.write(octets)) await happens(client, 'drain');
};

/** A session; rejects when there is none. */
export const join = async (target: Target, wire: Wire = jsonWire, hello: unknown = wire.hello): Promise<RawClient> => {
  const client = await open(target, wire);
  await exchange(client, clientFrame(wire, hello));
  const [answer] = client.frames.splice(0);
  if (answer === undefined || !wire.isWelcome(wire.decode(answer.payload)))
    throw new Error('an attacker was not welcomed');
  return client;
};

/** Writes the same octets again and again, as fast as the router reads them, for so many milliseconds or until the link ends. */
export const flood = async (client: RawClient, octets: Uint8Array, ms: number): Promise<void> => {
  const end = performance.now() + ms;
  while (performance.now() < end && !isEnded(client)) {
    await Promise.race([write(client, octets), delay(Math.max(0, end - performance.now()))]);
    // Others of this process have their turn.
    await new Promise(setImmediate);
  }
};
