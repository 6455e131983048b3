/**
 * One call, from its CALL to its one final answer, run on the compiled chart. Whatever happens to it is passed to the chart
 * as an event. The actions that the chart names are done here: invoke, interrupt, answer. The call keeps its arguments only
 * as long as they may be needed, and keeps nothing that it has sent.
 */

import type { CallEvent, CallState } from '../../machines/call-event.ts';
import type { Dict } from '../base/dict.ts';
import type { CallAction } from '../chart/call-table.ts';
import { callTable } from '../chart/call-table.ts';
import type { Disclosure } from '../session/disclosure.ts';
import { weightOf } from '../session/held.ts';
import type { Session } from '../session/session.ts';
import type { CallFailure, PendingCall } from '../session/session-calls.ts';
import { routerFailure } from '../session/session-calls.ts';
import type { WampError } from '../wamp/error.ts';
import type { Call as CallMessage, Payload, RequestId } from '../wamp/message.ts';
import type { CallRequestOptions, CancelMode } from '../wamp/options.ts';
import { reasons } from '../wamp/reasons.ts';
import type { Reach, Registration } from './registration.ts';

/** A registration whose queue holds calls. */
export type ProcedureRegistration = Registration<Callee, Call>;

/** A callee as the dealer sees it. None of the functions may throw. */
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
  invoke(call: Call, part: Payload, details: Dict): void;
  interrupt(call: Call, mode: CancelMode, reason: string): void;
  /** Called when the call has ended. */
  release(call: Call): void;
}

/** The dealer as a call sees it. */
export interface CallHost {
  /** Finds a callee. Ends with `invoke`, `queue`, `exhaust` or `refuse` of the call. */
  route(call: Call): void;
  /** Called when the call has been answered. */
  settled(call: Call): void;
  /** Restarts the timer of a call. */
  restartTimer(call: Call): void;
  /** Called when an action of a call threw. */
  broke(error: unknown, call: Call): void;
}

const events = {
  skip: 'caller.skipped',
  killnowait: 'caller.killedNoWait',
  kill: 'caller.killed',
} as const satisfies Record<CancelMode, CallEvent['type']>;

const nothing: Payload = { args: [], kwargs: undefined };

/** How many parts of a progressive call may wait for a callee. */
const mostWaitingParts = 64;

/** One CALL at the dealer. */
export class Call implements PendingCall {
  readonly caller: Session;
  readonly request: RequestId;
  readonly procedure: string;
  readonly options: CallRequestOptions;
  readonly registration: ProcedureRegistration;
  /** What the rules say about disclosing the identity of the caller. */
  readonly disclosure: Disclosure;
  callee: Callee | undefined;
  /** The id of its INVOCATION; 0 if there is none. */
  invocation = 0;
  /** Whether the callee has received an INVOCATION of it. */
  isHeard = true;
  /** The invocation of a function in this process, which can be aborted. */
  local: { abort(cause: WampError): void } | undefined;
  timer: unknown;
  /** The callees that have answered that they are unavailable. */
  tried: Set<Callee> | undefined;
  /** The callees that may receive it; undefined if all callees of the registration may. */
  reach: Reach<Callee> | undefined;
  readonly #host: CallHost;
  #state: CallState = 'routing';
  /** The details of every INVOCATION of this call, except `progress`. */
  #details: Dict = {};
  /** The CALL itself, as long as it may have to be sent. */
  #message: CallMessage | undefined;
  /** The octets of its message, and those that are held for this call. */
  readonly #octets: number;
  #held = 0;
  #waitingParts: CallMessage[] = [];
  #sentParts = 0;
  /** Whether the last part of a progressive call has arrived. */
  #isComplete = false;
  /** The data of the current event. */
  #payload: Payload = nothing;
  #resultDetails: Dict = {};
  #failure: CallFailure | undefined;
  #interruptReason: string = reasons.canceled;

  constructor(
    host: CallHost,
    caller: Session,
    request: CallMessage,
    options: CallRequestOptions,
    registration: ProcedureRegistration,
    disclosure: Disclosure,
  ) {
    this.#host = host;
    this.caller = caller;
    this.request = request.request;
    this.procedure = request.procedure;
    this.#message = request;
    this.#octets = caller.arrived;
    this.options = options;
    this.registration = registration;
    this.disclosure = disclosure;
  }

