/**
 * Decides whether a session may perform an action. First the rules of its role are asked, then the application's
 * authorizer, if the realm has one. The authorizer's answers are remembered for the session until they are to be forgotten
 * (Advanced Profile, "Authorization"). While the authorizer is deciding, all equal questions about the session wait for the
 * same answer.
 */

import type { Clock } from '../base/clock.ts';
import type { Counter, Report } from '../base/report.ts';
import { chain } from '../base/thenable.ts';
import type { Match } from '../wamp/message.ts';
import type { Action } from '../wamp/permission.ts';
import type { Reason } from '../wamp/reasons.ts';
import { reasons } from '../wamp/reasons.ts';
import type { Authorizer, AuthorizerAnswer, Outcome } from './authorizer.ts';
import { Inquiries } from './authorizer.ts';
import { Decisions, keyOf } from './decisions.ts';
import type { Disclosure } from './disclosure.ts';
import type { Session } from './session.ts';

/** The decision about an action. */
export type Verdict =
  | { readonly isAllowed: true; readonly disclosure: Disclosure }
  | { readonly isAllowed: false; readonly error: Reason; readonly description: string };

/** A verdict that allows the action. */
export type Allowed = Extract<Verdict, { readonly isAllowed: true }>;

/** The options of a realm's authorization. */
export interface AuthorizationOptions {
  readonly realm: string;
  readonly clock: Clock;
  readonly report: Report;
  readonly authorizer: Authorizer | undefined;
  /** How long the authorizer may take to answer, in ms. */
  readonly authTimeout: number;
  readonly disclosure: Disclosure;
}

/** The action to be decided about. */
interface Query {
  readonly session: Session;
  readonly action: Action;
  readonly uri: string;
  readonly match: Match;
}

/** A verdict, and whether it applies to all who waited for it. A verdict that must be asked for every time does not. */
interface Decision {
  readonly verdict: Verdict;
  readonly isForAll: boolean;
}

const counters: Readonly<Record<Action, Counter>> = {
  call: 'call_denied',
  register: 'register_denied',
  publish: 'publish_denied',
  subscribe: 'subscribe_denied',
};
const verbs: Readonly<Record<Action, string>> = {
  call: 'call',
  register: 'register',
  publish: 'publish',
  subscribe: 'subscribe to',
};

/** The authorizer failed. The action is denied, for everyone who waited for this answer. */
const failed: Decision = {
  verdict: {
    isAllowed: false,
    error: reasons.authorizationFailed,
    description: 'the authorization could not be checked',
  },
  isForAll: true,
};

const denied = (action: Action, uri: string): Verdict => ({
  isAllowed: false,
  error: reasons.notAuthorized,
  description: `not authorized to ${verbs[action]} "${uri}"`,
});

/** The authorization of one realm. */
export class Authorization {
  readonly #report: Report;
  readonly #inquiries: Inquiries | undefined;
  readonly #allowed: Verdict;
  readonly #disclosed: Verdict = { isAllowed: true, disclosure: 'always' };
  readonly #undisclosed: Verdict = { isAllowed: true, disclosure: 'never' };
  #remembered = new WeakMap<Session, Decisions<Decision>>();

  constructor(options: AuthorizationOptions) {
    this.#report = options.report;
    this.#inquiries = options.authorizer && new Inquiries(options.authorizer, options);
    this.#allowed = { isAllowed: true, disclosure: options.disclosure };
  }

  /** Whether a decision may be different when it is asked for again. */
  get mayChange(): boolean {
    return this.#inquiries !== undefined;
  }

