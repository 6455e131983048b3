/**
 * May a session do this? First its role's rules, then the application's own authorizer, if the realm has one. What the
 * authorizer says is remembered for the session until it is told to forget (Advanced Profile, "Authorization"); while it takes
 * its time, all who want to know the same of a session wait for one answer.
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

/** What was decided. */
export type Verdict =
  | { readonly isAllowed: true; readonly disclosure: Disclosure }
  | { readonly isAllowed: false; readonly error: Reason; readonly description: string };

/** A verdict that lets pass. */
export type Allowed = Extract<Verdict, { readonly isAllowed: true }>;

/** What the authorization of a realm is made of. */
export interface AuthorizationOptions {
  readonly realm: string;
  readonly clock: Clock;
  readonly report: Report;
  readonly authorizer: Authorizer | undefined;
  /** ms that the authorizer has for an answer. */
  readonly authTimeout: number;
  readonly disclosure: Disclosure;
}

/** What is to be decided. */
interface Query {
  readonly session: Session;
  readonly action: Action;
  readonly uri: string;
  readonly match: Match;
}

/** A verdict, and whether it is one for all who have waited for it. One that is to be asked for each time is not. */
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

/** The authorizer failed: nothing is allowed, and whoever waited for the same need not ask again. */
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

  /** Whether what is decided now may be decided otherwise later. */
  get mayChange(): boolean {
    return this.#inquiries !== undefined;
  }

  /** Decides about a request, at once unless the authorizer takes its time. A refusal is counted. */
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
   * Whether what a session was allowed with a pattern holds for one URI that the pattern covers: as if it asked for this very
   * URI, unless all under the pattern has been allowed. Nobody has asked for it, so a refusal is not counted. The promise is
   * never rejected, and holds what was said last where the authorizer's answers were to be forgotten meanwhile.
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

  /** Forgets what the authorizer said, of one session or of all, and what it is about to say: it is asked again. */
  forget(session?: Session): void {
    if (session) this.#remembered.delete(session);
    else this.#remembered = new WeakMap();
  }

  /** A session has left: nobody waits any more for what it might have heard. */
  leave(session: Session): void {
    this.#inquiries?.leave(session);
  }

  /** Asks nothing any more: whoever still waits is refused. */
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

  // Whoever wants to know what somebody waits for waits behind him: the answer is for both, or each asks in his turn.
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

  // What is said after somebody asked to forget is kept where nobody looks any more: it may be an old answer.
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

// What breaks is answered where all faults are.
const rethrow = (error: unknown): never => {
  throw error;
};

/** Does `then` with a decision, at once if it is there; otherwise the session waits for it. */
export const whenDecided = <Decision>(
  session: Session,
  decision: Decision | Promise<Decision>,
  then: (decision: Decision) => void,
): void => {
  if (decision instanceof Promise) session.hold(decision, then, rethrow);
  else then(decision);
};
