/** Sessions that others end by the meta API. */

import { code } from '../../support/v2-router.ts';
import { type Behaviour, expectType, join, joinRawSocket, takeLeave } from '../visit.ts';

/** Ends a session over WebSocket and one over RawSocket. */
export const killed: Behaviour = async (visit) => {
  const [killer, victim, other] = [await join(visit), await join(visit), await joinRawSocket(visit)];
  for (const peer of [victim, other.peer]) {
    await peer.subscribe(`com.soak.killed.${visit.number}`);
    await peer.register('com.soak.killed', { invoke: 'random' });
    expectType(code.RESULT, await killer.call('wamp.session.kill', [peer.session], {}, { reason: 'com.soak.enough' }));
    await peer.take(code.GOODBYE);
    await peer.close();
  }
  await takeLeave(killer);
};

/** Takes registrations and subscriptions away from a session that stays. */
export const revoked: Behaviour = async (visit) => {
  const [taker, loser] = [await join(visit), await join(visit)];
  const uri = `com.soak.revoked.${visit.number}`;
  const [subscription, registration] = [await loser.subscribe(uri), await loser.register(uri)];
  expectType(code.RESULT, await taker.call('wamp.subscription.remove_subscriber', [subscription, loser.session]));
  expectType(code.RESULT, await taker.call('wamp.registration.remove_callee', [registration, loser.session]));
  await Promise.all([takeLeave(taker), takeLeave(loser)]);
};
