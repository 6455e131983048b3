/** Peers that do what sessions are for, and leave with GOODBYE. */

import { nextInvocation } from '../../support/calls.ts';
import type { V2Peer } from '../../support/v2-client.ts';
import { code } from '../../support/v2-router.ts';
import { residentProcedure } from '../residents.ts';
import {
  type Behaviour,
  expectType,
  join,
  joinCompressed,
  joinRawSocket,
  open,
  takeLeave,
  type Visit,
} from '../visit.ts';

/** Subscriptions and registrations of every kind of match; half of them are left to the router. */
const useEverything = async (peer: V2Peer, number: number): Promise<void> => {
  const [topic, procedure] = [`com.soak.topic.${number}`, `com.soak.procedure.${number}`];
  const subscription = await peer.subscribe(topic);
  await peer.subscribe(`com.soak.under.${number}`, { match: 'prefix' });
  const wildcard = await peer.subscribe(`com.soak..${number}.end`, { match: 'wildcard' });
  const registration = await peer.register(procedure);
  await peer.register(`com.soak.pattern.${number}`, { match: 'prefix' });
  await peer.register('com.soak.shared', { invoke: 'roundrobin' });
  expectType(code.PUBLISHED, await peer.publish(topic, [number], { exclude_me: false }));
  await peer.take(([type, from]) => type === code.EVENT && from === subscription);
  expectType(code.PUBLISHED, await peer.publish(`com.soak.under.${number}.leaf`, ['x'.repeat(2_000)]));
  const answer = peer.call(procedure, [number]);
  peer.send(code.YIELD, await nextInvocation(peer), {}, [number]);
  expectType(code.RESULT, await answer);
  expectType(code.RESULT, await peer.call(residentProcedure, [number]));
  expectType(code.UNSUBSCRIBED, await peer.ask(code.UNSUBSCRIBE, wildcard));
  expectType(code.UNREGISTERED, await peer.ask(code.UNREGISTER, registration));
};

const orderly =
  (come: (visit: Visit) => Promise<V2Peer>): Behaviour =>
  async (visit) => {
    const peer = await come(visit);
    await useEverything(peer, visit.number);
    await takeLeave(peer);
  };

/** Over WebSocket. */
export const byWebSocket = orderly(join);

/** Over WebSocket, its messages compressed. */
export const compressed = orderly(joinCompressed);

/** Over RawSocket. */
export const byRawSocket = orderly(async (visit) => (await joinRawSocket(visit)).peer);

/** One session after the other on one link. */
export const againAndAgain: Behaviour = async (visit) => {
  const peer = await open(visit);
  for (let time = 0; time < 5; time += 1) {
    expectType(code.WELCOME, await peer.hello());
    await peer.subscribe('com.soak.again');
    peer.send(code.GOODBYE, {}, 'wamp.close.close_realm');
    await peer.take(code.GOODBYE);
  }
  await peer.close();
};
