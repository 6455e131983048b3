/**
 * The dealer: registrations, and the calls to them. Every call gets exactly one final answer, whoever fails or leaves first
 * (the call chart sees to it); what comes after it is swallowed. Only the callee that was invoked can answer: invocations
 * are looked up in its own session, by ids of session scope.
 */

import type { Clock } from '../wamp/clock.ts';
import { WampError } from '../wamp/error.ts';
import type { Id } from '../wamp/id.ts';
import { createSequentialIds } from '../wamp/id.ts';
import type { Call as CallMessage, Cancel, Dict, Match, PeerError, Yield } from '../wamp/message.ts';
import type { CallRequestOptions, InvokePolicy } from '../wamp/options.ts';
import { checkOptions, passthruOf } from '../wamp/options.ts';
import { reason } from '../wamp/reason.ts';
import type { Report } from '../wamp/report.ts';
import type { Disclosure } from './authorization.ts';
import { identityOf, isDisclosed } from './authorization.ts';
import type { Callee, CallHost, ProcedureRegistration } from './call.ts';
import { Call } from './call.ts';
import type { CalleeOptions, Procedure } from './callee.ts';
import { LocalCallee, RemoteCallee } from './callee.ts';
import { PatternIndex } from './pattern.ts';
import { Registration } from './registration.ts';
import type { PendingCall, Session } from './session.ts';

/** What the dealer needs from outside. */
export interface DealerOptions {
  readonly clock: Clock;
  readonly report: Report;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
  /** ms after which a call is answered with `wamp.error.timeout`; 0 is never. */
  readonly callTimeout: number;
  /** Calls of one registration that wait because all its callees are busy. */
  readonly maxQueuedCalls: number;
}

/** Where a registration is made, and how it works. */
export interface RegistrationRequest {
  readonly uri: string;
  readonly match: Match;
  readonly invoke: InvokePolicy;
}

/** A callee that was added. */
export interface Registered {
  readonly callee: Callee;
  /** Whether the registration did not exist before. */
  readonly isFirst: boolean;
}

const exactly = (uri: string): RegistrationRequest => ({ uri, match: 'exact', invoke: 'single' });

/** Late parts of a progressive call that is over are known by its request, for as many calls as this. */
const rememberedCalls = 256;

/** Registrations by URI and pattern, calls to callees. */
export class Dealer implements CallHost {
  readonly #exact = new Map<string, ProcedureRegistration>();
  readonly #patterns = new PatternIndex<ProcedureRegistration>();
  readonly #byId = new Map<Id, ProcedureRegistration>();
  readonly #nextId = createSequentialIds();
  readonly #options: DealerOptions;
  #isServing = false;

  /** The procedures that may be called without authentication. */
  readonly openProcedures = { has: (uri: string): boolean => this.match(uri)?.options.isOpen === true };

  constructor(options: DealerOptions) {
    this.#options = options;
  }

  /** How many registrations there are, those that the router made for its own use left out. */
  get registrations(): number {
    let count = 0;
    for (const _ of this.list()) count += 1;
    return count;
  }

  /** Every registration that may be shown. */
  *list(): IterableIterator<ProcedureRegistration> {
    for (const registration of this.#byId.values()) if (!registration.options.isHidden) yield registration;
  }

  /** The registration with an id. */
  get(id: Id): ProcedureRegistration | undefined {
    return this.#byId.get(id);
  }

  /** The place of a session among the callees of a registration. */
  calleeOf(session: Session, registration: Id): Callee | undefined {
    if (!session.registrations.has(registration)) return undefined;
    return this.#byId.get(registration)?.callees.find((callee) => callee.session === session);
  }

  /** The registration of exactly this URI and match. */
  find(uri: string, match: Match = 'exact'): ProcedureRegistration | undefined {
    return match === 'exact' ? this.#exact.get(uri) : this.#patterns.get(uri, match);
  }

  /** The registration that answers calls of `uri`: an exact one, else the best pattern. */
  match(uri: string): ProcedureRegistration | undefined {
    return this.#exact.get(uri) ?? (this.#patterns.size > 0 ? this.#patterns.best(uri) : undefined);
  }

  /** Registers a function. Throws `wamp.error.procedure_already_exists` when the URI is taken. */
  registerLocal(
    uri: string,
    procedure: Procedure,
    options: { readonly isOpen?: boolean; readonly isHidden?: boolean; readonly session?: Session } = {},
  ): Registered {
    const { isOpen = false, isHidden = false, session } = options;
    return this.#add(exactly(uri), { isOpen, isHidden }, (registration) => {
      return new LocalCallee(registration, session, procedure, this.#options.report);
    });
  }

