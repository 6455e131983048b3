/**
 * Asks the application's authorizer on behalf of a realm. The answer is checked, a late answer counts as a failure, and
 * questions about a session that has left are given up. What an answer means is decided in `authorization.ts`.
 */

import type { Clock } from '../base/clock.ts';
import { settleWithin } from '../base/deadline.ts';
import type { Report } from '../base/report.ts';
import { asPromise } from '../base/thenable.ts';
import type { Match } from '../wamp/message.ts';
import type { Action } from '../wamp/permission.ts';
import type { CallerInfo } from './peer.ts';
import type { Session } from './session.ts';

/** The argument of an authorizer. */
export interface AuthorizationRequest {
  /** The name of the realm. */
  readonly realm: string;
  /** Who wants to do it. */
  readonly session: CallerInfo;
  readonly action: Action;
  /** The topic or the procedure, or a pattern of them. */
  readonly uri: string;
  /** How the URI is meant: a pattern is for `subscribe` and `register` alone. */
  readonly match: Match;
}

/**
 * Decides about an action: true or false, or `{ allow, disclose?, cache?, covers? }`, or a promise of one of them.
 * `disclose: true` discloses the identity of the session to subscribers and callees, and false hides it; both override all
 * other rules. `cache: false` makes the router ask again next time. `covers: true`, in the answer about subscribing to or
 * registering a pattern, allows every URI under the pattern too; otherwise each URI is asked about separately. Any other
 * answer, an exception, or an answer later than `authTimeout` is a failed check, which allows nothing.
 */
export type Authorizer = (request: AuthorizationRequest) => unknown;

/** The answer of an authorizer. */
export interface AuthorizerAnswer {
  readonly isAllowed: boolean;
  /** Whether the identity of the session is disclosed, whatever rules, realm and peers say. Undefined leaves it to them. */
  readonly discloses: boolean | undefined;
  /** Whether the answer is remembered. */
  readonly isKept: boolean;
  /** Whether the answer applies to every URI under the pattern that was asked about. */
  readonly covers: boolean;
}

/** An answer. Undefined if the authorizer failed, which has been reported, or if the question was given up. */
export type Outcome = AuthorizerAnswer | undefined;

/** The options of a realm's inquiries. */
export interface InquiriesOptions {
  readonly realm: string;
  readonly clock: Clock;
  readonly report: Report;
  /** How long the authorizer may take to answer, in ms. */
  readonly authTimeout: number;
}

/** A question that has not been answered. */
interface Question {
  readonly action: Action;
  giveUp(): void;
}

const isAnswer = (
  value: unknown,
): value is {
  readonly allow: boolean;
  readonly disclose?: unknown;
  readonly cache?: unknown;
  readonly covers?: unknown;
} => typeof value === 'object' && value !== null && 'allow' in value && typeof value.allow === 'boolean';

const plain = { discloses: undefined, isKept: true, covers: false };

const readAnswer = (value: unknown): AuthorizerAnswer => {
  if (typeof value === 'boolean') return { isAllowed: value, ...plain };
  if (!isAnswer(value)) throw new TypeError('the authorizer answered neither true, false nor { allow }');
  const discloses = value.disclose ?? undefined;
  if (discloses !== undefined && typeof discloses !== 'boolean') {
    throw new TypeError('the authorizer answered with a disclose that is neither true nor false');
  }
  return {
    isAllowed: value.allow,
    discloses,
    isKept: value.cache !== false,
    covers: value.covers === true,
  };
};

/** The questions of one realm to its authorizer. */
export class Inquiries {
  readonly #authorizer: Authorizer;
  readonly #options: InquiriesOptions;
  /** By the session that they are about. */
  readonly #open = new Map<Session, Set<Question>>();

  constructor(authorizer: Authorizer, options: InquiriesOptions) {
    this.#authorizer = authorizer;
    this.#options = options;
  }

  /** Asks the authorizer. A returned promise never rejects. */
  ask(session: Session, action: Action, uri: string, match: Match): Outcome | Promise<Outcome> {
    const { id, authid, authrole } = session;
    const { realm } = this.#options;
    try {
      const answer = this.#authorizer({ realm, session: { id, authid, authrole }, action, uri, match });
      const pending = asPromise(answer);
      return pending ? this.#wait(pending, session, action, uri) : readAnswer(answer);
    } catch (error) {
      return this.#fail(error, action, uri);
    }
  }

  /**
   * Called when a session has left. Questions about its subscriptions are given up. Those about its other requests, or
   * about it as a callee, are still decided.
   */
  leave(session: Session): void {
    for (const question of this.#open.get(session) ?? []) if (question.action === 'subscribe') question.giveUp();
  }

  /** Gives up every question. */
  close(): void {
    for (const questions of this.#open.values()) for (const question of questions) question.giveUp();
  }

  #wait(pending: Promise<unknown>, session: Session, action: Action, uri: string): Promise<Outcome> {
    const { clock, authTimeout } = this.#options;
    return new Promise((resolve) => {
      const end = (outcome: Outcome): void => {
        this.#remove(session, question);
        resolve(outcome);
      };
      const answered = pending.then(readAnswer);
      const stop = settleWithin(answered, authTimeout, clock, end, (error) => end(this.#fail(error, action, uri)));
      const giveUp = (): void => {
        stop();
        end(undefined);
      };
      const question: Question = { action, giveUp };
      this.#add(session, question);
    });
  }

  #add(session: Session, question: Question): void {
    const questions = this.#open.get(session) ?? new Set();
    this.#open.set(session, questions);
    questions.add(question);
  }

  #remove(session: Session, question: Question): void {
    const questions = this.#open.get(session);
    questions?.delete(question);
    if (questions?.size === 0) this.#open.delete(session);
  }

  #fail(error: unknown, action: Action, uri: string): undefined {
    const { realm, report } = this.#options;
    report.error(
      'callback_failed',
      { err: error, action, uri, realm },
      'the authorizer failed: the request is refused',
    );
    return undefined;
  }
}
