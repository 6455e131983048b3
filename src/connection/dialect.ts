/**
 * What a protocol has to do with a connection: bytes to messages, messages to bytes, and the effects that the chart asks
 * for. One object per connection, as a protocol remembers things between messages (prefixes, an open challenge).
 */

import type { AuthEvent, ConnectionState, Family } from '../../machines/connection-event.ts';
import { attempt, chain } from '../base/thenable.ts';
import type { Principal } from '../session/peer.ts';
import type { Authenticate, Hello, PeerMessage, SessionReply } from '../wamp/message.ts';

/** Who came in, as the application knows them. */
export interface Identity {
  /** The authid of the session; null for an anonymous one. */
  readonly authKey: string | null;
  readonly authExtra: unknown;
  /** As the application returned them. */
  readonly permissionsInput: unknown;
}

/** Who the peer turned out to be, with what the application is told about it. */
export interface Grant extends Identity {
  readonly principal: Principal;
}

/** How a link is closed. */
export interface Closing {
  /** WebSocket close code (RFC 6455, 7.4.1). */
  readonly code: number;
  readonly reason: string;
}

/** The authenticator's answer to the chart. */
export type AnswerAuth = (event: AuthEvent) => void;

/**
 * Asks an authenticator, and answers the chart with the event that `toEvent` makes of what it says, at once if that is there.
 * What either of them throws is a denial.
 */
export const settle = <Value>(
  ask: () => Value | Promise<Value>,
  toEvent: (value: Value) => AuthEvent,
  answer: AnswerAuth,
): void => {
  const deny = (error: unknown): void => answer({ type: 'auth.denied', value: error });
  void attempt(() => chain(ask(), (value) => answer(toEvent(value))), deny);
};

/** One protocol, spoken on one connection. */
export interface Dialect {
  readonly family: Family;
  /** Procedures that may be called without authentication. */
  readonly openProcedures: { has(procedure: string): boolean };
  /** Says what the router says first. */
  open(): void;
  /** Reads one message from the wire; undefined when there is nothing in it for the chart. */
  read(data: Uint8Array, isBinary: boolean): PeerMessage | undefined;
  /** The frame of an event for this peer, shared with others; undefined when it cannot be carried. */
  readonly writeEvent: (event: Extract<SessionReply, { readonly type: 'EVENT' }>) => Uint8Array | undefined;
  /** The frame of any other reply; undefined when this protocol has no such message. Throws on what it cannot carry. */
  write(reply: Exclude<SessionReply, { readonly type: 'EVENT' }>): Uint8Array | undefined;
  authenticate(hello: Hello, answer: AnswerAuth): void;
  verify(message: Authenticate, answer: AnswerAuth): void;
  sendChallenge(challenge: unknown): void;
  sendWelcome(grant: Grant): void;
  sendDenial(denial: unknown): void;
  sendGoodbye(reason: string, message: string | undefined): void;
  /** Remembers what is wrong with a peer's message, for the message that ends the session. */
  explain(message: string): void;
  /** A message that no state allows. */
  violate(message: PeerMessage, state: ConnectionState): void;
  /** Takes leave for `reason`, and says how the link is to be closed. */
  abort(reason: string): Closing;
}
