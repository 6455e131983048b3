/**
 * Callees, which answer the calls of a registration. One kind has a session and is sent messages. The other is a function
 * of the embedding program or of the router itself.
 */

import type { Dict } from '../base/dict.ts';
import { noDetails } from '../base/dict.ts';
import type { Report } from '../base/report.ts';
import { asPromise } from '../base/thenable.ts';
import { noRoom } from '../session/held.ts';
import type { CallerInfo, PeerInfo } from '../session/peer.ts';
import type { Session } from '../session/session.ts';
import { routerFailure } from '../session/session-calls.ts';
import { WampError } from '../wamp/error.ts';
import type { Args, Kwargs, Payload } from '../wamp/message.ts';
import type { CancelMode } from '../wamp/options.ts';
import { reasons } from '../wamp/reasons.ts';
import { WampResult } from '../wamp/result.ts';
import type { Call, Callee, ProcedureRegistration } from './call.ts';

/** The argument of a procedure. */
export interface ProcedureCall {
  /** The URI that is called. */
  readonly procedure: string;
  readonly args: Args;
  readonly kwargs: Kwargs | undefined;
  /** The connection of the caller. */
  readonly connection: PeerInfo;
  /** The session of the caller. */
  readonly session: CallerInfo;
  /** Aborts when the call is canceled, times out, or its caller leaves. The result is then no longer needed. */
  readonly signal: AbortSignal;
  /** Sends a progressive result. It has no effect if the caller did not ask for progressive results. */
  progress(args?: Args, kwargs?: Kwargs): void;
}

/**
 * A procedure of the embedding program. The value that it returns, or that its promise resolves to, is the single
 * positional result. `undefined` means no result, and a WampResult carries several values. To choose the error that the
 * caller gets, throw a WampError. Any other error is logged here and answered without its text.
 */
export type Procedure = (call: ProcedureCall) => unknown;

/** The options of a callee with a session, from its REGISTER. */
export interface CalleeOptions {
  readonly concurrency: number;
  readonly forwardsTimeout: boolean;
  readonly wantsCaller: boolean;
}

/** A callee with a session, which gets INVOCATION and INTERRUPT. */
export class RemoteCallee implements Callee {
  readonly registration: ProcedureRegistration;
  readonly session: Session;
  readonly concurrency: number;
  readonly forwardsTimeout: boolean;
  readonly wantsCaller: boolean;
  #running = 0;

  constructor(registration: ProcedureRegistration, session: Session, options: CalleeOptions) {
    this.registration = registration;
    this.session = session;
    this.concurrency = options.concurrency;
    this.forwardsTimeout = options.forwardsTimeout && session.features.callee.timeouts;
    this.wantsCaller = options.wantsCaller;
  }

  get isFree(): boolean {
    return this.#running < this.concurrency;
  }

  get cancels(): boolean {
    return this.session.features.callee.cancels;
  }

  get takesParts(): boolean {
    return this.session.features.callee.progressiveInvocations;
  }

  get reroutes(): boolean {
    return this.session.features.callee.reroutes;
  }

  get keeps(): boolean {
    return this.reroutes;
  }

  get takesPassthru(): boolean {
    return this.session.features.callee.passthru;
  }

  invoke(call: Call, { args, kwargs }: Payload, details: Dict): void {
    if (call.invocation === 0) {
      this.#running += 1;
      call.invocation = this.session.calls.startInvocation(call);
    }
    const { invocation: request } = call;
    this.session.deliver({ type: 'INVOCATION', request, registration: this.registration.id, details, args, kwargs });
  }

  interrupt(call: Call, mode: CancelMode, reason: string): void {
    if (call.invocation === 0) return;
    this.session.deliver({ type: 'INTERRUPT', request: call.invocation, options: { mode, reason } });
  }

  // A call that failed before its INVOCATION has not begun.
  release(call: Call): void {
    if (call.invocation === 0) return;
    this.#running -= 1;
    this.session.calls.endInvocation(call.invocation, call.isHeard);
  }
}

