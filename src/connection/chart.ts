/**
 * The connection machine with its effects, compiled once for all connections: each effect finds its connection in the
 * machine's context.
 */

import { connectionMachine } from '../../machines/connection.ts';
import type {
  AuthEvent,
  ConnectionContext,
  ConnectionEvent,
  ConnectionState,
} from '../../machines/connection-event.ts';
import type { Admission } from '../chart/admission.ts';
import { compileAdmission } from '../chart/admission.ts';
import type { Effects } from '../chart/compile.ts';
import { compileChart } from '../chart/compile.ts';
import { createEngine } from '../chart/engine.ts';
import type { Inspect } from '../chart/inspect.ts';
import type { EngineName, RunChart } from '../chart/running-chart.ts';
import type { Authenticate, Hello, PeerMessage } from '../wamp/message.ts';
import type { Dialect, Grant } from './dialect.ts';

/** What the machine asks of the connection that runs it. */
export interface ConnectionEffects {
  readonly dialect: Dialect;
  readonly state: ConnectionState;
  routeMessage(message: PeerMessage): void;
  establish(grant: Grant): void;
  leave(options: { readonly discard: boolean }): void;
  abort(reason: string, message: string | undefined): void;
  closeLink(): void;
}

interface EndParams {
  readonly reason: string;
  readonly message?: string | undefined;
}

interface Asked {
  readonly owner: unknown;
}

type SendBack = (event: AuthEvent) => void;

const ownerOf = ({ context }: { readonly context: ConnectionContext }): ConnectionEffects =>
  context.owner as ConnectionEffects;
const messageOf = (event: unknown): PeerMessage => (event as { readonly message: PeerMessage }).message;
const isOrderly = ({ type }: ConnectionEvent): boolean =>
  type === 'link.closed' || type === 'router.leaving' || type === 'wamp.GOODBYE';
const { guards, delays } = connectionMachine.implementations;

/** The effects of the chart, by the names that the chart has for them. */
export const connectionEffects = {
  actions: {
    route: (at) => ownerOf(at).routeMessage(messageOf(at.event)),
    violate: (at) => {
      const { dialect, state } = ownerOf(at);
      dialect.violate(messageOf(at.event), state);
    },
    sendChallenge: (at, { challenge }: { readonly challenge: unknown }) => ownerOf(at).dialect.sendChallenge(challenge),
    sendWelcome: (at, { grant }: { readonly grant: unknown }) => ownerOf(at).establish(grant as Grant),
    sendDenial: (at, { denial }: { readonly denial: unknown }) => ownerOf(at).dialect.sendDenial(denial),
    sendAbort: (at, { reason, message }: EndParams) => ownerOf(at).abort(reason, message),
    sendGoodbye: (at, { reason, message }: EndParams) => ownerOf(at).dialect.sendGoodbye(reason, message),
    leave: (at) => ownerOf(at).leave({ discard: !isOrderly(at.event as ConnectionEvent) }),
    closeLink: (at) => ownerOf(at).closeLink(),
  },
  actors: {
    authenticate: ({ hello, owner }: Asked & { readonly hello: Hello }, answer: SendBack) =>
      (owner as ConnectionEffects).dialect.authenticate(hello, answer),
    verifyAnswer: ({ answer: message, owner }: Asked & { readonly answer: Authenticate }, answer: SendBack) =>
      (owner as ConnectionEffects).dialect.verify(message, answer),
  },
  guards: guards as unknown as Effects<ConnectionContext>['guards'],
  delays: delays as unknown as Effects<ConnectionContext>['delays'],
} satisfies Effects<ConnectionContext>;

/** The chart that every connection runs. */
export const connectionChart = compileChart<ConnectionContext>(connectionMachine.root, connectionEffects);

/** Creates the engine that runs the charts of one router's connections. The `owner` in a chart's context is its connection. */
export const createConnectionEngine = (
  name: EngineName,
  inspect?: Inspect,
): RunChart<ConnectionContext, ConnectionEvent> =>
  createEngine({ machine: connectionMachine, effects: connectionEffects, chart: connectionChart }, name, inspect);

const admissionTable = compileAdmission(connectionChart);

/** What happens to each type of message in the innermost state `key`. Throws for a state that the chart does not have. */
export const admissionOf = (key: string): Admission => {
  const row = admissionTable.get(key);
  if (!row) throw new Error(`the chart has no state "${key}"`);
  return row;
};
