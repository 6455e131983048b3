/**
 * The dealer: procedures and the calls to them. Every call gets exactly one final answer, whoever fails or leaves first;
 * what comes after it is swallowed.
 */

import type { Clock } from '../wamp/clock.ts';
import { WampError } from '../wamp/error.ts';
import type { Id } from '../wamp/id.ts';
import { createSequentialIds } from '../wamp/id.ts';
import type { Args, Call, ErrorMessage, Kwargs } from '../wamp/message.ts';
import { reason } from '../wamp/reason.ts';
import type { Report } from '../wamp/report.ts';
import { asPromise } from '../wamp/thenable.ts';
import type { PeerInfo, Session } from './session.ts';

/** Who calls, as a procedure sees it. */
export interface CallerInfo {
  readonly id: Id;
  readonly authid: string | null;
  readonly authrole: string | null;
}

/** What a procedure is given. */
export interface ProcedureCall {
  readonly procedure: string;
  readonly args: Args;
  readonly kwargs: Kwargs | undefined;
  readonly connection: PeerInfo;
  readonly session: CallerInfo;
  /** Aborts when the caller leaves or the call times out: nobody waits for the result any more. */
  readonly signal: AbortSignal;
  /** Sends a progressive result, if the caller wants to hear any. */
  progress(args?: Args, kwargs?: Kwargs): void;
}

/**
 * A procedure of the embedding program. What it returns, or the promise it returns resolves to, is the single positional
 * result; `undefined` is no result. To choose the error that the caller hears, throw a WampError; anything else that is
 * thrown is logged here and answered without its text.
 */
export type Procedure = (call: ProcedureCall) => unknown;

/** A registered procedure. */
export interface Registration {
  readonly id: Id;
  readonly uri: string;
  /** Whether a peer that has not authenticated may call it; then no permission is asked for either. */
  readonly open: boolean;
  readonly procedure: Procedure;
}

/** What the dealer needs from outside. */
export interface DealerOptions {
  readonly clock: Clock;
  readonly report: Report;
  /** ms after which a call is answered with `wamp.error.timeout`; 0 is never. */
  readonly callTimeout: number;
  /** Calls without a final answer that one session may have. */
  readonly maxPendingCalls: number;
}

/** A call from the moment its procedure runs to its one final answer. It is what the procedure is given. */
export class PendingCall implements ProcedureCall {
  readonly #session: Session;
  readonly #request: Call;
  readonly #options: DealerOptions;
  #controller: AbortController | undefined;
  #timer: unknown;
  #ended = false;

  constructor(session: Session, request: Call, options: DealerOptions) {
    this.#session = session;
    this.#request = request;
    this.#options = options;
  }

  get procedure(): string {
    return this.#request.procedure;
  }

  get args(): Args {
    return this.#request.args;
  }

  get kwargs(): Kwargs | undefined {
    return this.#request.kwargs;
  }

  get connection(): PeerInfo {
    return this.#session.info;
  }

  get session(): CallerInfo {
    return this.#session;
  }

