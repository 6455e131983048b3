/** Callees with a session: they are sent INVOCATION and INTERRUPT, and answer by YIELD and ERROR. */

import type { Dict } from '../base/dict.ts';
import type { Session } from '../session/session.ts';
import type { CancelMode } from '../wamp/options.ts';
import type { MessagePayload } from '../wamp/payload.ts';
import type { Callee, InvokedCall, ProcedureRegistration } from './callee.ts';

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

  invoke(call: InvokedCall, payload: MessagePayload, details: Dict): void {
    if (call.invocation === 0) {
      this.#running += 1;
      call.invocation = this.session.calls.startInvocation(call);
    }
    const { invocation: request } = call;
    this.session.deliver({ type: 'INVOCATION', request, registration: this.registration.id, details, payload });
  }

  interrupt(call: InvokedCall, mode: CancelMode, reason: string): void {
    if (call.invocation === 0) return;
    this.session.deliver({ type: 'INTERRUPT', request: call.invocation, options: { mode, reason } });
  }

  // A call that failed before its INVOCATION has not begun.
  release(call: InvokedCall): void {
    if (call.invocation === 0) return;
    this.#running -= 1;
    this.session.calls.endInvocation(call.invocation, call.isInvoked);
  }
}
