/** The registrations of a realm, by URI, by pattern and by id, with their callees. The calls themselves are handled by the dealer. */

import type { Clock } from '../base/clock.ts';
import type { Session } from '../session/session.ts';
import { WampError } from '../wamp/error.ts';
import type { Id } from '../wamp/id.ts';
import { createSequentialIds } from '../wamp/id.ts';
import type { Match } from '../wamp/message.ts';
import type { InvokePolicy } from '../wamp/options.ts';
import { PatternIndex } from '../wamp/pattern.ts';
import { reasons } from '../wamp/reasons.ts';
import { isReserved } from '../wamp/uri.ts';
import type { Callee, ProcedureRegistration, QueuedCall } from './callee.ts';
import type { LocalCalleeContext } from './local-callee.ts';
import { LocalCallee } from './local-callee.ts';
import type { Procedure } from './procedure.ts';
import { Registration } from './registration.ts';
import type { CalleeOptions } from './remote-callee.ts';
import { RemoteCallee } from './remote-callee.ts';

/** The options of a realm's registrations. */
export interface RegistrationsOptions extends LocalCalleeContext {
  readonly clock: Clock;
  /** A random number from 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
}

/** The URI, match policy and invocation policy of a REGISTER. */
export interface RegistrationRequest {
  readonly uri: string;
  readonly match: Match;
  readonly invoke: InvokePolicy;
}

/** The result of adding a callee. */
export interface NewCallee {
  readonly callee: Callee;
  /** Whether the registration is new. */
  readonly isFirst: boolean;
}

const exactly = (uri: string): RegistrationRequest => ({ uri, match: 'exact', invoke: 'single' });

/** The registrations of a realm with their callees. */
export class Registrations {
  readonly #exact = new Map<string, ProcedureRegistration>();
  readonly #patterns = new PatternIndex<ProcedureRegistration>();
  readonly #byId = new Map<Id, ProcedureRegistration>();
  readonly #nextId = createSequentialIds();
  readonly #options: RegistrationsOptions;

  /** The procedures that may be called without authentication. */
  readonly openProcedures = { has: (uri: string): boolean => this.find(uri)?.options.isOpen === true };

  constructor(options: RegistrationsOptions) {
    this.#options = options;
  }

  /** How many registrations there are, without those that the router made for its own use. */
  get size(): number {
    let count = 0;
    for (const _ of this.list()) count += 1;
    return count;
  }

  /** Every registration except those that the router made for its own use. */
  *list(): IterableIterator<ProcedureRegistration> {
    for (const registration of this.#byId.values()) if (!registration.options.isHidden) yield registration;
  }

  /** The registration with an id. */
  get(id: Id): ProcedureRegistration | undefined {
    return this.#byId.get(id);
  }

  /** The callee of a registration that belongs to a session. */
  calleeOf(session: Session, registration: Id): Callee | undefined {
    if (!session.registrations.has(registration)) return undefined;
    return this.#byId.get(registration)?.callees.find((callee) => callee.session === session);
  }

  /** The registration with exactly this URI and match policy. */
  find(uri: string, match: Match = 'exact'): ProcedureRegistration | undefined {
    return match === 'exact' ? this.#exact.get(uri) : this.#patterns.get(uri, match);
  }

  /**
   * The registrations that cover calls of `uri`, best match first: only the exact one if it exists, otherwise patterns. A
   * reserved URI is not covered by any pattern.
   */
  candidates(uri: string): readonly ProcedureRegistration[] {
    const exact = this.#exact.get(uri);
    if (exact) return [exact];
    return this.#patterns.size === 0 || isReserved(uri) ? none : this.#patterns.ranked(uri);
  }

  /** Registers a function. Throws `wamp.error.procedure_already_exists` if the URI is taken. */
  registerLocal(
    uri: string,
    procedure: Procedure,
    options: {
      readonly isOpen?: boolean;
      readonly isHidden?: boolean;
      readonly wantsOctets?: boolean;
      readonly session?: Session;
    } = {},
  ): NewCallee {
    const { isOpen = false, isHidden = false, wantsOctets = false, session } = options;
    return this.#add(exactly(uri), { isOpen, isHidden }, (registration) => {
      return new LocalCallee(registration, session, procedure, wantsOctets, this.#options);
    });
  }

  /**
   * Registers a session as callee. Throws `wamp.error.procedure_already_exists` if the URI is taken, is registered with
   * another policy, or has this session as a callee already (Advanced Profile, "Shared Registration").
   */
  register(session: Session, request: RegistrationRequest, options: CalleeOptions): NewCallee {
    return this.#add(request, { isOpen: false, isHidden: false }, (registration) => {
      return new RemoteCallee(registration, session, options);
    });
  }

  #add(
    request: RegistrationRequest,
    flags: { readonly isOpen: boolean; readonly isHidden: boolean },
    create: (registration: ProcedureRegistration) => Callee,
  ): NewCallee {
    const known = this.find(request.uri, request.match);
    const policy = known?.options.invoke ?? request.invoke;
    if (known && policy === 'single') throw alreadyExists(request.uri, 'with the invocation policy "single"');
    if (policy !== request.invoke) {
      throw alreadyExists(request.uri, `with the invocation policy "${policy}", not "${request.invoke}"`);
    }
    const registration = known ?? this.#create(request, flags);
    const callee = create(registration);
    if (known?.callees.some(({ session }) => session === callee.session)) {
      throw alreadyExists(request.uri, 'by this session');
    }
    registration.add(callee);
    callee.session?.registered(registration.id);
    return { callee, isFirst: known === undefined };
  }

  #create(
    { uri, match, invoke }: RegistrationRequest,
    flags: { readonly isOpen: boolean; readonly isHidden: boolean },
  ): ProcedureRegistration {
    const { clock, random } = this.#options;
    const id = this.#nextId();
    const registration = new Registration<Callee, QueuedCall>({
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

  #forget({ options: { id, uri, match } }: ProcedureRegistration): void {
    this.#byId.delete(id);
    if (match === 'exact') this.#exact.delete(uri);
    else this.#patterns.delete(uri, match);
  }

  /** Removes a callee; calls that it has are still answered. Returns whether the registration was removed with its last callee. */
  remove(callee: Callee): boolean {
    const { registration } = callee;
    if (!registration.remove(callee)) return false;
    callee.session?.unregistered(registration.id);
    const isGone = registration.callees.length === 0;
    if (isGone) this.#forget(registration);
    // A waiting call that has tried all remaining callees has none left to wait for.
    for (const call of [...registration.queue]) if (!registration.hasOther(call.tried, call.reach)) call.exhaust();
    return isGone;
  }
}

const alreadyExists = (uri: string, how: string): WampError =>
  new WampError(reasons.procedureAlreadyExists, { description: `"${uri}" is already registered ${how}` });

const none: readonly ProcedureRegistration[] = [];
