/** Peers that stay connected and send nothing any more, which the router has to notice. */

import { connect } from 'node:net';
import { connectRaw } from '../../support/raw-client.ts';
import { type Behaviour, joinBare, joinWitness, takeLeave } from '../visit.ts';

/** Reads everything and answers no ping. */
export const unresponsive: Behaviour = async (visit) => {
  const { peer, ended } = await joinBare(visit, { deaf: true });
  await peer.subscribe('com.soak.silent');
  await ended;
};

/** Reads nothing and says nothing, as one whose network is gone; nobody closes its socket before the router has given it up. */
export const vanished: Behaviour = async (visit) => {
  const witness = await joinWitness(visit);
  const { peer, socket, ended } = await joinBare(visit);
  await peer.register(`com.soak.vanished.${visit.number}`);
  socket.pause();
  await witness.sees(peer.session);
  socket.destroy();
  await ended;
  await takeLeave(witness.peer);
};

/** Never says HELLO, or not even what it wants. */
export const speechless: Behaviour = async ({ place, number }) => {
  if (number % 2 === 0) {
    const { ended } = await connectRaw(place.port, '/ws', 'wamp.2.json');
    await ended;
    return;
  }
  const socket = connect(place.rawPort, '127.0.0.1');
  socket.on('error', () => {}).resume();
  await new Promise((resolve) => socket.once('close', resolve));
};
