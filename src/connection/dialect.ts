/**
 * The part of a connection that depends on its protocol: it decodes and encodes messages, and does what the chart asks for.
 * There is one object per connection, because a protocol has state between messages (prefixes, an open challenge).
 */

import type { AuthEvent, ConnectionState, Family } from '../../machines/connection-event.ts';
import { attempt, chain } from '../base/thenable.ts';
import type { Principal } from '../session/peer.ts';
import type { Authenticate, Hello, PeerMessage, SessionReply } from '../wamp/message.ts';

/** Who joined, as the application knows them. */
export interface Identity {
  /** The authid of the session; null for an anonymous one. */
  readonly authKey: string | null;
  readonly authExtra: unknown;
  /** The permissions as the application returned them. */
  readonly permissionsInput: unknown;
}

/** The outcome of an authentication: the principal of the session, and what is passed to the application about it. */
export interface Grant extends Identity {
  readonly principal: Principal;
}

/** How a link is closed. */
export interface Closing {
  /** WebSocket close code (RFC 6455, 7.4.1). */
  readonly code: number;
  readonly reason: string;
}

/** The closing of a link of which nothing is wrong. */
export const normalClosing: Closing = { code: 1000, reason: '' };

/** Tells the chart the outcome of an authentication step. */
export type AnswerAuth = (event: AuthEvent) => void;

/**
 * Asks an authenticator, and answers the chart with the event that `toEvent` makes of the result: at once unless the result
 * is a promise. If `ask` or `toEvent` fails, the answer is `auth.denied`.
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
  /** Sends what the router sends first. */
  open(): void;
  /** Decodes one message from the link; undefined when there is nothing in it for the chart. */
  read(data: Uint8Array, isBinary: boolean): PeerMessage | undefined;
  /** Returns the frame of an event, which may be shared with other peers; undefined when the event cannot be encoded. */
  readonly writeEvent: (event: Extract<SessionReply, { readonly type: 'EVENT' }>) => Uint8Array | undefined;
  /**
   * Returns the frame of any other reply; undefined when this protocol has no such message. Throws when the reply cannot be
   * encoded.
   */
  write(reply: Exclude<SessionReply, { readonly type: 'EVENT' }>): Uint8Array | undefined;
  authenticate(hello: Hello, answer: AnswerAuth): void;
  verify(message: Authenticate, answer: AnswerAuth): void;
  sendChallenge(challenge: unknown): void;
  sendWelcome(grant: Grant): void;
  sendDenial(denial: unknown): void;
  sendGoodbye(reason: string, message: string | undefined): void;
  /** Remembers what is wrong with a peer's message, for the message that ends the session. */
  explain(message: string): void;
  /** Handles a message that the present state does not allow. */
  violate(message: PeerMessage, state: ConnectionState): void;
  /** Ends the session for `reason`, and returns how the link is to be closed. In WAMP v2 it sends ABORT. */
  abort(reason: string): Closing;
}
