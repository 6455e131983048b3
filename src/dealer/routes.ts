/**
 * Which registration a call goes to, and which of its callees may have it. A session that was allowed to register a pattern
 * may be forbidden some URI under it: calls of that URI are not for it, and the next registration has its turn.
 */

import type { Authorization } from '../session/authorization.ts';
import type { Callee, ProcedureRegistration } from './call.ts';
import type { Reach as ReachOf } from './registration.ts';
import type { Registrations } from './registrations.ts';

type Reach = ReachOf<Callee>;

/** Where a call goes. */
export interface Route {
  readonly registration: ProcedureRegistration;
  /** The callees that may have it; undefined when all of them may, as with an exact registration. */
  readonly reach: Reach | undefined;
}

/** Whether each callee that was asked about may have the calls of one URI. */
export type Answers = Map<Callee, boolean>;

/** Finds the way of calls. */
export class Routes {
  readonly #registrations: Registrations;
  readonly #authorization: Authorization;

  constructor(registrations: Registrations, authorization: Authorization) {
    this.#registrations = registrations;
    this.#authorization = authorization;
  }

  /**
   * The route of calls of `uri`; undefined when nobody may have them. While the authorizer takes its time a promise: when it is
   * fulfilled `answers` holds more, and the route is to be found again, as callees may have come and gone.
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

  /** The registration that a call of `uri` would go to now. */
  async match(uri: string): Promise<ProcedureRegistration | undefined> {
    const answers: Answers = new Map();
    let found = this.find(uri, answers);
    for (; found instanceof Promise; found = this.find(uri, answers)) await found;
    return found?.registration;
  }

  // A callee that joins while a call waits is judged when its turn comes. One that the authorizer has yet to decide about is passed by.
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