  get state(): CallState {
    return this.#state;
  }

  /** Whether it has its final answer. */
  get isOver(): boolean {
    return this.#state === 'answered';
  }

  /** Whether its caller sends it in several parts (a progressive call). */
  get isProgressive(): boolean {
    return this.options.progress === true;
  }

  get isWaiting(): boolean {
    return this.#state === 'queued';
  }

  /** Holds the octets of its message; false if there is no memory left. Cheap, for calls that may be answered at once. */
  hold(): boolean {
    return this.#held > 0 || this.#take(this.#octets);
  }

  /** Holds its estimated size in memory; false if there is not enough left. For calls that turn out to take longer. */
  holdAll(): boolean {
    const more = weightOf(this.#message, this.#octets) - this.#held;
    return more <= 0 || this.#take(more);
  }

  #take(octets: number): boolean {
    const isTaken = this.caller.held.take(octets);
    if (isTaken) this.#held += octets;
    return isTaken;
  }

  #forget(): void {
    this.#message = undefined;
    if (this.#held === 0) return;
    this.caller.held.give(this.#held);
    this.#held = 0;
  }

  /** Starts to look for a callee. */
  start(): void {
    this.#attempt('chooseCallee');
  }

  /** Assigns `callee` and sends it all parts that have arrived. */
  invoke(callee: Callee, details: Dict): void {
    this.callee = callee;
    this.#details = details;
    this.#send('dealer.invoked');
    const parts = this.#waitingParts;
    this.#waitingParts = [];
    if (this.#message) this.#invokePart(this.#message);
    for (const part of parts) this.#invokePart(part);
    if (!(callee.keeps || this.local)) this.#forget();
  }

  /** No callee is free, so the call waits. */
  queue(): void {
    this.#send('dealer.queued');
  }

  /** A callee may be free now. */
  dequeue(): void {
    this.#send('dealer.dequeued');
  }

  /** No callee is left that could accept it. */
  exhaust(): void {
    this.#send('dealer.exhausted');
  }

  /** The callee that was chosen cannot accept it. */
  refuse(error: string, description: string): void {
    this.#failure = routerFailure(error, description);
    this.#send('dealer.failed');
  }

  /**
   * Handles the next part of a progressive call. A part that names another procedure is dropped, and so is any part after
   * the last one.
   */
  continue(part: CallMessage): void {
    if (this.#isComplete || part.procedure !== this.procedure) return;
    this.#isComplete = part.options.progress !== true;
    if (this.#state !== 'queued') {
      this.#isLastPart = part.options.progress !== true;
      this.#bring(part, 'caller.continued');
    } else if (this.#waitingParts.length < mostWaitingParts && this.#take(weightOf(part, this.caller.arrived))) {
      this.#waitingParts.push(part);
    } else this.exhaust();
  }

  /** Handles a progressive result. It is dropped if the caller did not ask for progressive results. */
  progress(payload: Payload, details: Dict): void {
    if (!this.options.receive_progress) return;
    this.#resultDetails = details;
    this.#bring(payload, 'callee.progressed');
  }

  succeed(payload: Payload, details: Dict): void {
    this.#resultDetails = details;
    this.#bring(payload, 'callee.yielded');
  }

  fail(failure: CallFailure): void {
    this.#failure = failure;
    const mayReroute = failure.error === reasons.unavailable && failure.from === 'callee' && this.#sentParts === 1;
    this.#send(mayReroute && this.callee?.reroutes ? 'callee.unavailable' : 'callee.failed');
  }

  /** Called when a part could not be sent to its callee. */
  partFailed(failure: CallFailure): void {
    this.#failure = failure;
    this.isHeard = this.#sentParts > 1;
    this.#send(this.isHeard ? 'dealer.failed' : 'callee.failed');
  }

  /** Ends the call: a progressive result could not be sent to the caller, or a part is invalid. The callee is interrupted. */
  giveUp(failure: CallFailure): void {
    this.#failure = failure;
    this.#send('dealer.failed');
  }

  calleeLeft(): void {
    this.#send('callee.left');
  }

  /** The caller cancels. For a callee that cannot be interrupted the mode is always `skip`. */
  cancel(mode: CancelMode): void {
    this.#send(events[this.callee?.cancels === false ? 'skip' : mode]);
  }

  callerLeft(): void {
    this.#send('caller.left');
  }

  expire(): void {
    this.#interruptReason = reasons.timeout;
    this.#send('dealer.expired');
  }

  #isLastPart = true;

  // The chart gives the next state and the actions. The state changes first, so that events caused by an action find the
  // call in its new state.
  #send(event: CallEvent['type']): void {
    const step = callTable.get(this.#state)?.get(event);
    if (!step) return;
    this.#state = step.target;
    for (const action of step.actions) this.#attempt(action);
  }

  // A call belongs to two sessions. An error in an action therefore ends the call, but neither session.
  #attempt(action: CallAction): void {
    try {
      this.#act(action);
    } catch (error) {
      this.#host.broke(error, this);
      this.#failure = broken;
      if (!this.isOver) this.#send('dealer.failed');
      else if (answers.has(action)) this.#attempt('sendError');
    }
  }

  #chooseCallee(): void {
    if (this.callee) {
      this.tried ??= new Set();
      this.tried.add(this.callee);
      this.callee.release(this);
      this.callee = undefined;
      this.invocation = 0;
      this.#sentParts = 0;
    }
    this.#host.route(this);
  }

  // The payload is not kept after the event.
  #bring(payload: Payload, event: CallEvent['type']): void {
    this.#payload = payload;
    this.#send(event);
    this.#payload = nothing;
  }