  // Made when asked for: most procedures never look at it.
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#ended && this.#session.hasLeft) this.#controller.abort(new WampError(reason.canceled));
    return this.#controller.signal;
  }

  readonly progress = (args: Args = [], kwargs?: Kwargs): void => {
    if (this.#ended || !this.#request.progress) return;
    this.#session.deliver({ type: 'RESULT', request: this.#request.request, progress: true, args, kwargs });
  };

  /** Runs the procedure and sees to the answer. */
  run(procedure: Procedure): void {
    let result: unknown;
    try {
      result = procedure(this);
    } catch (error) {
      this.#fail(error);
      return;
    }
    const pending = asPromise(result);
    if (!pending) {
      this.#succeed(result);
      return;
    }
    this.#session.calls.add(this);
    const { callTimeout, clock } = this.#options;
    if (callTimeout > 0) this.#timer = clock.setTimeout(() => this.#expire(), callTimeout);
    pending.then(
      (value) => this.#succeed(value),
      (error: unknown) => this.#fail(error),
    );
  }

  /** The caller is gone: nobody is answered. */
  abandon(): void {
    if (this.#end()) this.#controller?.abort(new WampError(reason.canceled, { description: 'the caller left' }));
  }

  #end(): boolean {
    if (this.#ended) return false;
    this.#ended = true;
    this.#session.calls.delete(this);
    if (this.#timer !== undefined) this.#options.clock.clearTimeout(this.#timer);
    return true;
  }

  #succeed(value: unknown): void {
    if (!this.#end()) return;
    const args = value === undefined ? [] : [value];
    this.#session.deliver({ type: 'RESULT', request: this.#request.request, progress: false, args, kwargs: undefined });
  }

  #fail(error: unknown): void {
    if (!this.#end()) return;
    if (error instanceof WampError) {
      const { uri, description, args, kwargs, details } = error;
      this.#answer({ error: uri, description, args, kwargs, details, from: 'callee' });
      return;
    }
    this.#options.report.error('call_failed', { err: error, procedure: this.procedure }, 'a procedure threw');
    this.#session.refuse(this.#request, reason.runtimeError, 'the procedure failed');
  }

  #expire(): void {
    if (!this.#end()) return;
    const error = new WampError(reason.timeout, { description: 'the procedure took too long' });
    this.#options.report.warn('call_timeout', { procedure: this.procedure }, 'a call timed out');
    this.#controller?.abort(error);
    this.#session.refuse(this.#request, reason.timeout, error.description);
  }

  #answer(answer: Omit<ErrorMessage, 'type' | 'requestType' | 'request'>): void {
    this.#session.deliver({ type: 'ERROR', requestType: 'CALL', request: this.#request.request, ...answer });
  }
}

/** Procedures by URI, calls to procedures. */
export class Dealer {
  readonly #registrations = new Map<string, Registration>();
  readonly #nextId = createSequentialIds();
  readonly #options: DealerOptions;

  /** The procedures that may be called without authentication. */
  readonly openProcedures = { has: (uri: string): boolean => this.#registrations.get(uri)?.open === true };

  constructor(options: DealerOptions) {
    this.#options = options;
  }

  /** How many procedures are registered. */
  get registrations(): number {
    return this.#registrations.size;
  }

  /** Registers a procedure. Throws `wamp.error.procedure_already_exists` when the URI is taken. */
  register(uri: string, procedure: Procedure, options: { readonly open: boolean }): Registration {
    if (this.#registrations.has(uri)) {
      throw new WampError(reason.procedureAlreadyExists, { description: `"${uri}" is registered already` });
    }
    const registration: Registration = { id: this.#nextId(), uri, procedure, open: options.open };
    this.#registrations.set(uri, registration);
    return registration;
  }

  /** The registration of `uri`, if there is one. */
  find(uri: string): Registration | undefined {
    return this.#registrations.get(uri);
  }

  /** Takes a registration back; calls under way are still answered. False when it is not there. */
  unregister(registration: Registration): boolean {
    return this.#registrations.get(registration.uri) === registration && this.#registrations.delete(registration.uri);
  }

  /** Handles a CALL. */
  call(session: Session, request: Call): void {
    const registration = this.#registrations.get(request.procedure);
    if (!registration || !(registration.open || session.isEstablished)) {
      session.refuse(request, reason.noSuchProcedure, `no procedure "${request.procedure}"`, request.procedure);
    } else if (!registration.open && !session.permissions.allows('call', request.procedure)) {
      this.#options.report.count('call_denied');
      session.refuse(request, reason.notAuthorized, `not authorized to call "${request.procedure}"`);
    } else if (session.calls.size >= this.#options.maxPendingCalls) {
      this.#options.report.count('limit_reached');
      session.refuse(request, reason.unavailable, `${session.calls.size} calls of this session are pending`);
    } else {
      new PendingCall(session, request, this.#options).run(registration.procedure);
    }
  }
}
