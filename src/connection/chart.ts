/**
 * The connection machine with its effects, provided once for all connections: each effect finds its connection in the
 * machine's context. Beside it the same chart as a table.
 */

import type { EventObject } from 'xstate';
import { fromCallback } from 'xstate';
import type { AuthEvent, ConnectionContext, ConnectionEvent, ConnectionState } from '../../machines/connection.ts';
import { connectionMachine } from '../../machines/connection.ts';
import type { Authenticate, Hello, PeerMessage } from '../wamp/message.ts';
import type { Admission } from './admission.ts';
import { compileAdmission, stateKey } from './admission.ts';
import type { AnswerAuth, Dialect, Grant } from './dialect.ts';

const ownerOf = (context: ConnectionContext): ConnectionEffects => context.owner as ConnectionEffects;

/** What the machine asks of the connection that runs it. */
export interface ConnectionEffects {
  route(message: PeerMessage): void;
  violate(message: PeerMessage): void;
  welcome(grant: Grant): void;
  leave(event: ConnectionEvent): void;
  abort(reason: string): void;
  closeLink(): void;
  readonly dialect: Dialect;
}

/** Keeps the handle of a connection out of anything that serialises or inspects a snapshot. */
export const hidden = <Owner extends object>(owner: Owner): Owner =>
  Object.defineProperty(owner, 'toJSON', { value: () => '[connection]', enumerable: false });

const messageOf = (event: ConnectionEvent): PeerMessage => (event as { readonly message: PeerMessage }).message;

/** An actor that asks `ask` and sends its answer, which may come at once, to the connection. */
const asker = <Input extends { readonly owner: unknown }>(ask: (input: Input, answer: AnswerAuth) => void) =>
  fromCallback<EventObject, Input>(({ input, sendBack }) => ask(input, (event: AuthEvent) => sendBack(event)));

/** The machine that every connection runs. */
export const connectionChart = connectionMachine.provide({
  actions: {
    route: ({ context, event }) => ownerOf(context).route(messageOf(event)),
    violate: ({ context, event }) => ownerOf(context).violate(messageOf(event)),
    sendChallenge: ({ context }, { challenge }) => ownerOf(context).dialect.sendChallenge(challenge),
    sendWelcome: ({ context }, { grant }) => ownerOf(context).welcome(grant as Grant),
    sendDenial: ({ context }, { denial }) => ownerOf(context).dialect.sendDenial(denial),
    sendAbort: ({ context }, params) => ownerOf(context).abort(params.reason),
    sendGoodbye: ({ context }, params) => ownerOf(context).dialect.sendGoodbye(params.reason, params.message),
    leave: ({ context, event }) => ownerOf(context).leave(event),
    closeLink: ({ context }) => ownerOf(context).closeLink(),
  },
  actors: {
    authenticate: asker<{ readonly hello: Hello; readonly owner: unknown }>(({ hello, owner }, answer) =>
      (owner as ConnectionEffects).dialect.authenticate(hello, answer),
    ),
    verifyAnswer: asker<{ readonly answer: Authenticate; readonly owner: unknown }>(
      ({ answer: message, owner }, answer) => (owner as ConnectionEffects).dialect.verify(message, answer),
    ),
  },
});

const admissionTable = compileAdmission(connectionMachine);

/** What becomes of each message in the state `value` of the machine. Throws for a state that the chart does not have. */
export const admissionOf = (value: unknown): Admission => {
  const key = stateKey(value);
  const row = admissionTable.get(key);
  if (!row) throw new Error(`the chart has no state "${key}"`);
  return row;
};

/** The outermost state: what `connection.state` shows. */
export const outerState = (value: unknown): ConnectionState => stateKey(value).split('.', 1)[0] as ConnectionState;
