/**
 * What a call and its callee know of each other. There are two kinds of callees: sessions, which are sent messages
 * (remote-callee.ts), and functions in this process (local-callee.ts).
 */

import type { Dict } from '../base/dict.ts';
import type { Session } from '../session/session.ts';
import type { PendingCall } from '../session/session-calls.ts';
import type { WampError } from '../wamp/error.ts';
import type { CancelMode } from '../wamp/options.ts';
import type { MessagePayload } from '../wamp/payload.ts';
import type { Reach, Registration } from './registration.ts';

/** A registration with its callees, whose queue holds calls. */
export type ProcedureRegistration = Registration<Callee, QueuedCall>;

/** A callee as the dealer and its calls see it. None of the functions may throw. */
export interface Callee {
  readonly registration: ProcedureRegistration;
  /** Its session; undefined for the router's own procedures and those of the embedding program. */
  readonly session: Session | undefined;
  /** How many invocations it accepts at once. */
  readonly concurrency: number;
  readonly isFree: boolean;
  readonly cancels: boolean;
  readonly takesParts: boolean;
  readonly takesPassthru: boolean;
  readonly reroutes: boolean;
  /** Whether a call is held until it is answered: another callee, or a function of this process, may still need it. */
  readonly keeps: boolean;
  readonly forwardsTimeout: boolean;
  readonly wantsCaller: boolean;
  /** Sends the call, or a further part of it. */
  invoke(call: InvokedCall, part: MessagePayload, details: Dict): void;
  interrupt(call: InvokedCall, mode: CancelMode, reason: string): void;
  /** Called when the call has ended. */
  release(call: InvokedCall): void;
}

/** A call as its callee sees it. */
export interface InvokedCall extends PendingCall {
  readonly caller: Session;
  readonly procedure: string;
  /** Whether it has its final answer. */
  readonly isOver: boolean;
  /** Whether the callee has received an INVOCATION of it. */
  readonly isInvoked: boolean;
  /** What is held for it, in case that its callee answers later. */
  readonly messages: { holdAll(): boolean };
  /** The id of its INVOCATION; 0 if there is none. */
  invocation: number;
  /** The invocation of a function in this process, which can be aborted. */
  local: { abort(cause: WampError): void } | undefined;
}

/** A call that waits in the queue of a registration. */
export interface QueuedCall {
  /** The callees that have answered that they are unavailable. */
  readonly tried: ReadonlySet<Callee> | undefined;
  /** The callees that may receive it; undefined if all callees of the registration may. */
  readonly reach: Reach<Callee> | undefined;
  /** Called when a callee may be free. */
  dequeue(): void;
  /** Called when no callee is left that could accept it. */
  exhaust(): void;
}