  /**
   * Registers a session as callee. Throws `wamp.error.procedure_already_exists` when the URI is taken, has another policy,
   * or has this session among its callees already (Advanced Profile, "Shared Registration").
   */
  register(session: Session, request: RegistrationRequest, options: CalleeOptions): Registered {
    return this.#add(request, { isOpen: false, isHidden: false }, (registration) => {
      return new RemoteCallee(registration, session, options);
    });
  }

  #add(
    request: RegistrationRequest,
    flags: { readonly isOpen: boolean; readonly isHidden: boolean },
    create: (registration: ProcedureRegistration) => Callee,
  ): Registered {
    const known = this.find(request.uri, request.match);
    if (known && (known.options.invoke === 'single' || known.options.invoke !== request.invoke)) {
      throw alreadyExists(request.uri, `with the policy ${known.options.invoke}`);
    }
    const registration = known ?? this.#create(request, flags);
    const callee = create(registration);
    if (known?.callees.some(({ session }) => session === callee.session)) {
      throw alreadyExists(request.uri, 'by this session');
    }
    registration.add(callee);
    callee.session?.registrations.add(registration.id);
    return { callee, isFirst: known === undefined };
  }

  #create(
    { uri, match, invoke }: RegistrationRequest,
    flags: { readonly isOpen: boolean; readonly isHidden: boolean },
  ): ProcedureRegistration {
    const { clock, random } = this.#options;
    const id = this.#nextId();
    const registration = new Registration<Callee, Call>({
      id,
      uri,
      match,
      invoke,
      created: clock.now(),
      random,
      ...flags,
    });
    this.#byId.set(id, registration);
    if (match === 'exact') this.#exact.set(uri, registration);
    else this.#patterns.set(uri, match, registration);
    return registration;
  }

  /** Takes a callee out; calls that it has are still answered. Whether the registration has gone with it. */
  remove(callee: Callee): boolean {
    const { registration } = callee;
    if (!registration.remove(callee)) return false;
    callee.session?.registrations.delete(registration.id);
    if (registration.callees.length > 0) return false;
    const { id, uri, match } = registration.options;
    this.#byId.delete(id);
    if (match === 'exact') this.#exact.delete(uri);
    else this.#patterns.delete(uri, match);
    for (const call of registration.queue.splice(0)) call.exhaust();
    return true;
  }

  /** Handles a CALL whose permission has been looked at. `disclosure` is what the rules say about naming the caller. */
  call(
    session: Session,
    request: CallMessage,
    options: CallRequestOptions,
    registration: ProcedureRegistration,
    disclosure: Disclosure,
  ): void {
    const call = new Call(this, session, request, options, registration, disclosure);
    session.calls.add(call);
    this.restartTimer(call);
    call.start();
  }

  /** Finds a callee for a call, or lets it wait. */
  route(call: Call): void {
    const { registration, tried } = call;
    const callee = registration.choose(tried);
    if (callee) this.#invoke(call, callee);
    else if (registration.hasOther(tried) && registration.queue.length < this.#options.maxQueuedCalls) {
      registration.queue.push(call);
      call.queue();
    } else call.exhaust();
  }

  #invoke(call: Call, callee: Callee): void {
    const { options, request, caller, registration } = call;
    const passthru = passthruOf(options);
    if (call.isProgressive && !callee.takesParts) {
      return call.refuse(reason.featureNotSupported, 'the callee takes no progressive invocations');
    }
    if (passthru && !callee.takesPassthru) {
      return call.refuse(reason.featureNotSupported, 'the callee takes no payload passthru');
    }
    const forwarded = options.timeout && callee.forwardsTimeout;
    if (forwarded) this.#stopTimer(call);
    const isNamed = isDisclosed(call.disclosure, options.disclose_me === true || callee.wantsCaller);
    const isPattern = registration.options.match !== 'exact';
    const receives = options.receive_progress && callee.takesProgress;
    if (!(isNamed || isPattern || receives || forwarded || passthru)) return call.invoke(callee, noDetails);
    call.invoke(callee, {
      ...(isNamed && identityOf(caller, 'caller')),
      ...(isPattern && { procedure: request.procedure }),
      ...(receives && { receive_progress: true }),
      ...(forwarded && { timeout: options.timeout }),
      ...passthru,
    });
  }

  /** The call has its answer: whoever waits for its callee may have it. */
  settled(call: Call): void {
    this.#stopTimer(call);
    call.caller.callEnded(call);
    if (call.isProgressive) this.#remember(call);
    const { registration } = call;
    if (!call.callee) {
      const at = registration.queue.indexOf(call);
      if (at >= 0) registration.queue.splice(at, 1);
      return;
    }
    call.callee.release(call);
    this.serve(registration);
  }

  #remember({ caller, request }: Call): void {
    const { endedProgressiveCalls: ended } = caller;
    ended.add(request.request);
    if (ended.size <= rememberedCalls) return;
    for (const oldest of ended) {
      ended.delete(oldest);
      return;
    }
  }

  /** Hands waiting calls to callees that are free. A call that is answered at once frees its callee meanwhile: no recursion. */
  serve(registration: ProcedureRegistration): void {
    const { queue } = registration;
    if (queue.length === 0 || this.#isServing) return;
    this.#isServing = true;
    // The first that can be served: one that waits for a callee which it has not tried yet must not keep the others waiting.
    for (let at = next(registration); at >= 0; at = next(registration)) {
      const [call] = queue.splice(at, 1);
      call?.dequeue();
    }
    this.#isServing = false;
  }

  /** Starts the timer of a call anew: from the CALL, then from each progressive result. */
  restartTimer(call: Call): void {
    const delay = call.options.timeout || this.#options.callTimeout;
    if (delay === 0 || call.callee?.forwardsTimeout) return;
    const { clock, report } = this.#options;
    this.#stopTimer(call);
    call.timer = clock.setTimeout(() => {
      call.timer = undefined;
      report.warn('call_timeout', { procedure: call.request.procedure }, 'a call timed out');
      call.expire();
    }, delay);
  }

  #stopTimer(call: Call): void {
    if (call.timer === undefined) return;
    this.#options.clock.clearTimeout(call.timer);
    call.timer = undefined;
  }

  /** Handles a CANCEL; one of a call that is over, or never was, has no effect. */
  cancel(session: Session, { request, options }: Cancel): void {
    const { mode = 'killnowait' } = checkOptions('CANCEL', options);
    session.findCall(request)?.cancel(mode);
  }

  /** Handles a YIELD. */
  yield(session: Session, message: Yield): void {
    const call = session.findInvocation(message.request);
    if (!call) return;
    const options = checkOptions('YIELD', message.options);
    const passthru = passthruOf(options);
    if (passthru && !session.features.callee.passthru) return session.violate('payload passthru was not announced');
    if (passthru && !call.caller.features.caller.passthru) return refusePassthru(call);
    if (options.progress) call.progress(message, { progress: true, ...passthru });
    else call.succeed(message, passthru ? { ...passthru } : noDetails);
  }

  /** Handles an ERROR of a callee. */
  fail(session: Session, { request, error, details, args, kwargs }: PeerError): void {
    session.findInvocation(request)?.fail({ error, description: '', args, kwargs, details, from: 'callee' });
  }
}

/** The place in its queue of the first call for which a callee is free; -1 when there is none. */
const next = ({ queue, callees }: ProcedureRegistration): number =>
  queue.findIndex(({ tried }) => callees.some((callee) => callee.isFree && !tried?.has(callee)));

const noDetails: Dict = {};

// The text sends this error to the callee, which asked for nothing; a call must end, so the caller hears it (Advanced
// Profile, "Payload Passthru Mode").
const refusePassthru = (call: PendingCall): void => {
  const description = 'the result needs payload passthru, which the caller did not announce';
  const error = reason.featureNotSupported;
  call.fail({ error, description, args: [], kwargs: undefined, details: undefined, from: 'router' });
};

const alreadyExists = (uri: string, how: string): WampError =>
  new WampError(reason.procedureAlreadyExists, { description: `"${uri}" is registered already ${how}` });
