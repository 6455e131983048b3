/** Peers that leave something that outlives their session: retained events, a history, testaments. */

import { code } from '../../support/v2-router.ts';
import { type Behaviour, expectType, join, joinBare, takeLeave } from '../visit.ts';

/** Topics with a retained event: there are no more of them in an hour than in a minute. */
const topics = 20;

/** Publishes retained events, for everybody and for some, and has them told by a late subscription. */
export const retained: Behaviour = async (visit) => {
  const peer = await join(visit);
  const topic = `com.soak.retained.${visit.number % topics}`;
  await peer.publish(topic, [visit.number, 'x'.repeat(1_000)], { retain: true, exclude_me: false });
  await peer.publish(topic, [visit.number], { retain: true, eligible_authrole: ['nobody'] });
  await peer.subscribe(topic, { get_retained: true });
  await peer.take(code.EVENT);
  await peer.subscribe('com.soak.retained', { match: 'prefix', get_retained: true });
  await takeLeave(peer);
};

/** Publishes to a topic with a history, and reads it. */
export const history: Behaviour = async (visit) => {
  const peer = await join(visit);
  const subscription = await peer.subscribe('com.soak.history');
  await peer.publish('com.soak.history', [visit.number, 'x'.repeat(1_000)]);
  expectType(code.RESULT, await peer.call('wamp.subscription.get_events', [subscription, 10]));
  await takeLeave(peer);
};

/** Has a testament published by its death. */
export const testament: Behaviour = async (visit) => {
  const heir = await join(visit);
  const topic = `com.soak.testament.${visit.number}`;
  await heir.subscribe(topic);
  const { peer, socket, ended } = await joinBare(visit);
  for (const scope of ['destroyed', 'detached'])
    expectType(code.RESULT, await peer.call('wamp.session.add_testament', [topic, [scope], {}], {}, { scope }));
  socket.resetAndDestroy();
  await ended;
  await heir.take(code.EVENT);
  await heir.take(code.EVENT);
  await takeLeave(heir);
};
