/** Peers whose requests wait for an authorizer that is slow, or never answers. */

import { code } from '../../support/v2-router.ts';
import { type Behaviour, expectType, join, takeLeave } from '../visit.ts';

/** Waits for its answers; a subscriber under a pattern has them asked for each topic. */
export const patient: Behaviour = async (visit) => {
  const [peer, publisher] = [await join(visit), await join(visit)];
  const subscription = await peer.subscribe('com.slow', { match: 'prefix' });
  await peer.subscribe(`com.slow.${visit.number}`);
  expectType(code.PUBLISHED, await publisher.publish(`com.slow.${visit.number}`, [1]));
  await peer.take(([type, from]) => type === code.EVENT && from === subscription);
  expectType(code.ERROR, await publisher.call(`com.slow.${visit.number}`));
  await Promise.all([takeLeave(peer), takeLeave(publisher)]);
};

/** Leaves while it is being asked about, by GOODBYE or without a word. */
export const impatient: Behaviour = async (visit) => {
  const peer = await join(visit);
  const topic = `com.never.${visit.number}`;
  peer.send(code.PUBLISH, peer.next(), {}, topic, [1]);
  peer.send(code.CALL, peer.next(), {}, topic);
  peer.send(code.SUBSCRIBE, peer.next(), {}, topic);
  await (visit.number % 2 === 0 ? takeLeave(peer) : peer.close());
};

/** Waits until the router gives the authorizer up. */
export const unanswered: Behaviour = async (visit) => {
  const peer = await join(visit);
  expectType(code.ERROR, await peer.ask(code.SUBSCRIBE, {}, `com.never.${visit.number}`));
  await takeLeave(peer);
};
