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
import type { Args, GivenArgs, GivenKwargs, Kwargs, Payload, PayloadParts } from '../wamp/payload.ts';
import { MessagePayload, payloadFrom } from '../wamp/payload.ts';
import { reasons } from '../wamp/reasons.ts';
import { WampResult } from '../wamp/result.ts';
import type { Callee, InvokedCall, ProcedureRegistration } from './callee.ts';
import type { Procedure, ProcedureCall } from './procedure.ts';

/** What a callee in this process needs to know of the realm. */
export interface LocalCalleeContext {
  readonly report: Report;
  readonly payloadParts: PayloadParts;
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
  readonly #wantsOctets: boolean;
  readonly #report: Report;
  readonly #payloadParts: PayloadParts;

  constructor(
    registration: ProcedureRegistration,
    session: Session | undefined,
    procedure: Procedure,
    wantsOctets: boolean,
    { report, payloadParts }: LocalCalleeContext,
  ) {
    this.registration = registration;
    this.session = session;
    this.keeps = !registration.options.isHidden;
    this.#procedure = procedure;
    this.#wantsOctets = wantsOctets;
    this.#report = report;
    this.#payloadParts = payloadParts;
  }

  invoke(call: InvokedCall, payload: MessagePayload): void {
    const invocation = this.#begin(call, payload);
    if (!invocation) return;
    call.local = invocation;
    if (this.session) call.invocation = this.session.calls.startInvocation(call);
    try {
      const result = this.#procedure(invocation);
      const pending = asPromise(result);
      if (!pending) return this.#succeed(call, result);
      if (!call.messages.holdAll()) {
        invocation.abort(noRoom);
        this.#fail(call, noRoom);
      }
      pending.then(
        (value) => this.#settle(call, value),
        (error: unknown) => this.#fail(call, error),
      );
    } catch (error) {
      this.#fail(call, error);
    }
  }

  #begin(call: InvokedCall, payload: MessagePayload): LocalInvocation | undefined {
    try {
      // The types of procedures say which of the two they get; here they are of one.
      const shown = this.#wantsOctets ? (this.#payloadParts.split(payload) as unknown as Payload) : payload;
      return new LocalInvocation(call, payload, shown, this.#payloadParts);
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

  #settle(call: InvokedCall, value: unknown): void {
    try {
      this.#succeed(call, value);
    } catch (error) {
      this.#fail(call, error);
    }
  }

  // The router's own procedures may return a payload as it is to be sent.
  #succeed(call: InvokedCall, value: unknown): void {
    if (value instanceof MessagePayload) return call.succeed(value, noDetails);
    const isResult = value instanceof WampResult;
    const args = isResult ? value.args : value === undefined ? [] : [value];
    call.succeed(payloadFrom(args, isResult ? value.kwargs : undefined, this.#payloadParts), noDetails);
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

const progressDetails: Dict = { progress: true };

/** The argument of a procedure, made from a call. */
export class LocalInvocation implements ProcedureCall {
  readonly args: Args;
  readonly kwargs: Kwargs | undefined;
  readonly #call: InvokedCall;
  readonly #payload: MessagePayload;
  readonly #payloadParts: PayloadParts;
  #controller: AbortController | undefined;
  #cause: WampError | undefined;

  /** `shown` is the payload in the form that the procedure wants. */
  constructor(call: InvokedCall, payload: MessagePayload, shown: Payload, payloadParts: PayloadParts) {
    this.#call = call;
    this.#payload = payload;
    this.#payloadParts = payloadParts;
    this.args = shown.args;
    this.kwargs = shown.kwargs;
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

  readonly progress = (args: GivenArgs = [], kwargs?: GivenKwargs): void => {
    this.#call.progress(payloadFrom(args, kwargs, this.#payloadParts), progressDetails);
  };

  /** Aborts the signal: the result is no longer needed. */
  abort(cause: WampError): void {
    this.#cause = cause;
    this.#controller?.abort(cause);
  }
}
