/**
 * Determines which registration gets a call, and which of its callees may receive it. A session that may register a pattern
 * may still be denied some URI under it. Calls of that URI are then not sent to it, and the next matching registration is
 * tried.
 */

import type { Authorization } from '../session/authorization.ts';
import type { Callee, ProcedureRegistration } from './callee.ts';
import type { Reach as ReachOf } from './registration.ts';
import type { Registrations } from './registrations.ts';

type Reach = ReachOf<Callee>;

/** The destination of a call. */
export interface Route {
  readonly registration: ProcedureRegistration;
  /** The callees that may receive the call. Undefined if all may, as for an exact registration. */
  readonly reach: Reach | undefined;
}

/** For each callee that was asked about, whether it may receive the calls of one URI. */
export type Answers = Map<Callee, boolean>;

/** Finds the routes of calls. */
export class Routes {
  readonly #registrations: Registrations;
  readonly #authorization: Authorization;

  constructor(registrations: Registrations, authorization: Authorization) {
    this.#registrations = registrations;
    this.#authorization = authorization;
  }

  /**
   * The route of calls of `uri`; undefined if no callee may receive them. If the authorizer is asynchronous, a promise.
   * When it resolves, `answers` has more entries and the caller must call `find` again, since callees may have changed
   * meanwhile.
   */
  find(uri: string, answers: Answers): Route | undefined | Promise<unknown> {
    for (const registration of this.#registrations.candidates(uri)) {
      if (registration.options.match === 'exact') return { registration, reach: undefined };
      const waits: Promise<unknown>[] = [];
      let isReached = false;
      for (const callee of registration.callees) {
        const answer = answers.get(callee) ?? this.#mayHave(callee, uri);
        if (answer instanceof Promise) waits.push(answer.then((isAllowed) => answers.set(callee, isAllowed)));
        else {
          answers.set(callee, answer);
          isReached ||= answer;
        }
      }
      if (waits.length > 0) return Promise.all(waits);
      if (isReached) return { registration, reach: { has: (callee) => this.#reaches(callee, uri, answers) } };
    }
    return undefined;
  }

  /** The registration that a call of `uri` would get now. */
  async match(uri: string): Promise<ProcedureRegistration | undefined> {
    const answers: Answers = new Map();
    let found = this.find(uri, answers);
    for (; found instanceof Promise; found = this.find(uri, answers)) await found;
    return found?.registration;
  }

  // A callee that joins while a call waits is checked when its turn comes. If the authorizer has not decided about it yet,
  // it is skipped.
  #reaches(callee: Callee, uri: string, answers: Answers): boolean {
    const known = answers.get(callee);
    if (known !== undefined) return known;
    const answer = this.#mayHave(callee, uri);
    if (answer instanceof Promise) answer.then((isAllowed) => answers.set(callee, isAllowed));
    answers.set(callee, answer === true);
    return answer === true;
  }

  // Functions of the embedding program are trusted.
  #mayHave({ session }: Callee, uri: string): boolean | Promise<boolean> {
    return session === undefined || this.#authorization.holds(session, 'register', uri);
  }
}
