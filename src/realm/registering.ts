/**
 * REGISTER, UNREGISTER and CALL on their way to the dealer: permission, limits, acknowledgement, and who is told about it. A
 * callee hears the acknowledgement before its first invocation.
 */

import { WampError } from '../wamp/error.ts';
import type { Call, Register, Unregister } from '../wamp/message.ts';
import type { CallRequestOptions, RegisterOptions } from '../wamp/options.ts';
import { checkOptions } from '../wamp/options.ts';
import { reason } from '../wamp/reason.ts';
import type { Report } from '../wamp/report.ts';
import { reservedRefusal } from '../wamp/uri.ts';
import type { Allowed, Authorization, Verdict } from './authorization.ts';
import { whenDecided } from './authorization.ts';
import type { Callee, ProcedureRegistration } from './call.ts';
import type { Dealer } from './dealer.ts';
import type { MetaEvents } from './meta-events.ts';
import type { Registered, RegistrationRequest, Registrations } from './registrations.ts';
import type { Revocation } from './revocation.ts';
import { replaced } from './revocation.ts';
import type { Answers, Route, Routes } from './routes.ts';
import type { Session } from './session.ts';
import type { PendingCall } from './session-calls.ts';
import type { WorkLimit } from './work-limit.ts';

/** What registering needs from outside. */
export interface RegisteringOptions {
  readonly registrations: Registrations;
  readonly routes: Routes;
  readonly dealer: Dealer;
  readonly authorization: Authorization;
  readonly events: MetaEvents;
  readonly report: Report;
  readonly work: WorkLimit;
  /** Registrations of one session. */
  readonly maxRegistrations: number;
  /** Calls without a final answer that one session may have. */
  readonly maxPendingCalls: number;
  /** Whether a session may take a registration over from a callee of another authid. */
  readonly mayForceReregister: (session: Session) => boolean;
}

/** The end of a call takes as long as so many deliveries. */
const costOfEnd = 16;
/** So many calls end while others wait for one request. */
const endsOfStep = 64;

/** Takes requests about procedures to the dealer. */
export class Registering {
  readonly #options: RegisteringOptions;

  constructor(options: RegisteringOptions) {
    this.#options = options;
  }

  /** Handles a REGISTER. */
  register(session: Session, request: Register): void {
    const options = checkOptions('REGISTER', request.options);
    const { procedure } = request;
    const { match = 'exact' } = options;
    const invalid = session.uriRefusal(procedure, match) ?? reservedRefusal(procedure);
    if (invalid) return session.refuse(request, reason.invalidUri, invalid);
    whenDecided(session, this.#options.authorization.check(session, 'register', procedure, match), (verdict) =>
      this.#authorized(session, request, options, verdict),
    );
  }

