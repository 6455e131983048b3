/** Peers that disconnect without GOODBYE, in the middle of everything. */

import { connect } from 'node:net';
import { beginCall } from '../../support/calls.ts';
import { request } from '../../support/rawsocket-client.ts';
import { type Behaviour, type Guest, joinBare, joinRawSocket, type Visit } from '../visit.ts';

/** Subscribed, registered, called, and half of a message on its way. */
const amidst = async ({ peer, socket }: Guest, { number }: Visit): Promise<void> => {
  await peer.subscribe(`com.soak.sudden.${number}`);
  await peer.subscribe('com.soak.sudden', { match: 'prefix' });
  await peer.register(`com.soak.sudden.${number}`);
  beginCall(peer, `com.soak.sudden.${number}`);
  await peer.publish(`com.soak.sudden.${number}`, [number]);
  await new Promise((written) => socket.write(Buffer.from([0x81]), written));
};

const sudden =
  (come: (visit: Visit) => Promise<Guest>, end: ({ socket }: Guest) => unknown): Behaviour =>
  async (visit) => {
    const guest = await come(visit);
    await amidst(guest, visit);
    end(guest);
    await guest.ended;
  };

/** RST. */
export const reset = sudden(joinBare, ({ socket }) => socket.resetAndDestroy());

/** FIN without a close frame. */
export const cut = sudden(joinBare, ({ socket }) => socket.destroy());

/** RST of a RawSocket. */
export const resetRawSocket = sudden(joinRawSocket, ({ socket }) => socket.resetAndDestroy());

/** In the middle of a handshake: RST or FIN, WebSocket or RawSocket. */
export const cutHandshake: Behaviour = async ({ place, number }) => {
  const isRaw = number % 2 === 0;
  const socket = connect(isRaw ? place.rawPort : place.port, '127.0.0.1');
  const ended = new Promise((resolve) => socket.once('close', resolve));
  await new Promise((connected, reject) => socket.once('error', reject).once('connect', connected));
  await new Promise((written) => socket.write(isRaw ? request().subarray(0, 2) : 'GET /ws HTTP/1.1\r\nUpgr', written));
  if (number % 4 < 2) socket.resetAndDestroy();
  else socket.destroy();
  await ended;
};
