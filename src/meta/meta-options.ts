/** What the meta procedures are made of. */

import type { Broker } from '../broker/broker.ts';
import type { History } from '../broker/history.ts';
import type { Callee } from '../dealer/call.ts';
import type { Registrations } from '../dealer/registrations.ts';
import type { Routes } from '../dealer/routes.ts';
import type { Topic } from '../session/attachment.ts';
import type { Authorization } from '../session/authorization.ts';
import type { Revocation } from '../session/revocation.ts';
import type { Session } from '../session/session.ts';
import type { Id } from '../wamp/id.ts';

/** What the meta procedures look at, and what they can do. */
export interface MetaOptions {
  /** Sessions that are established. */
  readonly sessions: ReadonlyMap<Id, Session>;
  readonly broker: Broker;
  readonly registrations: Registrations;
  readonly routes: Routes;
  readonly history: History;
  readonly authorization: Authorization;
  readonly revokeSubscription: (session: Session, topic: Topic, revocation: Revocation | undefined) => void;
  readonly revokeCallee: (callee: Callee, revocation: Revocation | undefined) => void;
  readonly maxUriLength: number;
  /** Testaments of one session. */
  readonly maxTestaments: number;
  /** Octets, roughly, of a history that one answer may have. */
  readonly maxMessageSize: number;
}
