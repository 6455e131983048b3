/**
 * The dealer: calls, from caller to callee and back. Every call gets exactly one final answer, whoever fails or leaves first
 * (the call chart sees to it); what comes after it is swallowed. Only the callee that was invoked can answer: invocations
 * are looked up in its own session, by ids of session scope.
 */

import type { Clock } from '../base/clock.ts';
import { noDetails } from '../base/dict.ts';
import type { Report } from '../base/report.ts';
import type { Disclosure } from '../session/disclosure.ts';
import { identityOf, isDisclosed } from '../session/disclosure.ts';
import { noRoom } from '../session/held.ts';
import type { Session } from '../session/session.ts';
import type { PendingCall } from '../session/session-calls.ts';
import { routerFailure } from '../session/session-calls.ts';
import { WampError } from '../wamp/error.ts';
import type { Call as CallMessage, Cancel, PeerError, Yield } from '../wamp/message.ts';
import type { CallRequestOptions } from '../wamp/options.ts';
import { checkOptions, passthruOf } from '../wamp/options.ts';
import { reasons } from '../wamp/reasons.ts';
import type { Callee, CallHost, ProcedureRegistration } from './call.ts';
import { Call } from './call.ts';
import { isCandidate } from './registration.ts';
import type { Route } from './routes.ts';

/** What the dealer needs from outside. */
export interface DealerOptions {
  readonly clock: Clock;
  readonly report: Report;
  /** ms after which a call is answered with `wamp.error.timeout`, whatever it asks for; 0 is never. */
  readonly callTimeout: number;
  /** Calls of one registration that wait because all its callees are busy. */
  readonly maxQueuedCalls: number;
  /** Whether a callee that takes no INTERRUPT may answer in progressive results. */
  readonly progressWithoutCanceling: boolean;
}

/** Calls on their way to callees and back. */
export class Dealer implements CallHost {
  readonly #options: DealerOptions;
  #isServing = false;
  /** Callees whose progressive results are disregarded, and of which the log says so. */
  readonly #disregarded = new WeakSet<Session>();

  constructor(options: DealerOptions) {
    this.#options = options;
  }

  /** Handles a CALL whose permission has been looked at. `disclosure` is what the rules say about naming the caller. */
  call(
    session: Session,
    request: CallMessage,
    options: CallRequestOptions,
    { registration, reach }: Route,
    disclosure: Disclosure,
  ): void {
    const call = new Call(this, session, request, options, registration, disclosure);
    call.reach = reach;
    session.calls.start(call);
    call.start();
  }

  /** Finds a callee for a call, or lets it wait. */
  route(call: Call): void {
    const { registration, tried, reach } = call;
    // None runs for a call that is new, or comes back from a callee that was to time it.
    if (call.timer === undefined) this.restartTimer(call);
    const callee = registration.choose(tried, reach);
    if (callee) this.#invoke(call, callee);
    else if (registration.hasOther(tried, reach) && this.#mayQueue(call)) {
      registration.queue.push(call);
      call.queue();
    } else call.exhaust();
    // The callee that had it before may take another.
    if (tried) this.serve(registration);
  }

