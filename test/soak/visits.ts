/** The table of all visits: what the peer does, and how often such a visit begins. */

import type { Behaviour } from './visit.ts';
import * as asked from './visits/asked.ts';
import * as calls from './visits/calls.ts';
import * as kept from './visits/kept.ts';
import * as killed from './visits/killed.ts';
import * as logins from './visits/logins.ts';
import * as nonsense from './visits/nonsense.ts';
import * as orderly from './visits/orderly.ts';
import * as silent from './visits/silent.ts';
import * as slow from './visits/slow.ts';
import * as sudden from './visits/sudden.ts';
import * as v1 from './visits/v1.ts';

/** One kind of peer. */
export interface Kind {
  /** What they do, in words. */
  readonly title: string;
  readonly behave: Behaviour;
  /** ms between two of them that begin. */
  readonly every: number;
}

/** All kinds. What takes long or costs much comes less often. */
export const kinds: readonly Kind[] = [
  { title: 'v2 over WebSocket, GOODBYE', behave: orderly.byWebSocket, every: 60 },
  { title: 'v2 over RawSocket, GOODBYE', behave: orderly.byRawSocket, every: 60 },
  { title: 'v2 over compressed WebSocket, GOODBYE', behave: orderly.compressed, every: 300 },
  { title: 'v2, five sessions on one link', behave: orderly.againAndAgain, every: 200 },
  { title: 'v1, logged in', behave: v1.v1, every: 100 },
  { title: 'v1, login refused', behave: v1.v1Refused, every: 200 },
  { title: 'reset (RST) in a session', behave: sudden.reset, every: 100 },
  { title: 'cut (FIN) in a session', behave: sudden.cut, every: 100 },
  { title: 'reset (RST) of a RawSocket in a session', behave: sudden.resetRawSocket, every: 100 },
  { title: 'gone in the middle of a handshake', behave: sudden.cutHandshake, every: 100 },
  { title: 'answers no ping', behave: silent.unresponsive, every: 500 },
  { title: 'vanished: reads nothing, says nothing', behave: silent.vanished, every: 500 },
  { title: 'never says HELLO', behave: silent.speechless, every: 500 },
  { title: 'reads too slowly, outbox full', behave: slow.slowReader, every: 3_000 },
  { title: 'logged in by ticket, CRA, SCRAM, cryptosign', behave: logins.loggedIn, every: 100 },
  { title: 'login refused', behave: logins.refused, every: 100 },
  { title: 'login as nobody', behave: logins.unknown, every: 200 },
  { title: 'challenge left unanswered', behave: logins.halfway, every: 200 },
  { title: 'waits for a slow authorizer', behave: asked.patient, every: 200 },
  { title: 'leaves while the authorizer is asked', behave: asked.impatient, every: 100 },
  { title: 'authorizer never answers', behave: asked.unanswered, every: 300 },
  { title: 'calls canceled, timed out, in parts, abandoned', behave: calls.callsThatEnd, every: 60 },
  { title: 'leaves with calls open', behave: calls.callsThatStay, every: 100 },
  { title: 'retained events', behave: kept.retained, every: 200 },
  { title: 'event history', behave: kept.history, every: 200 },
  { title: 'testaments', behave: kept.testament, every: 100 },
  { title: 'killed by the meta API', behave: killed.killed, every: 200 },
  { title: 'subscription and registration taken away', behave: killed.revoked, every: 200 },
  { title: 'protocol violation', behave: nonsense.violation, every: 100 },
  { title: 'plain HTTP', behave: nonsense.http, every: 300 },
];
