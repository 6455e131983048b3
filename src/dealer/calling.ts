/**
 * Handles CALL up to the dealer: permission, limits, and the choice of the registration. The requests of a caller are
 * handled in order, so a callee gets its calls in order, even if an authorizer is asynchronous.
 */

import type { Report } from '../base/report.ts';
import type { Allowed, Authorization } from '../session/authorization.ts';
import { whenDecided } from '../session/authorization.ts';
import type { Session } from '../session/session.ts';
import type { PendingCall } from '../session/session-calls.ts';
import type { WorkLimit } from '../session/work-limit.ts';
import { notAnnounced } from '../wamp/feature.ts';
import type { Call } from '../wamp/message.ts';
import type { CallRequestOptions } from '../wamp/options.ts';
import { checkOptions, passthruOption } from '../wamp/options.ts';
import { reasons } from '../wamp/reasons.ts';
import type { Dealer } from './dealer.ts';
import type { Registrations } from './registrations.ts';
import type { Answers, Route, Routes } from './routes.ts';

/** The options of a realm's calling. */
export interface CallingOptions {
  readonly registrations: Registrations;
  readonly routes: Routes;
  readonly dealer: Dealer;
  readonly authorization: Authorization;
  readonly report: Report;
  readonly work: WorkLimit;
  /** The most calls without a final answer that one session may have. */
  readonly maxPendingCalls: number;
}

/** The cost of ending one call, in deliveries. */
const costOfEnd = 16;
/** How many calls are ended in one step while other requests wait. */
const endsOfStep = 64;

/** Passes calls to the dealer. */
export class Calling {
  readonly #options: CallingOptions;

  constructor(options: CallingOptions) {
    this.#options = options;
  }

  /** Handles a CALL: a new one, or the next part of a progressive one. */
  call(session: Session, request: Call): void {
    if (this.#isContinued(session, request)) return;
    const options = checkOptions('CALL', request.options);
    const { registrations, authorization } = this.#options;
    const { procedure } = request;
    const invalid = session.uriRefusal(procedure);
    if (invalid) return session.refuse(request, reasons.invalidUri, invalid);
    if (options.progress && !session.features.caller.progressiveInvocations) {
      return session.violate(notAnnounced('CALL.Options.progress', 'progressive_call_invocations'));
    }
    const passthru = passthruOption(options);
    if (passthru && !session.features.caller.passthru) {
      return session.violate(notAnnounced(`CALL.Options.${passthru}`, 'payload_passthru_mode'));
    }
    const registration = registrations.find(procedure) ?? registrations.candidates(procedure)[0];
    if (!registration || !(registration.options.isOpen || session.isEstablished)) {
      return session.refuse(request, reasons.noSuchProcedure, `no procedure "${procedure}"`, procedure);
    }
    if (registration.options.isOpen)
      return this.#admitted(session, request, options, { registration, reach: undefined }, openVerdict);
    whenDecided(session, authorization.check(session, 'call', procedure), (verdict) => {
      if (session.hasLeft) return;
      if (!verdict.isAllowed) return session.refuse(request, verdict.error, verdict.description);
      // The usual case: an exact registration, for which the authorizer need not be asked about callees.
      const exact = registrations.find(procedure);
      if (exact) return this.#admitted(session, request, options, { registration: exact, reach: undefined }, verdict);
      this.#route(session, request, new Map(), (route) => this.#admitted(session, request, options, route, verdict));
    });
  }

  // Determines the route once the call is allowed, since registrations may have changed meanwhile. It is determined again
  // after the authorizer was asked about callees. The caller waits, with its later requests, so that a callee gets its
  // calls in order.
  #route(session: Session, request: Call, answers: Answers, proceed: (route: Route) => void): void {
    if (session.hasLeft) return;
    const { procedure } = request;
    const route = this.#options.routes.find(procedure, answers);
    if (route instanceof Promise) {
      session.hold(
        route,
        () => this.#route(session, request, answers, proceed),
        (error) => session.violate(String(error)),
      );
    } else if (route) proceed(route);
    else session.refuse(request, reasons.noSuchProcedure, `no procedure "${procedure}"`, procedure);
  }

  #admitted(session: Session, request: Call, options: CallRequestOptions, route: Route, verdict: Allowed): void {
    const { dealer, report, maxPendingCalls } = this.#options;
    if (options.disclose_me && verdict.disclosure === 'never') {
      return session.refuse(request, reasons.disclosureDisallowed, 'this realm does not disclose callers');
    }
    if (session.calls.made.size >= maxPendingCalls) {
      report.count('limit_reached');
      return session.refuse(
        request,
        reasons.unavailable,
        `the session has reached its limit of ${session.calls.made.size} pending calls`,
      );
    }
    dealer.call(session, request, options, route, verdict.disclosure);
  }

  // All parts of a progressive call have the same request id (Advanced Profile, "Progressive Call Invocations"). A part
  // that arrives after the end is dropped, since its sender could not know.
  #isContinued(session: Session, request: Call): boolean {
    if (!session.features.caller.progressiveInvocations) return false;
    if (session.calls.hasEndedProgressive(request.request)) return true;
    const call = session.calls.made.size === 0 ? undefined : session.calls.find(request.request);
    if (!call) return false;
    if (call.isProgressive) {
      checkOptions('PART', request.options);
      // Its callee was asked whether it takes such payloads by the first part alone.
      if (request.payload.isTransparent && !call.options.enc_algo) session.violate('the first part had no enc_algo');
      else call.continue(request);
    } else session.violate(`the request id ${request.request} is that of a pending call that is not progressive`);
    return true;
  }

  /** Ends the calls that a leaving session must answer, and gives up the calls that it has made. */
  leave(session: Session): void {
    if (session.calls.areNone) return;
    this.#endEach(session.calls.invocations.values());
    for (const call of [...session.calls.made]) call.callerLeft();
  }

  /**
   * Ends calls whose callee has left. Calls for which this turn of the event loop has no time are ended later, some at a
   * time, as waiting requests are.
   */
  #endEach(calls: IterableIterator<PendingCall>, most = Number.POSITIVE_INFINITY): void {
    const { work } = this.#options;
    let ended = 0;
    for (const call of calls) {
      call.calleeLeft();
      work.spend(costOfEnd);
      ended += 1;
      if (work.isOver || ended >= most) return work.wait({ step: () => this.#endEach(calls, endsOfStep) });
    }
  }
}

const openVerdict: Allowed = { isAllowed: true, disclosure: 'on-request' };