  #authorized(session: Session, request: Register, options: RegisterOptions, verdict: Verdict): void {
    if (session.hasLeft) return;
    if (!verdict.isAllowed) return session.refuse(request, verdict.error, verdict.description);
    if (options.disclose_caller && verdict.disclosure === 'never') {
      return session.refuse(request, reason.disclosureDisallowed, 'this realm does not disclose callers');
    }
    const { registrations, report, maxRegistrations } = this.#options;
    if (session.registrations.size >= maxRegistrations) {
      report.count('limit_reached');
      return session.refuse(request, reason.unavailable, `the session has ${session.registrations.size} registrations`);
    }
    const { match = 'exact', invoke = 'single', concurrency = Number.POSITIVE_INFINITY } = options;
    const wanted: RegistrationRequest = { uri: request.procedure, match, invoke };
    const { forward_timeout: forwardsTimeout = false, disclose_caller: wantsCaller = false } = options;
    if (options.force_reregister) this.#makeRoom(session, wanted);
    const registered = registrations.register(session, wanted, { concurrency, forwardsTimeout, wantsCaller });
    const { registration } = registered.callee;
    session.deliver({ type: 'REGISTERED', request: request.request, registration: registration.id });
    this.registered(registered);
  }

  /** Tells of a new callee, and lets it have the calls that wait. */
  registered({ callee, isFirst }: Registered): void {
    const { events, dealer } = this.#options;
    const { registration, session } = callee;
    if (session) {
      if (isFirst) events.registrationCreated(session.id, registration);
      events.registered(session.id, registration);
    }
    dealer.serve(registration);
  }

  // A client that lost its connection comes back before the router has noticed: its own old place must not keep it out.
  #makeRoom(session: Session, { uri, match }: RegistrationRequest): void {
    const { registrations, mayForceReregister } = this.#options;
    const callees = registrations.find(uri, match)?.callees ?? [];
    for (const callee of [...callees]) {
      const isOwn = session.authid !== null && callee.session?.authid === session.authid;
      if (!callee.session || !(isOwn || mayForceReregister(session))) {
        throw new WampError(reason.notAuthorized, { description: `not authorized to take "${uri}" over` });
      }
    }
    for (const callee of [...callees]) this.revoke(callee, replaced);
  }

  /** Handles an UNREGISTER; calls that are under way are still answered. */
  unregister(session: Session, request: Unregister): void {
    const callee = this.#options.registrations.calleeOf(session, request.registration);
    if (!callee) return session.refuse(request, reason.noSuchRegistration, 'there is no such registration');
    const isGone = this.#options.registrations.remove(callee);
    session.deliver({ type: 'UNREGISTERED', request: request.request, details: undefined });
    this.#tell(session, callee.registration, isGone);
  }

  /**
   * Takes a callee out of its registration, whether it wants or not; it is told if it announced that it understands (Advanced
   * Profile, "Registration Revocation").
   */
  revoke(callee: Callee, why: Revocation | undefined): void {
    const { registration, session } = callee;
    const isGone = this.#options.registrations.remove(callee);
    if (!session) return;
    if (session.features.callee.revocation) {
      session.deliver({ type: 'UNREGISTERED', request: 0, details: { registration: registration.id, ...why } });
    }
    this.#tell(session, registration, isGone);
  }

  /** Takes a callee out, at its own wish. */
  remove(callee: Callee): void {
    const isGone = this.#options.registrations.remove(callee);
    if (callee.session) this.#tell(callee.session, callee.registration, isGone);
  }

  /** Takes a session that leaves out of everything: calls that it was to answer end, calls that it made are given up. */
  leave(session: Session, isSilent: boolean): void {
    const { registrations } = this.#options;
    for (const id of [...session.registrations]) {
      const callee = registrations.calleeOf(session, id);
      if (!callee) continue;
      const isGone = registrations.remove(callee);
      if (!isSilent) this.#tell(session, callee.registration, isGone);
    }
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

  /** Handles a CALL: a new one, or the next part of a progressive one. */
  call(session: Session, request: Call): void {
    if (this.#isContinued(session, request)) return;
    const options = checkOptions('CALL', request.options);
    const { registrations, authorization } = this.#options;
    const { procedure } = request;
    const invalid = session.uriRefusal(procedure);
    if (invalid) return session.refuse(request, reason.invalidUri, invalid);
    if (options.progress && !session.features.caller.progressiveInvocations) {
      return session.violate('progressive invocations were not announced');
    }
    if (options.ppt_scheme && !session.features.caller.passthru) {
      return session.violate('payload passthru was not announced');
    }
    const registration = registrations.find(procedure) ?? registrations.candidates(procedure)[0];
    if (!registration || !(registration.options.isOpen || session.isEstablished)) {
      return session.refuse(request, reason.noSuchProcedure, `no procedure "${procedure}"`, procedure);
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
    else session.refuse(request, reason.noSuchProcedure, `no procedure "${procedure}"`, procedure);
  }

  #admitted(session: Session, request: Call, options: CallRequestOptions, route: Route, verdict: Allowed): void {
    const { dealer, report, maxPendingCalls } = this.#options;
    if (options.disclose_me && verdict.disclosure === 'never') {
      return session.refuse(request, reason.disclosureDisallowed, 'this realm does not disclose callers');
    }
    if (session.calls.made.size >= maxPendingCalls) {
      report.count('limit_reached');
      return session.refuse(
        request,
        reason.unavailable,
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

  #tell(session: Session, registration: ProcedureRegistration, isGone: boolean): void {
    const { events } = this.#options;
    events.unregistered(session.id, registration);
    if (isGone) events.registrationDeleted(session.id, registration);
  }
}

const openVerdict: Allowed = { isAllowed: true, disclosure: 'on-request' };
