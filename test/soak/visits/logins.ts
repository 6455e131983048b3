/** Peers that log in by every method, rightly and wrongly, and some that stop half-way. */

import { begin, byCra, byCryptosign, byScram, byTicket, newKeyPair } from '../../support/v2-auth.ts';
import type { List, V2Peer } from '../../support/v2-client.ts';
import { code } from '../../support/v2-router.ts';
import { alice, keyPair } from '../principals.ts';
import { type Behaviour, expectType, open, takeLeave } from '../visit.ts';

type Login = (peer: V2Peer, isRight: boolean) => Promise<List>;

const secretFor = (isRight: boolean): string => (isRight ? alice.secret : 'wrong');

const methods: readonly Login[] = [
  (peer, isRight) => byTicket(peer, alice.authid, secretFor(isRight)),
  (peer, isRight) => byCra(peer, alice.authid, secretFor(isRight)),
  (peer, isRight) => byScram(peer, alice.authid, secretFor(isRight)),
  (peer, isRight) => byCryptosign(peer, isRight ? keyPair : newKeyPair(), alice.authid),
];

const loginOf = (number: number): Login => methods[number % methods.length]!;

/** Rightly. */
export const loggedIn: Behaviour = async (visit) => {
  const peer = await open(visit);
  expectType(code.WELCOME, await loginOf(visit.number)(peer, true));
  await peer.subscribe('com.soak.logged-in');
  await takeLeave(peer);
};

/** Wrongly. */
export const refused: Behaviour = async (visit) => {
  const peer = await open(visit);
  expectType(code.ABORT, await loginOf(visit.number)(peer, false));
  await peer.closed;
};

/** As somebody who does not exist. */
export const unknown: Behaviour = async (visit) => {
  const peer = await open(visit);
  expectType(code.ABORT, await byTicket(peer, `nobody-${visit.number}`, 'guess'));
  await peer.closed;
};

/** Leaves a challenge unanswered: goes, or stays until the router has enough. */
export const halfway: Behaviour = async (visit) => {
  const { peer, answer } = await begin(await open(visit), { authmethods: ['wampcra'], authid: alice.authid });
  expectType(code.CHALLENGE, answer);
  if (visit.number % 4 !== 0) await peer.close();
  else await peer.closed;
};
