/** The sessions of a realm: those that are open, and those of them that have joined. */

import type { Session } from '../session/session.ts';
import type { Id } from '../wamp/id.ts';

/** The sessions of one realm. */
export class Sessions {
  /** All sessions that were opened and have not left. */
  readonly #opened = new Set<Session>();
  readonly #joined = new Map<Id, Session>();

  /** The sessions that have joined, by id. */
  get joined(): ReadonlyMap<Id, Session> {
    return this.#joined;
  }

  /** How many calls have no final answer. */
  get pendingCalls(): number {
    let pending = 0;
    for (const session of this.#opened) pending += session.calls.made.size;
    return pending;
  }

  /** Adds a session that was opened. */
  open(session: Session): void {
    this.#opened.add(session);
  }

  /** Adds an open session to those that have joined. */
  join(session: Session): void {
    this.#joined.set(session.id, session);
  }

  /** Removes a session that has left. Returns whether it had joined. */
  leave(session: Session): boolean {
    this.#opened.delete(session);
    return this.#joined.delete(session.id);
  }

  /** Refuses new calls from now on, except those of the router itself, because rules may depend on them. */
  refuseCalls(): void {
    for (const session of this.#opened) {
      const isRouter = session.isEstablished && !this.#joined.has(session.id);
      if (!isRouter) session.refuseCalls();
    }
  }

  /** Answers every open call with `wamp.error.canceled`. */
  cancelCalls(): void {
    for (const session of this.#opened) session.cancelWaitingCalls();
    const calls = [...this.#opened].flatMap((session) => [...session.calls.made]);
    // Waiting calls first, so that a callee that becomes free is not handed one of them.
    for (const call of calls) if (call.isWaiting) call.cancel('killnowait');
    for (const call of calls) call.cancel('killnowait');
  }
}
