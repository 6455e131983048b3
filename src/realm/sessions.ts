/** The sessions of a realm: those that were opened, and those of them that have joined. */

import type { Session } from '../session/session.ts';
import type { Id } from '../wamp/id.ts';

/** Knows the sessions of one realm. */
export class Sessions {
  /** All that were opened and have not left. */
  readonly #opened = new Set<Session>();
  readonly #joined = new Map<Id, Session>();

  /** Those that have joined, by id. */
  get joined(): ReadonlyMap<Id, Session> {
    return this.#joined;
  }

  /** Calls without a final answer. */
  get pendingCalls(): number {
    let pending = 0;
    for (const session of this.#opened) pending += session.calls.made.size;
    return pending;
  }

  /** A session was opened. */
  open(session: Session): void {
    this.#opened.add(session);
  }

  /** It has joined. */
  join(session: Session): void {
    this.#joined.set(session.id, session);
  }

  /** It has left. Whether it had joined. */
  leave(session: Session): boolean {
    this.#opened.delete(session);
    return this.#joined.delete(session.id);
  }

  /** Refuses new calls from now on, but for those of the router itself: rules may depend on them. */
  refuseCalls(): void {
    for (const session of this.#opened) {
      const isRouter = session.isEstablished && !this.#joined.has(session.id);
      if (!isRouter) session.refuseCalls();
    }
  }

  /** Answers every call that is open with `wamp.error.canceled`. */
  cancelCalls(): void {
    for (const session of this.#opened) session.cancelWaitingCalls();
    const calls = [...this.#opened].flatMap((session) => [...session.calls.made]);
    // First those that wait: a callee that is set free must not be handed another.
    for (const call of calls) if (call.isWaiting) call.cancel('killnowait');
    for (const call of calls) call.cancel('killnowait');
  }
}
