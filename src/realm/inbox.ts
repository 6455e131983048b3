/**
 * The requests of one session, handled one after the other. They wait while a rule takes its time to decide on one of them,
 * and while the realm has enough to do; those of other sessions go on.
 */

import type { Call, SessionRequest } from '../wamp/message.ts';
import type { TurnQueue } from './turn-queue.ts';
import type { Waiting, WorkLimit } from './work-limit.ts';

/** Whose requests they are. */
export interface InboxOwner {
  /** Does what a request asks for; called inside a turn. What it throws comes back in `failed`. */
  carryOut(request: SessionRequest): void;
  /** A request, or what followed from the decision that it waited for, threw. */
  failed(request: SessionRequest, error: unknown): void;
  /** Told true when so many wait that no more should be read, false when they are worked off. */
  onFull(isFull: boolean): void;
  /** No request waits any more. */
  onIdle(): void;
}

/** What the sessions of a realm have in common. */
export interface RealmPace {
  readonly turns: TurnQueue;
  readonly work: Pick<WorkLimit, 'isOver' | 'wait'>;
}

const none: readonly SessionRequest[] = [];
const isCall = (request: SessionRequest): request is Call => request.type === 'CALL';

/** Requests that may wait before no more should be read. */
const fullMark = 64;

/** One session's requests. */
export class Inbox implements Waiting {
  readonly #owner: InboxOwner;
  readonly #pace: RealmPace;
  #waiting = none as SessionRequest[];
  /** The request that is being carried out, or was last. */
  #current: SessionRequest | undefined;
  /** Decisions that it waits for: one may lead to another. */
  #holds = 0;
  /** The request that they are about; undefined when it is void. */
  #held: SessionRequest | undefined;
  /** Whether it stands in the queue for the realm's next turns. */
  #isQueued = false;
  #isFull = false;
  #isClosed = false;

  constructor(owner: InboxOwner, pace: RealmPace) {
    this.#owner = owner;
    this.#pace = pace;
  }

  /** Whether nothing waits. */
  get isIdle(): boolean {
    return this.#holds === 0 && this.#waiting.length === 0;
  }

  /** Handles a request, or keeps it until those before it are done. */
  take(request: SessionRequest): void {
    if (this.#isClosed) return;
    const { turns } = this.#pace;
    // First the turn, then whether it waits: what comes inside a turn is not to be overtaken by what comes later in it.
    if (!turns.begin()) {
      turns.later(() => this.take(request));
      return;
    }
    try {
      if (this.#mustWait(request)) this.#keep(request);
      else this.#carryOut(request);
    } finally {
      turns.end();
    }
  }

  /**
   * Waits for `decision`, then does `proceed` as a turn and works off what waits. Without `proceed` when the request has become
   * void meanwhile.
   */
  hold<Decision>(
    decision: Promise<Decision>,
    proceed: (decision: Decision) => void,
    fail: (error: unknown) => void,
  ): void {
    this.#holds += 1;
    const request = this.#current;
    this.#held = request;
    const resume = (task: () => void): void => {
      if (this.#held === request) this.#pace.turns.enter(() => this.#goOn(request, task));
      this.#holds -= 1;
      if (this.#holds === 0) this.#held = undefined;
      while (this.#mayGoOn() && !this.#pace.work.isOver) this.#next();
      this.#settle();
    };
    decision.then(
      (value) => resume(() => proceed(value)),
      (error: unknown) => resume(() => fail(error)),
    );
  }

  /** Does one request that waited for the realm. */
  step(): void {
    this.#isQueued = false;
    if (this.#mayGoOn()) this.#next();
    this.#settle();
  }

  /**
   * No more requests. What waited for the realm alone is done first; of that, inside of a turn, the publications once they
   * have their turn. With `discard` what waits for a decision is void; without, publications are carried out all the same.
   */
  close({ discard }: { readonly discard: boolean }): void {
    const { turns } = this.#pace;
    while (this.#mayGoOn() && turns.begin()) {
      try {
        this.#carryOut(this.#waiting.shift() as SessionRequest);
      } finally {
        turns.end();
      }
    }
    this.#isClosed = true;
    const isVoid = discard && this.#holds > 0;
    if (isVoid) this.#held = undefined;
    this.#waiting = isVoid ? [] : this.#waiting.filter(({ type }) => type === 'PUBLISH');
    this.#settle();
  }

  /** Makes the calls void that wait, first the one that is being decided on, and gives them to whoever answers them. */
  withdrawCalls(): readonly Call[] {
    const held = this.#held;
    const calls = this.#waiting.filter(isCall);
    if (calls.length > 0) this.#waiting = this.#waiting.filter((request) => !isCall(request));
    if (!held || !isCall(held)) return calls;
    this.#held = undefined;
    return [held, ...calls];
  }

  // Answers of a callee are not bound to the order of its requests, and somebody waits for them.
  #mustWait({ type }: SessionRequest): boolean {
    if (type === 'YIELD' || type === 'ERROR') return false;
    return this.#holds > 0 || this.#waiting.length > 0 || this.#pace.work.isOver;
  }

  #keep(request: SessionRequest): void {
    if (this.#waiting === none) this.#waiting = [];
    this.#waiting.push(request);
    if (this.#waiting.length === fullMark && !this.#isFull) {
      this.#isFull = true;
      this.#owner.onFull(true);
    }
    // Otherwise it is being worked off already.
    if (this.#pace.work.isOver) this.#queueUp();
  }

  #mayGoOn(): boolean {
    return this.#holds === 0 && this.#waiting.length > 0;
  }

  #next(): void {
    const request = this.#waiting.shift() as SessionRequest;
    this.#pace.turns.enter(() => this.#carryOut(request));
  }

  #carryOut(request: SessionRequest): void {
    this.#current = request;
    try {
      this.#owner.carryOut(request);
    } catch (error) {
      this.#owner.failed(request, error);
    }
  }

  // After a decision, with what a request had still to do.
  #goOn(request: SessionRequest | undefined, task: () => void): void {
    this.#current = request;
    try {
      task();
    } catch (error) {
      if (!request) throw error;
      this.#owner.failed(request, error);
    }
  }

  #queueUp(): void {
    if (this.#isQueued || !this.#mayGoOn()) return;
    this.#isQueued = true;
    this.#pace.work.wait(this);
  }

  #settle(): void {
    this.#queueUp();
    if (this.#isFull && this.#waiting.length < fullMark) {
      this.#isFull = false;
      this.#owner.onFull(false);
    }
    if (this.isIdle && !this.#isClosed) this.#owner.onIdle();
  }
}
