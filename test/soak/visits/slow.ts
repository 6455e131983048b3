/** Subscribers that read more slowly than others publish. */

import { code } from '../../support/v2-router.ts';
import { type Behaviour, expectType, joinBare, joinRawSocket, joinWitness, takeLeave } from '../visit.ts';

const filling = 'x'.repeat(64 * 1024);

/** Reads nothing while there are publications without end; the router closes it when its outbox is full. */
export const slowReader: Behaviour = async (visit) => {
  const topic = `com.flood.${visit.number}`;
  const { peer: publisher, sees } = await joinWitness(visit);
  const { peer, socket, ended } = await (visit.number % 2 === 0 ? joinBare(visit) : joinRawSocket(visit));
  await peer.subscribe(topic);
  socket.pause();
  let isGone = false;
  const gone = sees(peer.session).then(() => {
    isGone = true;
  });
  while (!isGone) expectType(code.PUBLISHED, await publisher.publish(topic, [filling]));
  await gone;
  socket.destroy();
  await ended;
  await takeLeave(publisher);
};
