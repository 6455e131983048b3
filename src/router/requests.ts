/** What the methods of `Postmaster` accept. */

import type { PermissionsInput } from '../auth/permission.ts';
import type { Id } from '../wamp/id.ts';
import type { GivenArgs, GivenKwargs, PayloadForm } from '../wamp/payload.ts';

/** Which realm a method works on. */
export interface RealmChoice {
  /** Default: the realm of v1 connections. */
  readonly realm?: string;
}

/** In which form a handler is given payloads. */
export interface FormChoice<Form extends PayloadForm> {
  /** Default: values. */
  readonly payload?: Form;
}

/** Options of `publishEvent`. With `args` or `kwargs` its argument `event` is ignored. */
export interface PublishEventOptions extends RealmChoice {
  /** Positional payload, instead of the event. */
  readonly args?: GivenArgs;
  /** Keyword payload, instead of the event. */
  readonly kwargs?: GivenKwargs;
  /** The ids of the only sessions that may receive it. An empty list means no session. Default: all. */
  readonly eligible?: readonly Id[];
  /** The ids of sessions that do not receive it. */
  readonly exclude?: readonly Id[];
}

/** Options of an in-process session. */
export interface SessionOptions extends RealmChoice {
  /** Default: null, as of an anonymous peer. */
  readonly authid?: string;
  /** Default: `trusted`. */
  readonly authrole?: string;
  /** They limit it as they limit any peer. Default: it may do everything. */
  readonly permissions?: PermissionsInput;
}

/** Whose decisions `forgetAuthorizations` forgets. Without a session: those of all sessions of the realm. */
export interface AuthorizationChoice extends RealmChoice {
  /** A session id. */
  readonly session?: Id;
}
