/** The pending calls of one session: those that it has made, and those that it is to answer. */

import type { Dict } from '../base/dict.ts';
import { RecentMap } from '../base/recent-map.ts';
import type { PeerFeatures } from '../wamp/feature.ts';
import type { Id } from '../wamp/id.ts';
import type { Call as CallMessage, ErrorMessage, Payload, RequestId } from '../wamp/message.ts';
import type { CallRequestOptions, CancelMode } from '../wamp/options.ts';
import type { Reason } from '../wamp/reasons.ts';

/** What a failed call is answered with. */
export type CallFailure = Omit<ErrorMessage, 'type' | 'requestType' | 'request'>;

/** What the router itself answers with: `error` says what is wrong, `description` says it for people. */
export const routerFailure = (error: Reason, description: string, details?: unknown): CallFailure => ({
  error,
  description,
  args: [],
  kwargs: undefined,
  details,
  from: 'router',
});

/** A call without its final answer, as the sessions on both its ends know it. */
export interface PendingCall {
  readonly caller: { readonly features: PeerFeatures };
  readonly request: RequestId;
  readonly options: CallRequestOptions;
  /** Whether its caller sends it in several parts. */
  readonly isProgressive: boolean;
  /** Whether no callee has it. */
  readonly isWaiting: boolean;
  continue(part: CallMessage): void;
  progress(payload: Payload, details: Dict): void;
  succeed(payload: Payload, details: Dict): void;
  fail(failure: CallFailure): void;
  /** A part of it did not reach its callee. */
  partFailed(failure: CallFailure): void;
  /** It ends here: a result of it did not reach its caller, or a part of it is none. */
  giveUp(failure: CallFailure): void;
  cancel(mode: CancelMode): void;
  callerLeft(): void;
  calleeLeft(): void;
}

/** Whose calls they are. */
export interface CallsOwner {
  /** One of them is over. */
  onIdle(): void;
  violate(message: string): void;
}

const noCalls: ReadonlySet<PendingCall> = new Set();
const noInvocations: ReadonlyMap<Id, PendingCall> = new Map();

/** Late parts of a call in parts are known by its request, for as many calls as this. */
const rememberedCalls = 256;

/** The pending calls of one session. What most sessions never have is made when it is first needed. */
export class SessionCalls {
  readonly #owner: CallsOwner;
  #made: Set<PendingCall> | undefined;
  #invocations: Map<Id, PendingCall> | undefined;
  #lastInvocation = 0;
  /** Requests of calls in parts that are over: more of their parts may still be under way. */
  #endedProgressive: RecentMap<RequestId, true> | undefined;

  constructor(owner: CallsOwner) {
    this.#owner = owner;
  }

  /** Those that it has made and that have no final answer. */
  get made(): ReadonlySet<PendingCall> {
    return this.#made ?? noCalls;
  }

  /** What it has been asked to answer, by invocation id. */
  get invocations(): ReadonlyMap<Id, PendingCall> {
    return this.#invocations ?? noInvocations;
  }

  get areNone(): boolean {
    return this.made.size === 0 && this.invocations.size === 0;
  }

  /** It has made a call. */
  start(call: PendingCall): void {
    this.#made ??= new Set();
    this.#made.add(call);
  }

  /** One of those that it has made. */
  find(request: RequestId): PendingCall | undefined {
    for (const call of this.made) if (call.request === request) return call;
    return undefined;
  }

  /** A call that it has made has its answer. */
  end(call: PendingCall): void {
    this.#made?.delete(call);
    this.#owner.onIdle();
  }

  /** A call in parts has its answer: what still comes of it is dropped. */
  endProgressive(request: RequestId): void {
    this.#endedProgressive ??= new RecentMap(rememberedCalls);
    this.#endedProgressive.set(request, true);
  }

  /** Whether a call in parts had this request, and its answer. */
  hasEndedProgressive(request: RequestId): boolean {
    return this.#endedProgressive?.has(request) === true;
  }

  /** Takes up a call that this session is to answer; the id of its INVOCATION, of session scope. */
  startInvocation(call: PendingCall): Id {
    this.#lastInvocation += 1;
    this.#invocations ??= new Map();
    this.#invocations.set(this.#lastInvocation, call);
    return this.#lastInvocation;
  }

  /**
   * The call behind an invocation. Undefined for one that is over, whose answer comes too late; one that never was is a
   * violation (Basic Profile, "Protocol Violations").
   */
  findInvocation(id: RequestId): PendingCall | undefined {
    const call = this.invocations.get(id as Id);
    if (!call && (id as Id) > this.#lastInvocation) this.#owner.violate(`there never was an invocation ${id}`);
    return call;
  }

  /**
   * It has answered, or need not any more. The id of an INVOCATION that was not sent is that of the next one: the peer counts them
   * (Basic Profile, "IDs").
   */
  endInvocation(id: Id, isHeard = true): void {
    this.#invocations?.delete(id);
    if (!isHeard && id === this.#lastInvocation) this.#lastInvocation -= 1;
    this.#owner.onIdle();
  }
}
