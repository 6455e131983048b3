/**
 * What can happen to a connection, and what its chart remembers, without the chart: who reads these types needs none of XState.
 */

import type { MessageType } from '../src/wamp/message.ts';

/** Which family of rules a connection follows; the serializer does not matter here. */
export type Family = 'v1' | 'v2';

/** Deadlines in ms. */
export interface ConnectionDeadlines {
  /** How long a v2 peer may take to send its HELLO. */
  readonly helloTimeout: number;
  /** How long the authenticator may take, and then how long the challenged peer may take until its answer has been verified. */
  readonly authTimeout: number;
  /** How long a peer may take to answer our GOODBYE. */
  readonly closeTimeout: number;
}

/** What the chart remembers of a connection. Nothing in it changes, so the state alone says what may follow. */
export interface ConnectionContext {
  readonly family: Family;
  readonly deadlines: ConnectionDeadlines;
  /** Procedures that may be called without authentication. Empty for v2, where an anonymous session has a role instead. */
  readonly openProcedures: { has(procedure: string): boolean };
  /** A handle for the code that runs the machine; the chart never looks at it. */
  readonly owner: unknown;
}

/** What an authenticator answers. `value` means nothing to the chart: it is the challenge, the grant, or the error of a refusal. */
export type AuthEvent =
  | { readonly type: 'auth.challenged'; readonly value: unknown }
  | { readonly type: 'auth.accepted'; readonly value: unknown }
  | { readonly type: 'auth.denied'; readonly value: unknown }
  | { readonly type: 'auth.misunderstood'; readonly value: unknown };

/** A message of the peer, as far as the chart looks at it. What else it has is for the code that runs the machine. */
export interface ArrivedMessage {
  readonly type: MessageType;
  /** Of a CALL: the procedure. */
  readonly procedure?: string;
}

/** Everything that can happen to a connection. */
export type ConnectionEvent =
  | { readonly [Type in MessageType]: { readonly type: `wamp.${Type}`; readonly message: ArrivedMessage } }[MessageType]
  | AuthEvent
  | { readonly type: 'link.closed' }
  | { readonly type: 'link.failed'; readonly reason: string }
  | { readonly type: 'router.leaving'; readonly reason: string }
  | { readonly type: 'router.killed'; readonly reason: string; readonly message?: string | undefined };

/** The names of the states, as `connection.state` shows them. */
export type ConnectionState = 'welcome' | 'authreq' | 'challenged' | 'authenticated' | 'closing' | 'closed';
