/**
 * CALL on its way to the dealer: permission, limits, and the registration that it goes to. A caller's requests are handled in
 * order, so a callee hears its calls in theirs, also where an authorizer takes its time.
 */

import type { Report } from '../base/report.ts';
import type { Allowed, Authorization } from '../session/authorization.ts';
import { whenDecided } from '../session/authorization.ts';
import type { Session } from '../session/session.ts';
import type { PendingCall } from '../session/session-calls.ts';
import type { WorkLimit } from '../session/work-limit.ts';
import type { Call } from '../wamp/message.ts';
import type { CallRequestOptions } from '../wamp/options.ts';
import { checkOptions } from '../wamp/options.ts';
import { reasons } from '../wamp/reasons.ts';
import type { Dealer } from './dealer.ts';
import type { Registrations } from './registrations.ts';
import type { Answers, Route, Routes } from './routes.ts';

/** What calling needs from outside. */
export interface CallingOptions {
  readonly registrations: Registrations;
  readonly routes: Routes;
  readonly dealer: Dealer;
  readonly authorization: Authorization;
  readonly report: Report;
  readonly work: WorkLimit;
  /** Calls without a final answer that one session may have. */
  readonly maxPendingCalls: number;
}

/** The end of a call takes as long as so many deliveries. */
const costOfEnd = 16;
/** So many calls end while others wait for one request. */
const endsOfStep = 64;

/** Takes calls to the dealer. */
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
      return session.violate('progressive invocations were not announced');
    }
    if (options.ppt_scheme && !session.features.caller.passthru) {
      return session.violate('payload passthru was not announced');
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
      // The usual case: nobody needs to be asked where the call goes.
      const exact = registrations.find(procedure);
      if (exact) return this.#admitted(session, request, options, { registration: exact, reach: undefined }, verdict);
      this.#route(session, request, new Map(), (route) => this.#admitted(session, request, options, route, verdict));
    });
  }

  // Found when the call is allowed, as registrations may have come and gone meanwhile, and again when an authorizer was asked
  // about callees. The caller waits, and its later requests with it: a callee hears its calls in their order.
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
        `${session.calls.made.size} calls of this session are pending`,
      );
    }
    dealer.call(session, request, options, route, verdict.disclosure);
  }

  // A call that is sent in parts has one request id for all of them (Advanced Profile, "Progressive Call Invocations"). A part
  // that comes after the end is dropped: its sender could not know.
  #isContinued(session: Session, request: Call): boolean {
    if (!session.features.caller.progressiveInvocations) return false;
    if (session.calls.hasEndedProgressive(request.request)) return true;
    const call = session.calls.made.size === 0 ? undefined : session.calls.find(request.request);
    if (!call) return false;
    if (call.isProgressive) {
      checkOptions('PART', request.options);
      call.continue(request);
    } else session.violate(`the call ${request.request} is not progressive`);
    return true;
  }

  /** A session leaves: calls that it was to answer end, calls that it made are given up. */
  leave(session: Session): void {
    if (session.calls.areNone) return;
    this.#endEach(session.calls.invocations.values());
    for (const call of [...session.calls.made]) call.callerLeft();
  }

  /** Ends calls whose callee has left: what the turn of the event loop has no time for waits as requests do, some at a time. */
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
