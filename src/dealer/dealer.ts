/**
 * The dealer: calls, from caller to callee and back. Every call gets exactly one final answer, whichever session fails or
 * leaves first; the call chart guarantees it, and later answers are dropped. Only the invoked callee can answer, because an
 * invocation is looked up in the callee's own session, by an id of session scope.
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
import { notAnnounced } from '../wamp/feature.ts';
import type { Call as CallMessage, Cancel, PeerError, Yield } from '../wamp/message.ts';
import type { CallRequestOptions } from '../wamp/options.ts';
import { checkOptions, passthruOf, passthruOption } from '../wamp/options.ts';
import { reasons } from '../wamp/reasons.ts';
import type { CallHost } from './call.ts';
import { Call } from './call.ts';
import type { Callee, ProcedureRegistration } from './callee.ts';
import { isCandidate } from './registration.ts';
import type { Route } from './routes.ts';

/** The options of a realm's dealer. */
export interface DealerOptions {
  readonly clock: Clock;
  readonly report: Report;
  /** In ms: after this time a call is answered with `wamp.error.timeout`, whatever timeout it asks for. 0 means never. */
  readonly callTimeout: number;
  /** How many calls of one registration may wait while all its callees are busy. */
  readonly maxQueuedCalls: number;
  /** Whether a callee that does not support INTERRUPT may send progressive results. */
  readonly progressWithoutCanceling: boolean;
}

/** Routes calls to callees, and their answers back. */
export class Dealer implements CallHost {
  readonly #options: DealerOptions;
  #isServing = false;
  /** Callees whose progressive results are ignored, which has been logged. */
  readonly #disregarded = new WeakSet<Session>();

  constructor(options: DealerOptions) {
    this.#options = options;
  }

  /** Handles a CALL that is allowed. `disclosure` is what the rules say about disclosing the identity of the caller. */
  call(
    session: Session,
    request: CallMessage,
    options: CallRequestOptions,
    route: Route,
    disclosure: Disclosure,
  ): void {
    const call = new Call(this, session, request, options, route, disclosure);
    session.calls.start(call);
    call.start();
  }

  /** Finds a callee for a call, or queues the call. */
  route(call: Call): void {
    const { registration, tried, reach } = call;
    // A call has no timer if it is new, or if it comes back from a callee that was responsible for its timeout.
    if (call.timer === undefined) this.restartTimer(call);
    const callee = registration.choose(tried, reach);
    if (callee) this.#invoke(call, callee);
    else if (registration.hasOther(tried, reach) && this.#mayQueue(call)) {
      registration.queue.push(call);
      call.queue();
    } else call.exhaust();
    // The callee that had the call before is free for another one.
    if (tried) this.serve(registration);
  }

  #mayQueue(call: Call): boolean {
    return call.registration.queue.length < this.#options.maxQueuedCalls && call.messages.holdAll();
  }

  #invoke(call: Call, callee: Callee): void {
    const { options, procedure, caller, registration } = call;
    const passthru = passthruOf(options);
    if (call.isProgressive && !callee.takesParts) {
      return call.refuse(reasons.featureNotSupported, 'the callee does not support progressive call invocations');
    }
    if (passthru && !callee.takesPassthru) {
      return call.refuse(reasons.featureNotSupported, 'the callee does not support payload passthru mode');
    }
    const isHeld = !callee.keeps || (callee.reroutes ? call.messages.holdAll() : call.messages.hold());
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

  /** Called when a call has been answered. Its callee may take a waiting call. */
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

  /**
   * Hands waiting calls to free callees. A call that is answered at once frees its callee during the loop, which then goes
   * on without recursion.
   */
  serve(registration: ProcedureRegistration): void {
    const { queue } = registration;
    if (queue.length === 0 || this.#isServing) return;
    this.#isServing = true;
    try {
      // The first call that can be served: one that waits for a particular callee must not block the calls after it.
      for (let at = next(registration); at >= 0; at = next(registration)) {
        const [call] = queue.splice(at, 1);
        call?.dequeue();
      }
    } finally {
      this.#isServing = false;
    }
  }

  /** Called when an action of a call threw. */
  broke(error: unknown, { procedure }: Call): void {
    this.#options.report.error('internal_error', { err: error, procedure }, 'handling a call failed');
  }

  /** Restarts the timer of a call: it runs from the CALL and then from each progressive result. */
  restartTimer(call: Call, callee = call.callee): void {
    const { callTimeout } = this.#options;
    // A callee that handles timeouts is responsible for the call's own timeout, but the operator's limit still applies.
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

  /** Handles a CANCEL. It has no effect if the call has ended or never existed. */
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
    if (passthru && !session.features.callee.passthru)
      return session.violate(notAnnounced(`YIELD.Options.${passthruOption(options)}`, 'payload_passthru_mode'));
    const isProgress = options.progress === true;
    // A result that is not sent to the caller needs no check of its payload passthru.
    if (isProgress && !(call.options.receive_progress && this.#mayProgress(session))) return;
    if (passthru && !call.caller.features.caller.passthru) return refusePassthru(call, isProgress);
    if (isProgress) call.progress(message.payload, { progress: true, ...passthru });
    else call.succeed(message.payload, passthru ? { ...passthru } : noDetails);
  }

  // Progressive results of a callee that cannot be canceled could not be stopped (Advanced Profile, "Progressive Call
  // Results").
  #mayProgress(session: Session): boolean {
    const { progress, cancels } = session.features.callee;
    if (!progress || cancels || this.#options.progressWithoutCanceling) return progress;
    if (!this.#disregarded.has(session)) {
      this.#disregarded.add(session);
      const facts = { session: session.id, authid: session.authid, option: 'progressWithoutCanceling' };
      this.#options.report.info(facts, 'progressive results of a callee without call_canceling are ignored');
    }
    return false;
  }

  /**
   * Handles an ERROR of a callee. Throws `wamp.error.invalid_uri`, which becomes the answer to the caller, if its error is
   * not a URI.
   */
  fail(session: Session, { request, error, details, payload }: PeerError): void {
    const call = session.calls.findInvocation(request);
    if (!call) return;
    if (!isReason.test(error)) {
      throw new WampError(reasons.invalidUri, { description: 'the error of the callee is not a valid URI' });
    }
    if (payload.isTransparent) {
      const feature = 'payload_passthru_mode';
      if (!session.features.callee.passthru) return session.violate(notAnnounced('ERROR.Details.enc_algo', feature));
      if (!call.caller.features.caller.passthru) return refusePassthru(call, false);
    }
    call.fail({ error, description: '', payload, details, from: 'callee' });
  }
}

/** Error URIs of WAMP v1 peers contain a `#`, which neither loose nor strict URIs allow. */
const isReason = /^\S+$/;

/** The index in the queue of the first call for which a callee is free; -1 if there is none. */
const next = ({ queue, callees }: ProcedureRegistration): number =>
  queue.findIndex(({ tried, reach }) => callees.some((callee) => callee.isFree && isCandidate(callee, tried, reach)));

const noTimeout: CallRequestOptions = {};

// The specification sends this error to the callee, which has no request that it could answer. Since a call must end, it is
// sent to the caller (Advanced Profile, "Payload Passthru Mode").
const refusePassthru = (call: PendingCall, isProgress: boolean): void => {
  const description = 'the result uses payload passthru mode, which the caller did not announce';
  const failure = routerFailure(reasons.featureNotSupported, description);
  if (isProgress) call.giveUp(failure);
  else call.fail(failure);
};
