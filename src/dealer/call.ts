/**
 * One call, from its CALL to its one final answer, run on the compiled chart. Whatever happens to it is passed to the chart
 * as an event. The actions that the chart names are done here: invoke, interrupt, answer. What the caller has sent is kept
 * as `messages`, only as long as it may be needed; nothing is kept that the call has sent itself.
 */

import type { CallEvent, CallState } from '../../machines/call-event.ts';
import type { Dict } from '../base/dict.ts';
import { noDetails } from '../base/dict.ts';
import type { CallAction } from '../chart/call-table.ts';
import { callTable } from '../chart/call-table.ts';
import type { Disclosure } from '../session/disclosure.ts';
import type { Session } from '../session/session.ts';
import type { CallFailure } from '../session/session-calls.ts';
import { routerFailure } from '../session/session-calls.ts';
import type { WampError } from '../wamp/error.ts';
import type { Call as CallMessage, RequestId } from '../wamp/message.ts';
import type { CallRequestOptions, CancelMode } from '../wamp/options.ts';
import type { MessagePayload } from '../wamp/payload.ts';
import { emptyPayload } from '../wamp/payload.ts';
import { reasons } from '../wamp/reasons.ts';
import { CallMessages, isLastPart } from './call-messages.ts';
import type { Callee, InvokedCall, ProcedureRegistration, QueuedCall } from './callee.ts';
import type { Reach } from './registration.ts';
import type { Route } from './routes.ts';

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

const cancelEvents = {
  skip: 'caller.skipped',
  killnowait: 'caller.killedNoWait',
  kill: 'caller.killed',
} as const satisfies Record<CancelMode, CallEvent['type']>;

/** One CALL at the dealer. */
export class Call implements InvokedCall, QueuedCall {
  readonly caller: Session;
  readonly request: RequestId;
  readonly procedure: string;
  readonly options: CallRequestOptions;
  readonly messages: CallMessages;
  readonly registration: ProcedureRegistration;
  readonly reach: Reach<Callee> | undefined;
  /** What the rules say about disclosing the identity of the caller. */
  readonly disclosure: Disclosure;
  callee: Callee | undefined;
  tried: Set<Callee> | undefined;
  invocation = 0;
  isInvoked = true;
  local: { abort(cause: WampError): void } | undefined;
  /** The timer that the dealer runs for it. */
  timer: unknown;
  readonly #host: CallHost;
  #state: CallState = 'routing';
  /** The details of every INVOCATION of this call, except `progress`. */
  #details: Dict = noDetails;
  /** How many parts its callee has been sent. */
  #sentParts = 0;
  // The data of the current event.
  #part: CallMessage | undefined;
  #result = emptyPayload;
  #resultDetails: Dict = noDetails;
  #failure: CallFailure | undefined;
  #interruptReason: string = reasons.canceled;

  constructor(
    host: CallHost,
    caller: Session,
    request: CallMessage,
    options: CallRequestOptions,
    { registration, reach }: Route,
    disclosure: Disclosure,
  ) {
    this.#host = host;
    this.caller = caller;
    this.request = request.request;
    this.procedure = request.procedure;
    this.messages = new CallMessages(caller, request);
    this.options = options;
    this.registration = registration;
    this.reach = reach;
    this.disclosure = disclosure;
  }

  get isOver(): boolean {
    return this.#state === 'answered';
  }

  get isProgressive(): boolean {
    return this.options.progress === true;
  }

  get isWaiting(): boolean {
    return this.#state === 'queued';
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
    const { first } = this.messages;
    const parts = this.messages.takeParts();
    if (first) this.#passOn(first);
    for (const part of parts) this.#passOn(part);
    if (!(callee.keeps || this.local)) this.messages.forget();
  }

  /** No callee is free, so the call waits. */
  queue(): void {
    this.#send('dealer.queued');
  }

  dequeue(): void {
    this.#send('dealer.dequeued');
  }