  /** Decides about a request, synchronously unless the authorizer is asynchronous. A refusal is counted. */
  check(session: Session, action: Action, uri: string, match: Match = 'exact'): Verdict | Promise<Verdict> {
    if (!session.permissions.allows(action, uri, match)) return this.#counted(action, denied(action, uri));
    if (!this.#inquiries) return this.#byRole(session, action, uri);
    const decision =
      this.#decisionsOf(session).find(action, uri, match) ??
      this.#ask(this.#inquiries, { session, action, uri, match });
    return decision instanceof Promise
      ? decision.then(({ verdict }) => this.#counted(action, verdict))
      : this.#counted(action, decision.verdict);
  }

  /**
   * Whether a permission for a pattern applies to one URI that the pattern covers. The decision is the one for exactly this
   * URI, unless everything under the pattern has been allowed. Since the session made no request, a refusal is not counted.
   * A promise never rejects. If the authorizer's answers are forgotten meanwhile, the question is asked again.
   */
  holds(session: Session, action: Action, uri: string): boolean | Promise<boolean> {
    if (!session.permissions.allows(action, uri)) return false;
    if (!this.#inquiries) return true;
    const decisions = this.#decisionsOf(session);
    const known = decisions.find(action, uri, 'exact');
    if (known) return known.verdict.isAllowed;
    if (decisions.isCovered(action, uri)) return true;
    const decision = this.#ask(this.#inquiries, { session, action, uri, match: 'exact' });
    if (!(decision instanceof Promise)) return decision.verdict.isAllowed;
    return decision.then((made) =>
      made === failed || session.hasLeft || decisions === this.#remembered.get(session)
        ? made.verdict.isAllowed
        : this.holds(session, action, uri),
    );
  }

  /** Forgets the authorizer's answers, for one session or for all, including answers that are still to come. */
  forget(session?: Session): void {
    if (session) this.#remembered.delete(session);
    else this.#remembered = new WeakMap();
  }

  /** Called when a session has left: open questions about events for it are given up. */
  leave(session: Session): void {
    this.#inquiries?.leave(session);
  }

  /** Asks no more questions. Everyone who still waits is refused. */
  close(): void {
    this.#inquiries?.close();
  }

  #byRole({ permissions }: Session, action: Action, uri: string): Verdict {
    return permissions.discloses(action, uri) ? this.#disclosed : this.#allowed;
  }

  #allow({ discloses }: AuthorizerAnswer, session: Session, action: Action, uri: string): Verdict {
    if (discloses === undefined) return this.#byRole(session, action, uri);
    return discloses ? this.#disclosed : this.#undisclosed;
  }

  #counted(action: Action, verdict: Verdict): Verdict {
    if (!verdict.isAllowed && verdict.error === reasons.notAuthorized) this.#report.count(counters[action]);
    return verdict;
  }

  #decisionsOf(session: Session): Decisions<Decision> {
    const known = this.#remembered.get(session);
    if (known) return known;
    const decisions = new Decisions<Decision>();
    this.#remembered.set(session, decisions);
    return decisions;
  }

  // A second equal question waits for the first. The answer is for both, or else each is asked in turn.
  #ask(inquiries: Inquiries, query: Query): Decision | Promise<Decision> {
    const { pending } = this.#decisionsOf(query.session);
    const key = keyOf(query.action, query.uri, query.match);
    const earlier = pending.get(key);
    const decision = earlier
      ? earlier.then((made) => (made.isForAll ? made : this.#put(inquiries, query)))
      : this.#put(inquiries, query);
    if (!(decision instanceof Promise)) return decision;
    const last: Promise<Decision> = decision.then((made) => {
      if (pending.get(key) === last) pending.delete(key);
      return made;
    });
    pending.set(key, last);
    return last;
  }

  // An answer that arrives after `forget` is stored in decisions that are no longer used, since it may be outdated.
  #put(inquiries: Inquiries, { session, action, uri, match }: Query): Decision | Promise<Decision> {
    const decisions = this.#decisionsOf(session);
    const judge = (outcome: Outcome): Decision => {
      if (!outcome) return failed;
      const verdict = outcome.isAllowed ? this.#allow(outcome, session, action, uri) : denied(action, uri);
      const decision = { verdict, isForAll: outcome.isKept };
      if (!outcome.isKept) return decision;
      decisions.keep(action, uri, match, decision);
      if (verdict.isAllowed && outcome.covers && match !== 'exact') decisions.cover(action, uri, match);
      return decision;
    };
    return chain(inquiries.ask(session, action, uri, match), judge);
  }
}

// Errors are answered where all faults are, in the inbox of the session.
const rethrow = (error: unknown): never => {
  throw error;
};

/** Calls `then` with a decision, synchronously unless it is a promise. Otherwise the session waits for it. */
export const whenDecided = <Decision>(
  session: Session,
  decision: Decision | Promise<Decision>,
  then: (decision: Decision) => void,
): void => {
  if (decision instanceof Promise) session.hold(decision, then, rethrow);
  else then(decision);
};
