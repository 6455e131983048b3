/**
 * Handles REGISTER and UNREGISTER: permission, limits, acknowledgement, and meta events. A callee gets the acknowledgement
 * before its first invocation.
 */

import type { Report } from '../base/report.ts';
import type { Authorization, Verdict } from '../session/authorization.ts';
import { whenDecided } from '../session/authorization.ts';
import type { Revocation } from '../session/revocation.ts';
import { replaced } from '../session/revocation.ts';
import type { Session } from '../session/session.ts';
import { WampError } from '../wamp/error.ts';
import type { Id } from '../wamp/id.ts';
import type { Register, Unregister } from '../wamp/message.ts';
import type { RegisterOptions } from '../wamp/options.ts';
import { checkOptions } from '../wamp/options.ts';
import { reasons } from '../wamp/reasons.ts';
import { reservedRefusal } from '../wamp/uri.ts';
import type { Callee, ProcedureRegistration } from './callee.ts';
import type { Dealer } from './dealer.ts';
import type { NewCallee, RegistrationRequest, Registrations } from './registrations.ts';

/** Notified when registrations and their callees change. `session` is the id of the session that caused it. */
export interface RegistrationEvents {
  registrationCreated(session: Id, registration: ProcedureRegistration): void;
  registered(session: Id, registration: ProcedureRegistration): void;
  unregistered(session: Id, registration: ProcedureRegistration): void;
  registrationDeleted(session: Id, registration: ProcedureRegistration): void;
}

/** The options of a realm's registering. */
export interface RegisteringOptions {
  readonly registrations: Registrations;
  readonly dealer: Dealer;
  readonly authorization: Authorization;
  readonly events: RegistrationEvents;
  readonly report: Report;
  /** The most registrations of one session. */
  readonly maxRegistrations: number;
  /** Whether a session may take over a registration from a callee with another authid. */
  readonly mayForceReregister: (session: Session) => boolean;
}

/** Adds sessions to registrations as callees, and removes them. */
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
    if (invalid) return session.refuse(request, reasons.invalidUri, invalid);
    whenDecided(session, this.#options.authorization.check(session, 'register', procedure, match), (verdict) =>
      this.#authorized(session, request, options, verdict),
    );
  }

  #authorized(session: Session, request: Register, options: RegisterOptions, verdict: Verdict): void {
    if (session.hasLeft) return;
    if (!verdict.isAllowed) return session.refuse(request, verdict.error, verdict.description);
    if (options.disclose_caller && verdict.disclosure === 'never') {
      return session.refuse(request, reasons.disclosureDisallowed, 'this realm does not disclose callers');
    }
    const { registrations, report, maxRegistrations } = this.#options;
    if (session.registrations.size >= maxRegistrations) {
      report.count('limit_reached');
      return session.refuse(
        request,
        reasons.unavailable,
        `the session has reached its limit of ${session.registrations.size} registrations`,
      );
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

  /** Publishes the meta events for a new callee, and hands it waiting calls. */
  registered({ callee, isFirst }: NewCallee): void {
    const { events, dealer } = this.#options;
    const { registration, session } = callee;
    if (session) {
      if (isFirst) events.registrationCreated(session.id, registration);
      events.registered(session.id, registration);
    }
    dealer.serve(registration);
  }

  // A client that lost its connection may return before the router has noticed. Its own old registration must not lock it
  // out.
  #makeRoom(session: Session, { uri, match }: RegistrationRequest): void {
    const { registrations, mayForceReregister } = this.#options;
    const callees = registrations.find(uri, match)?.callees ?? [];
    for (const callee of [...callees]) {
      const isOwn = session.authid !== null && callee.session?.authid === session.authid;
      if (!callee.session || !(isOwn || mayForceReregister(session))) {
        throw new WampError(reasons.notAuthorized, { description: `not authorized to take over "${uri}"` });
      }
    }
    for (const callee of [...callees]) this.revoke(callee, replaced);
  }

  /** Handles an UNREGISTER. Calls that are under way are still answered. */
  unregister(session: Session, request: Unregister): void {
    const callee = this.#options.registrations.calleeOf(session, request.registration);
    if (!callee) return session.refuse(request, reasons.noSuchRegistration, 'there is no such registration');
    const isGone = this.#options.registrations.remove(callee);
    session.deliver({ type: 'UNREGISTERED', request: request.request, details: undefined });
    this.#notify(session, callee.registration, isGone);
  }

  /**
   * Revokes a callee's registration. Its session is notified if it announced the feature (Advanced Profile, "Registration
   * Revocation").
   */
  revoke(callee: Callee, revocation: Revocation | undefined): void {
    const { registration, session } = callee;
    const isGone = this.#options.registrations.remove(callee);
    if (!session) return;
    if (session.features.callee.revocation) {
      session.deliver({ type: 'UNREGISTERED', request: 0, details: { registration: registration.id, ...revocation } });
    }
    this.#notify(session, registration, isGone);
  }

  /** Removes a callee at its own request. */
  remove(callee: Callee): void {
    const isGone = this.#options.registrations.remove(callee);
    if (callee.session) this.#notify(callee.session, callee.registration, isGone);
  }

  /** Removes a session that leaves from all its registrations. */
  leave(session: Session, isSilent: boolean): void {
    const { registrations } = this.#options;
    for (const id of [...session.registrations]) {
      const callee = registrations.calleeOf(session, id);
      if (!callee) continue;
      const isGone = registrations.remove(callee);
      if (!isSilent) this.#notify(session, callee.registration, isGone);
    }
  }

  #notify(session: Session, registration: ProcedureRegistration, isGone: boolean): void {
    const { events } = this.#options;
    events.unregistered(session.id, registration);
    if (isGone) events.registrationDeleted(session.id, registration);
  }
}