  exhaust(): void {
    this.#send('dealer.exhausted');
  }

  /** The callee that was chosen cannot accept it. */
  refuse(error: string, description: string): void {
    this.giveUp(routerFailure(error, description));
  }

  /**
   * Handles the next part of a progressive call. A part that names another procedure is dropped, and so is any part after
   * the last one.
   */
  continue(part: CallMessage): void {
    if (part.procedure !== this.procedure || !this.messages.accepts(part)) return;
    this.#part = part;
    if (!this.isWaiting) this.#send('caller.continued');
    else if (!this.messages.keep(part)) this.exhaust();
    this.#part = undefined;
  }

  /** The caller cancels. For a callee that cannot be interrupted the mode is always `skip`. */
  cancel(mode: CancelMode): void {
    this.#send(cancelEvents[this.callee?.cancels === false ? 'skip' : mode]);
  }

  callerLeft(): void {
    this.#send('caller.left');
  }

  /** Handles a progressive result. It is dropped if the caller did not ask for progressive results. */
  progress(payload: MessagePayload, details: Dict): void {
    if (this.options.receive_progress) this.#bring('callee.progressed', payload, details);
  }

  succeed(payload: MessagePayload, details: Dict): void {
    this.#bring('callee.yielded', payload, details);
  }

  fail(failure: CallFailure): void {
    this.#failure = failure;
    const mayReroute = failure.error === reasons.unavailable && failure.from === 'callee' && this.#sentParts === 1;
    this.#send(mayReroute && this.callee?.reroutes ? 'callee.unavailable' : 'callee.failed');
  }

  partFailed(failure: CallFailure): void {
    this.#failure = failure;
    this.isInvoked = this.#sentParts > 1;
    this.#send(this.isInvoked ? 'dealer.failed' : 'callee.failed');
  }

  giveUp(failure: CallFailure): void {
    this.#failure = failure;
    this.#send('dealer.failed');
  }

  calleeLeft(): void {
    this.#send('callee.left');
  }

  /** Its time is over. */
  expire(): void {
    this.#interruptReason = reasons.timeout;
    this.#send('dealer.expired');
  }

  // The result is not kept after the event.
  #bring(event: CallEvent['type'], payload: MessagePayload, details: Dict): void {
    this.#result = payload;
    this.#resultDetails = details;
    this.#send(event);
    this.#result = emptyPayload;
  }

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

  #act(action: CallAction): void {
    switch (action) {
      case 'chooseCallee':
        return this.#chooseCallee();
      case 'invokeAgain':
        return this.#part && this.#passOn(this.#part);
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
        this.messages.forget();
        return this.#host.settled(this);
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

  #passOn(part: CallMessage): void {
    // An earlier part could not be delivered, which has ended the call.
    if (this.isOver) return;
    this.#sentParts += 1;
    const details = isLastPart(part) ? this.#details : { ...this.#details, progress: true };
    this.callee?.invoke(this, part.payload, details);
  }

  #interrupt(mode: CancelMode): void {
    if (this.callee?.cancels) this.callee.interrupt(this, mode, this.#interruptReason);
  }

  #deliverResult(): void {
    const { request } = this;
    this.caller.deliver({ type: 'RESULT', request, details: this.#resultDetails, payload: this.#result });
  }

  #deliverError(failure: CallFailure): void {
    this.caller.deliver({ type: 'ERROR', requestType: 'CALL', request: this.request, ...failure });
  }
}

/** Actions that send the final answer, which an error can replace if they fail. */
const answers: ReadonlySet<CallAction> = new Set(['sendResult', 'sendCanceled', 'sendTimeout', 'sendUnavailable']);

const broken = routerFailure(reasons.runtimeError, 'the router failed');
const canceled = routerFailure(reasons.canceled, 'the call was canceled');
const timedOut = routerFailure(reasons.timeout, 'the call took too long');
const unavailable = routerFailure(reasons.noAvailableCallee, 'no callee is available');
