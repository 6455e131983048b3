/**
 * May a session do this? First its role's rules, then the application's own authorizer, if the realm has one. What the
 * authorizer says is remembered for the session until it is told to forget (Advanced Profile, "Authorization").
 */

import type { Match } from '../wamp/message.ts';
import type { Action } from '../wamp/permission.ts';
import type { Reason } from '../wamp/reason.ts';
import { reason } from '../wamp/reason.ts';
import type { Counter, Report } from '../wamp/report.ts';
import { asPromise } from '../wamp/thenable.ts';
import type { Disclosure } from './disclosure.ts';
import type { CallerInfo } from './peer.ts';
import type { Session } from './session.ts';

/** What an authorizer is asked. */
export interface AuthorizationRequest {
  readonly realm: string;
  readonly session: CallerInfo;
  readonly action: Action;
  readonly uri: string;
  readonly match: Match;
}

/**
 * Decides about an action: true or false, or `{ allow, disclose?, cache? }`, or a promise of one of them. `disclose` names the
 * session to subscribers and callees; `cache: false` has the authorizer asked again next time. Anything else, an exception
 * too, is a failed check, which allows nothing.
 */
export type Authorizer = (request: AuthorizationRequest) => unknown;

/** What was decided. */
export type Verdict =
  | { readonly isAllowed: true; readonly disclosure: Disclosure }
  | { readonly isAllowed: false; readonly error: Reason; readonly description: string };

/** A verdict that lets pass. */
export type Allowed = Extract<Verdict, { readonly isAllowed: true }>;

/** What the authorization of a realm is made of. */
export interface AuthorizationOptions {
  readonly realm: string;
  readonly report: Report;
  readonly authorizer: Authorizer | undefined;
  readonly disclosure: Disclosure;
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

/** Decisions that one session keeps. */
const mostRemembered = 1024;

const isAnswer = (
  value: unknown,
): value is { readonly allow: boolean; readonly disclose?: unknown; readonly cache?: unknown } =>
  typeof value === 'object' && value !== null && 'allow' in value && typeof value.allow === 'boolean';

/** The authorization of one realm. */
export class Authorization {
  readonly #options: AuthorizationOptions;
  readonly #allowed: Verdict;
  readonly #disclosed: Verdict = { isAllowed: true, disclosure: 'always' };
  #remembered = new WeakMap<Session, Map<string, Verdict>>();

  constructor(options: AuthorizationOptions) {
    this.#options = options;
    this.#allowed = { isAllowed: true, disclosure: options.disclosure };
  }

  /** Whether what is decided now may be decided otherwise later. */
  get mayChange(): boolean {
    return this.#options.authorizer !== undefined;
  }

  /** Decides, at once unless the authorizer takes its time. */
  check(session: Session, action: Action, uri: string, match: Match = 'exact'): Verdict | Promise<Verdict> {
    const { permissions } = session;
    if (!permissions.allows(action, uri, match)) return this.#deny(action, uri);
    const byRole = permissions.discloses(action, uri) ? this.#disclosed : this.#allowed;
    const { authorizer } = this.#options;
    return authorizer ? this.#ask(authorizer, session, action, uri, match, byRole) : byRole;
  }

  /**
   * Whether what a session was allowed with a pattern holds for one URI that the pattern covers: as if it asked for this very
   * URI. What the rules forbid is not counted as a refusal, since nobody has asked for it.
   */
  holds(session: Session, action: Action, uri: string): boolean | Promise<boolean> {
    if (!session.permissions.allows(action, uri)) return false;
    if (!this.mayChange) return true;
    const verdict = this.check(session, action, uri);
    return verdict instanceof Promise ? verdict.then(({ isAllowed }) => isAllowed) : verdict.isAllowed;
  }

  /** Forgets what the authorizer said, of one session or of all: the next request is asked about again. */
  forget(session?: Session): void {
    if (session) this.#remembered.delete(session);
    else this.#remembered = new WeakMap();
  }

  #deny(action: Action, uri: string): Verdict {
    this.#options.report.count(counters[action]);
    return {
      isAllowed: false,
      error: reason.notAuthorized,
      description: `not authorized to ${verbs[action]} "${uri}"`,
    };
  }

  #ask(
    authorizer: Authorizer,
    session: Session,
    action: Action,
    uri: string,
    match: Match,
    byRole: Verdict,
  ): Verdict | Promise<Verdict> {
    const key = `${action} ${match} ${uri}`;
    const cache = this.#cacheOf(session);
    const known = cache.get(key);
    if (known) return known;
    const judge = (answer: unknown): Verdict => {
      const { verdict, isKept } = this.#judge(answer, action, uri, byRole);
      // Asked to forget meanwhile: then this answer may be an old one.
      if (isKept && cache === this.#remembered.get(session)) {
        if (cache.size >= mostRemembered) cache.clear();
        cache.set(key, verdict);
      }
      return verdict;
    };
    try {
      const { id, authid, authrole } = session;
      const answer = authorizer({ realm: this.#options.realm, session: { id, authid, authrole }, action, uri, match });
      const pending = asPromise(answer);
      return pending ? pending.then(judge, (error: unknown) => this.#fail(error, action, uri)) : judge(answer);
    } catch (error) {
      return this.#fail(error, action, uri);
    }
  }

  #cacheOf(session: Session): Map<string, Verdict> {
    const cache = this.#remembered.get(session) ?? new Map<string, Verdict>();
    this.#remembered.set(session, cache);
    return cache;
  }

  #judge(answer: unknown, action: Action, uri: string, byRole: Verdict): { verdict: Verdict; isKept: boolean } {
    if (typeof answer === 'boolean') return { verdict: answer ? byRole : this.#deny(action, uri), isKept: true };
    if (!isAnswer(answer)) {
      const error = new TypeError('the authorizer answered neither true, false nor { allow }');
      return { verdict: this.#fail(error, action, uri), isKept: false };
    }
    const allowed = answer.disclose === true ? this.#disclosed : byRole;
    return { verdict: answer.allow ? allowed : this.#deny(action, uri), isKept: answer.cache !== false };
  }

  #fail(error: unknown, action: Action, uri: string): Verdict {
    const facts = { err: error, action, uri, realm: this.#options.realm };
    this.#options.report.error('callback_failed', facts, 'the authorizer failed: the request is refused');
    return {
      isAllowed: false,
      error: reason.authorizationFailed,
      description: 'the authorization could not be checked',
    };
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