/** A callee that is a function in this process. `session` is that of the in-process peer that registered it, if any. */
export class LocalCallee implements Callee {
  readonly registration: ProcedureRegistration;
  readonly session: Session | undefined;
  /**
   * False for the router's own procedures: their calls are held only if they turn out to be asynchronous. Otherwise a
   * procedure that frees held memory could be refused for lack of it.
   */
  readonly keeps: boolean;
  readonly concurrency = Number.POSITIVE_INFINITY;
  readonly isFree = true;
  readonly cancels = true;
  readonly takesParts = false;
  readonly takesPassthru = true;
  readonly reroutes = false;
  readonly forwardsTimeout = false;
  // It gets the session of its caller in any case.
  readonly wantsCaller = false;
  readonly #procedure: Procedure;
  readonly #report: Report;

  constructor(registration: ProcedureRegistration, session: Session | undefined, procedure: Procedure, report: Report) {
    this.registration = registration;
    this.session = session;
    this.keeps = !registration.options.isHidden;
    this.#procedure = procedure;
    this.#report = report;
  }

  invoke(call: Call, payload: Payload): void {
    const invocation = new LocalInvocation(call, payload);
    call.local = invocation;
    if (this.session) call.invocation = this.session.calls.startInvocation(call);
    try {
      const result = this.#procedure(invocation);
      const pending = asPromise(result);
      if (!pending) return succeed(call, result);
      if (!call.holdAll()) {
        invocation.abort(noRoom);
        this.#fail(call, noRoom);
      }
      pending.then(
        (value) => succeed(call, value),
        (error: unknown) => this.#fail(call, error),
      );
    } catch (error) {
      this.#fail(call, error);
    }
  }

  interrupt(call: Call, _mode: CancelMode, reason: string): void {
    call.local?.abort(new WampError(reason));
  }

  release(call: Call): void {
    this.session?.calls.endInvocation(call.invocation);
  }

  #fail(call: Call, error: unknown): void {
    if (error instanceof WampError) {
      const { uri, description, args, kwargs, details } = error;
      // A refusal by the router itself is final: no other callee could answer instead.
      const from = this.registration.options.isHidden ? 'router' : 'callee';
      call.fail({ error: uri, description, args, kwargs, details, from });
      return;
    }
    if (call.isOver) return;
    this.#report.error('call_failed', { err: error, procedure: call.procedure }, 'a procedure threw');
    call.fail(routerFailure(reasons.runtimeError, 'the procedure failed'));
  }
}

const succeed = (call: Call, value: unknown): void => {
  if (value instanceof WampResult) call.succeed(value, noDetails);
  else call.succeed({ args: value === undefined ? [] : [value], kwargs: undefined }, noDetails);
};

const progressDetails: Dict = { progress: true };

/** The argument of a procedure, made from a call. */
export class LocalInvocation implements ProcedureCall {
  readonly args: Args;
  readonly kwargs: Kwargs | undefined;
  readonly #call: Call;
  #controller: AbortController | undefined;
  #cause: WampError | undefined;

  constructor(call: Call, { args, kwargs }: Payload) {
    this.#call = call;
    this.args = args;
    this.kwargs = kwargs;
  }

  get procedure(): string {
    return this.#call.procedure;
  }

  get connection(): PeerInfo {
    return this.#call.caller.info;
  }

  get session(): CallerInfo {
    return this.#call.caller;
  }

  // Created on first access, since most procedures never use it.
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#cause) this.#controller.abort(this.#cause);
    return this.#controller.signal;
  }

  readonly progress = (args: Args = [], kwargs?: Kwargs): void => {
    this.#call.progress({ args, kwargs }, progressDetails);
  };

  /** Aborts the signal: the result is no longer needed. */
  abort(cause: WampError): void {
    this.#cause = cause;
    this.#controller?.abort(cause);
  }
}