  #invokePart(part: CallMessage): void {
    // An earlier part could not be delivered, which has ended the call.
    if (this.isOver) return;
    this.#isLastPart = part.options.progress !== true;
    this.#passOn(part);
  }

  #passOn(part: Payload): void {
    this.#sentParts += 1;
    const details = this.#isLastPart ? this.#details : { ...this.#details, progress: true };
    this.callee?.invoke(this, part, details);
  }

  #interrupt(mode: CancelMode): void {
    if (this.callee?.cancels) this.callee.interrupt(this, mode, this.#interruptReason);
  }

  #deliverResult(): void {
    const { request } = this;
    const { args, kwargs } = this.#payload;
    this.caller.deliver({ type: 'RESULT', request, details: this.#resultDetails, args, kwargs });
  }

  #deliverError(failure: CallFailure): void {
    this.caller.deliver({ type: 'ERROR', requestType: 'CALL', request: this.request, ...failure });
  }

  #act(action: CallAction): void {
    switch (action) {
      case 'chooseCallee':
        return this.#chooseCallee();
      case 'invokeAgain':
        return this.#passOn(this.#payload);
      case 'interrupt':
        return this.#interrupt('killnowait');
      case 'interruptToTheEnd':
        return this.#interrupt('kill');
      case 'sendProgress':
        // In this order, because a result that cannot be delivered ends the call.
        this.#host.restartTimer(this);
        return this.#deliverResult();
      case 'sendResult':
        return this.#deliverResult();
      case 'sendError':
        return this.#deliverError(this.#failure ?? canceled);
      case 'sendCanceled':
        return this.#deliverError(canceled);
      case 'sendTimeout':
        return this.#deliverError(timedOut);
      case 'sendUnavailable':
        return this.#deliverError(unavailable);
      case 'settle':
        this.#forget();
        return this.#host.settled(this);
    }
  }
}

/** Actions that send the final answer, which an error can replace if they fail. */
const answers: ReadonlySet<CallAction> = new Set(['sendResult', 'sendCanceled', 'sendTimeout', 'sendUnavailable']);

const broken = routerFailure(reasons.runtimeError, 'the router failed');
const canceled = routerFailure(reasons.canceled, 'the call was canceled');
const timedOut = routerFailure(reasons.timeout, 'the call took too long');
const unavailable = routerFailure(reasons.noAvailableCallee, 'no callee is available');
