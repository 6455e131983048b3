/** Procedures: functions of the embedding program, or of the router itself, that answer calls. */

import type { CallerInfo, PeerInfo } from '../session/peer.ts';
import type { GivenArgs, GivenKwargs, Payload, PayloadForm } from '../wamp/payload.ts';

/** The argument of a procedure. */
export interface ProcedureCall<Form extends PayloadForm = 'values'> extends Payload<Form> {
  /** The URI that is called. */
  readonly procedure: string;
  /** The connection of the caller. */
  readonly connection: PeerInfo;
  /** The session of the caller. */
  readonly session: CallerInfo;
  /** Aborts when the call is canceled, times out, or its caller leaves. The result is then no longer needed. */
  readonly signal: AbortSignal;
  /** Sends a progressive result. It has no effect if the caller did not ask for progressive results. */
  progress(args?: GivenArgs, kwargs?: GivenKwargs): void;
}

/**
 * A procedure of the embedding program. The value that it returns, or that its promise resolves to, is the single
 * positional result. `undefined` means no result, and a WampResult carries several values. To choose the error that the
 * caller gets, throw a WampError. Any other error is logged here and answered without its text.
 */
export type Procedure<Form extends PayloadForm = 'values'> = (call: ProcedureCall<Form>) => unknown;