  #mayQueue(call: Call): boolean {
    return call.registration.queue.length < this.#options.maxQueuedCalls && call.holdAll();
  }

  #invoke(call: Call, callee: Callee): void {
    const { options, procedure, caller, registration } = call;
    const passthru = passthruOf(options);
    if (call.isProgressive && !callee.takesParts) {
      return call.refuse(reasons.featureNotSupported, 'the callee takes no progressive invocations');
    }
    if (passthru && !callee.takesPassthru) {
      return call.refuse(reasons.featureNotSupported, 'the callee takes no payload passthru');
    }
    const isHeld = !callee.keeps || (callee.reroutes ? call.holdAll() : call.hold());
    if (!isHeld) return call.refuse(noRoom.uri, noRoom.description);
    const forwarded = options.timeout && callee.forwardsTimeout;
    if (forwarded) this.restartTimer(call, callee);
    const isNamed = isDisclosed(call.disclosure, options.disclose_me, callee.wantsCaller);
    const isPattern = registration.options.match !== 'exact';
    const receives = options.receive_progress && (!callee.session || this.#mayProgress(callee.session));
    if (!(isNamed || isPattern || receives || forwarded || passthru)) return call.invoke(callee, noDetails);
    call.invoke(callee, {
      ...(isNamed && identityOf(caller, 'caller')),
      ...(isPattern && { procedure }),
      ...(receives && { receive_progress: true }),
      ...(forwarded && { timeout: options.timeout }),
      ...passthru,
    });
  }

  /** The call has its answer: whoever waits for its callee may have it. */
  settled(call: Call): void {
    this.#stopTimer(call);
    call.caller.calls.end(call);
    if (call.isProgressive) call.caller.calls.endProgressive(call.request);
    const { registration } = call;
    if (!call.callee) {
      const at = registration.queue.indexOf(call);
      if (at >= 0) registration.queue.splice(at, 1);
      return;
    }
    call.callee.release(call);
    this.serve(registration);
  }

  /** Hands waiting calls to callees that are free. A call that is answered at once frees its callee meanwhile: no recursion. */
  serve(registration: ProcedureRegistration): void {
    const { queue } = registration;
    if (queue.length === 0 || this.#isServing) return;
    this.#isServing = true;
    try {
      // The first that can be served: one that waits for a callee which it has not tried yet must not keep the others waiting.
      for (let at = next(registration); at >= 0; at = next(registration)) {
        const [call] = queue.splice(at, 1);
        call?.dequeue();
      }
    } finally {
      this.#isServing = false;
    }
  }

  /** An effect of a call threw. */
  broke(error: unknown, { procedure }: Call): void {
    this.#options.report.error('internal_error', { err: error, procedure }, 'a call broke');
  }

  /** Starts the timer of a call anew: from the CALL, then from each progressive result. */
  restartTimer(call: Call, callee = call.callee): void {
    const { callTimeout } = this.#options;
    // A callee that takes the timeout times the call itself, but for no longer than the operator allows.
    const { timeout = 0 } = callee?.forwardsTimeout ? noTimeout : call.options;
    const delay = timeout && callTimeout ? Math.min(timeout, callTimeout) : timeout || callTimeout;
    this.#stopTimer(call);
    if (delay === 0) return;
    const { clock, report } = this.#options;
    call.timer = clock.setTimeout(() => {
      call.timer = undefined;
      report.warn('call_timeout', { procedure: call.procedure }, 'a call timed out');
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
    session.calls.find(request)?.cancel(mode);
  }

  /** Handles a YIELD. */
  yield(session: Session, message: Yield): void {
    const call = session.calls.findInvocation(message.request);
    if (!call) return;
    const options = checkOptions('YIELD', message.options);
    const passthru = passthruOf(options);
    if (passthru && !session.features.callee.passthru) return session.violate('payload passthru was not announced');
    const isProgress = options.progress === true;
    // Nobody hears it, so nothing about it can be wrong for its caller.
    if (isProgress && !(call.options.receive_progress && this.#mayProgress(session))) return;
    if (passthru && !call.caller.features.caller.passthru) return refusePassthru(call, isProgress);
    if (isProgress) call.progress(message, { progress: true, ...passthru });
    else call.succeed(message, passthru ? { ...passthru } : noDetails);
  }

  // Nobody could stop the results of a callee without canceling (Advanced Profile, "Progressive Call Results").
  #mayProgress(session: Session): boolean {
    const { progress, cancels } = session.features.callee;
    if (!progress || cancels || this.#options.progressWithoutCanceling) return progress;
    if (!this.#disregarded.has(session)) {
      this.#disregarded.add(session);
      const facts = { session: session.id, authid: session.authid, option: 'progressWithoutCanceling' };
      this.#options.report.info(facts, 'progressive results of a callee without call_canceling are disregarded');
    }
    return false;
  }

  /** Handles an ERROR of a callee. Throws `wamp.error.invalid_uri`, which the caller hears, where it names none. */
  fail(session: Session, { request, error, details, args, kwargs }: PeerError): void {
    const call = session.calls.findInvocation(request);
    if (!call) return;
    if (!isReason.test(error)) {
      throw new WampError(reasons.invalidUri, { description: 'the error of the callee is no URI' });
    }
    call.fail({ error, description: '', args, kwargs, details, from: 'callee' });
  }
}

/** Errors of WAMP v1 peers have a `#`, which no strict or loose URI may have. */
const isReason = /^\S+$/;

/** The place in its queue of the first call for which a callee is free; -1 when there is none. */
const next = ({ queue, callees }: ProcedureRegistration): number =>
  queue.findIndex(({ tried, reach }) => callees.some((callee) => callee.isFree && isCandidate(callee, tried, reach)));

const noTimeout: CallRequestOptions = {};

// The text sends this error to the callee, which asked for nothing; a call must end, so the caller hears it (Advanced
// Profile, "Payload Passthru Mode").
const refusePassthru = (call: PendingCall, isProgress: boolean): void => {
  const description = 'the result needs payload passthru, which the caller did not announce';
  const failure = routerFailure(reasons.featureNotSupported, description);
  if (isProgress) call.giveUp(failure);
  else call.fail(failure);
};
