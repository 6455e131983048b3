/** The options of the meta procedures. */

import type { Broker } from '../broker/broker.ts';
import type { History } from '../broker/history.ts';
import type { Callee } from '../dealer/callee.ts';
import type { Registrations } from '../dealer/registrations.ts';
import type { Routes } from '../dealer/routes.ts';
import type { Topic } from '../session/attachment.ts';
import type { Authorization } from '../session/authorization.ts';
import type { Revocation } from '../session/revocation.ts';
import type { Session } from '../session/session.ts';
import type { Id } from '../wamp/id.ts';

/** The data that the meta procedures read, and the actions that they can perform. */
export interface MetaOptions {
  /** The established sessions. */
  readonly sessions: ReadonlyMap<Id, Session>;
  readonly broker: Broker;
  readonly registrations: Registrations;
  readonly routes: Routes;
  readonly history: History;
  readonly authorization: Authorization;
  readonly revokeSubscription: (session: Session, topic: Topic, revocation: Revocation | undefined) => void;
  readonly revokeCallee: (callee: Callee, revocation: Revocation | undefined) => void;
  readonly maxUriLength: number;
  /** The most testaments of one session. */
  readonly maxTestaments: number;
  /** The size limit of an answer about a history, in approximate octets. */
  readonly maxMessageSize: number;
}
