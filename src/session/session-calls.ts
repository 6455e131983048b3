/** The pending calls of one session: those that it has made, and those that it must answer. */

import type { Dict } from '../base/dict.ts';
import { RecentMap } from '../base/recent-map.ts';
import type { PeerFeatures } from '../wamp/feature.ts';
import type { Id } from '../wamp/id.ts';
import type { Call as CallMessage, ErrorMessage, RequestId } from '../wamp/message.ts';
import type { CallRequestOptions, CancelMode } from '../wamp/options.ts';
import type { MessagePayload } from '../wamp/payload.ts';
import { emptyPayload } from '../wamp/payload.ts';
import type { Reason } from '../wamp/reasons.ts';

/** The ERROR that answers a failed call. */
export type CallFailure = Omit<ErrorMessage, 'type' | 'requestType' | 'request'>;

/** An error from the router itself. `error` is the URI, `description` a sentence for people. */
export const routerFailure = (error: Reason, description: string, details?: unknown): CallFailure => ({
  error,
  description,
  payload: emptyPayload,
  details,
  from: 'router',
});

/** A call that has no final answer yet, as the sessions at both its ends see it. */
export interface PendingCall {
  readonly caller: { readonly features: PeerFeatures };
  readonly request: RequestId;
  readonly options: CallRequestOptions;
  /** Whether the caller sends it in several parts (a progressive call). */
  readonly isProgressive: boolean;
  /** Whether it waits in a queue for a callee. */
  readonly isWaiting: boolean;
  continue(part: CallMessage): void;
  progress(payload: MessagePayload, details: Dict): void;
  succeed(payload: MessagePayload, details: Dict): void;
  fail(failure: CallFailure): void;
  /** Called when a part of it could not be sent to its callee. */
  partFailed(failure: CallFailure): void;
  /**
   * Ends the call with an error: a result could not be sent to its caller, or one of its parts is invalid. The callee is
   * interrupted.
   */
  giveUp(failure: CallFailure): void;
  cancel(mode: CancelMode): void;
  callerLeft(): void;
  calleeLeft(): void;
}

/** The session that the calls belong to. */
export interface CallsOwner {
  readonly features: PeerFeatures;
  /** Called when one of the calls has ended. */
  onIdle(): void;
  violate(message: string): void;
}

const noCalls: ReadonlySet<PendingCall> = new Set();
const noInvocations: ReadonlyMap<Id, PendingCall> = new Map();

/** For how many ended progressive calls late parts are recognised by their request. */
const rememberedCalls = 256;

/** The pending calls of one session. The collections are created when they are first needed, since most sessions need few of them. */
export class SessionCalls {
  readonly #owner: CallsOwner;
  #made: Set<PendingCall> | undefined;
  #invocations: Map<Id, PendingCall> | undefined;
  #lastInvocation = 0;
  /** Requests of progressive calls that have ended. More of their parts may still arrive. */
  #endedProgressive: RecentMap<RequestId, true> | undefined;

  constructor(owner: CallsOwner) {
    this.#owner = owner;
  }

  /** The calls that it has made and that have no final answer. */
  get made(): ReadonlySet<PendingCall> {
    return this.#made ?? noCalls;
  }

  /** The calls that it must answer, by invocation id. */
  get invocations(): ReadonlyMap<Id, PendingCall> {
    return this.#invocations ?? noInvocations;
  }

  get areNone(): boolean {
    return this.made.size === 0 && this.invocations.size === 0;
  }

  /** Adds a call that the session has made. */
  start(call: PendingCall): void {
    this.#made ??= new Set();
    this.#made.add(call);
  }

  /** Finds a call that the session has made. */
  find(request: RequestId): PendingCall | undefined {
    for (const call of this.made) if (call.request === request) return call;
    return undefined;
  }

  /** The pending progressive call that a CALL with this request belongs to. */
  findProgressive(request: RequestId): PendingCall | undefined {
    if (!this.#sendsParts) return undefined;
    const call = this.find(request);
    return call?.isProgressive ? call : undefined;
  }

  /** Whether a CALL with this request is a further part of a progressive call, pending or ended. */
  continues(request: RequestId): boolean {
    return this.#sendsParts && (this.hasEndedProgressive(request) || this.find(request) !== undefined);
  }

  /** Removes a call that the session has made, which has been answered. */
  end(call: PendingCall): void {
    this.#made?.delete(call);
    this.#owner.onIdle();
  }

  /** Remembers that a progressive call was answered, so that its late parts are dropped. */
  endProgressive(request: RequestId): void {
    this.#endedProgressive ??= new RecentMap(rememberedCalls);
    this.#endedProgressive.set(request, true);
  }

  /** Whether a progressive call with this request has been answered. */
  hasEndedProgressive(request: RequestId): boolean {
    return this.#endedProgressive?.has(request) === true;
  }

  /** Adds a call that this session must answer. Returns the id of its INVOCATION, which is of session scope. */
  startInvocation(call: PendingCall): Id {
    this.#lastInvocation += 1;
    this.#invocations ??= new Map();
    this.#invocations.set(this.#lastInvocation, call);
    return this.#lastInvocation;
  }

  /**
   * The call of an invocation. Undefined if the call has ended, in which case the answer is late. An id that was never used
   * is a violation (Basic Profile, "Protocol Violations").
   */
  findInvocation(id: RequestId): PendingCall | undefined {
    const call = this.invocations.get(id as Id);
    if (!call && (id as Id) > this.#lastInvocation) this.#owner.violate(`no INVOCATION had the request id ${id}`);
    return call;
  }

  /**
   * Removes a call that the session has answered or need not answer. If its INVOCATION was not sent (`isInvoked` is false),
   * its id is used again for the next one, because the peer counts them (Basic Profile, "IDs").
   */
  endInvocation(id: Id, isInvoked = true): void {
    this.#invocations?.delete(id);
    if (!isInvoked && id === this.#lastInvocation) this.#lastInvocation -= 1;
    this.#owner.onIdle();
  }

  get #sendsParts(): boolean {
    return this.#owner.features.caller.progressiveInvocations;
  }
}
