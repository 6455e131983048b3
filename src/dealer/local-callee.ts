/** Callees that are functions in this process: a procedure is called, and what it returns or throws answers the call. */

import type { Dict } from '../base/dict.ts';
import { noDetails } from '../base/dict.ts';
import type { Report } from '../base/report.ts';
import { asPromise } from '../base/thenable.ts';
import { noRoom } from '../session/held.ts';
import type { CallerInfo, PeerInfo } from '../session/peer.ts';
import type { Session } from '../session/session.ts';
import { routerFailure } from '../session/session-calls.ts';
import { WampError } from '../wamp/error.ts';
import type { CancelMode } from '../wamp/options.ts';
import type { Args, Kwargs } from '../wamp/payload.ts';
import { MessagePayload } from '../wamp/payload.ts';
import { reasons } from '../wamp/reasons.ts';
import { WampResult } from '../wamp/result.ts';
import type { Callee, InvokedCall, ProcedureRegistration } from './callee.ts';
import type { Procedure, ProcedureCall } from './procedure.ts';

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

  invoke(call: InvokedCall, payload: MessagePayload): void {
    const invocation = this.#begin(call, payload);
    if (!invocation) return;
    call.local = invocation;
    if (this.session) call.invocation = this.session.calls.startInvocation(call);
    try {
      const result = this.#procedure(invocation);
      const pending = asPromise(result);
      if (!pending) return succeed(call, result);
      if (!call.messages.holdAll()) {
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

  #begin(call: InvokedCall, payload: MessagePayload): LocalInvocation | undefined {
    try {
      return new LocalInvocation(call, payload);
    } catch (error) {
      this.#report.count('call_failed');
      call.fail(routerFailure(reasons.invalidArgument, `this process cannot hold ${(error as Error).message}`));
      return undefined;
    }
  }

  interrupt(call: InvokedCall, _mode: CancelMode, reason: string): void {
    call.local?.abort(new WampError(reason));
  }

  release(call: InvokedCall): void {
    this.session?.calls.endInvocation(call.invocation);
  }

  #fail(call: InvokedCall, error: unknown): void {
    if (error instanceof WampError) {
      const { uri, description, args, kwargs, details } = error;
      // A refusal by the router itself is final: no other callee could answer instead.
      const from = this.registration.options.isHidden ? 'router' : 'callee';
      call.fail({ error: uri, description, payload: MessagePayload.of(args, kwargs), details, from });
      return;
    }
    if (call.isOver) return;
    this.#report.error('call_failed', { err: error, procedure: call.procedure }, 'a procedure threw');
    call.fail(routerFailure(reasons.runtimeError, 'the procedure failed'));
  }
}

/** The payload for what a procedure returned. The router's own procedures may return a payload as it is to be sent. */
const resultOf = (value: unknown): MessagePayload => {
  if (value instanceof MessagePayload) return value;
  if (value instanceof WampResult) return MessagePayload.of(value.args, value.kwargs);
  return MessagePayload.of(value === undefined ? [] : [value]);
};

const succeed = (call: InvokedCall, value: unknown): void => {
  call.succeed(resultOf(value), noDetails);
};

const progressDetails: Dict = { progress: true };

/** The argument of a procedure, made from a call. */
export class LocalInvocation implements ProcedureCall {
  readonly args: Args;
  readonly kwargs: Kwargs | undefined;
  readonly #call: InvokedCall;
  readonly #payload: MessagePayload;
  #controller: AbortController | undefined;
  #cause: WampError | undefined;

  constructor(call: InvokedCall, payload: MessagePayload) {
    this.#call = call;
    this.#payload = payload;
    this.args = payload.args;
    this.kwargs = payload.kwargs;
  }

  /** The payload of a call as it came. For the router's own procedures. */
  static payloadOf(call: ProcedureCall): MessagePayload | undefined {
    return #payload in call ? call.#payload : undefined;
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
    this.#call.progress(MessagePayload.of(args, kwargs), progressDetails);
  };

  /** Aborts the signal: the result is no longer needed. */
  abort(cause: WampError): void {
    this.#cause = cause;
    this.#controller?.abort(cause);
  }
}
