/**
 * The requests of one session, handled one after the other. They wait while a rule takes its time to decide on one of them,
 * and while the realm has enough to do; those of other sessions go on.
 */

import type { Call, SessionRequest } from '../wamp/message.ts';
import type { Held } from './held.ts';
import { noRoom, weightOf } from './held.ts';
import type { TurnQueue } from './turn-queue.ts';
import type { Waiter, WorkLimit } from './work-limit.ts';

/** Whose requests they are. */
export interface InboxOwner {
  /** Its account: what waits is held. */
  readonly held: Pick<Held, 'take' | 'give'>;
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

interface Kept {
  readonly request: SessionRequest;
  /** Octets of its message, and of what is held for it. */
  readonly octets: number;
  readonly weight: number;
}

const none: readonly Kept[] = [];
const isCall = (request: SessionRequest): request is Call => request.type === 'CALL';

/** Requests that may wait before no more should be read, and octets that they may take. */
const fullMark = 64;
const fullOctets = 256 * 1024;

const ignore = (): void => {};

/** One session's requests. */
export class Inbox implements Waiter {
  readonly #owner: InboxOwner;
  readonly #pace: RealmPace;
  #waiting = none as Kept[];
  #waitingWeight = 0;
  /** The request that is being carried out, or was last. */
  #current: SessionRequest | undefined;
  /** Octets of its message. */
  #arrived = 0;
  /** Decisions that it waits for: one may lead to another. */
  #holds = 0;
  /** The request that they are about; undefined when it is void. */
  #held: SessionRequest | undefined;
  /** Octets that are held for it, void or not: whoever decides still has it. */
  #heldWeight = 0;
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

  /** Octets of the message whose request is being carried out, or was last. */
  get arrived(): number {
    return this.#arrived;
  }

  /** Handles a request, or keeps it until those before it are done. `octets` are those of its message. */
  take(request: SessionRequest, octets: number): void {
    if (this.#isClosed) return;
    const { turns } = this.#pace;
    // First the turn, then whether it waits: what comes inside a turn is not to be overtaken by what comes later in it.
    if (!turns.begin()) {
      turns.later(() => this.take(request, octets));
      return;
    }
    try {
      if (this.#mustWait(request)) this.#keep(request, octets);
      else this.#carryOut(request, octets);
    } finally {
      turns.end();
    }
  }

  /**
   * Holds the inbox until `decision` settles, then runs `proceed` with it, or `fail` with its error, as one turn, and goes on
   * with the requests that have arrived meanwhile. Runs neither where the request has become void. Throws
   * `wamp.error.unavailable` where the request finds no room among what is held.
   */
  hold<Decision>(
    decision: Promise<Decision>,
    proceed: (decision: Decision) => void,
    fail: (error: unknown) => void,
  ): void {
    const request = this.#current;
    const octets = this.#arrived;
    if (this.#holds === 0) {
      const weight = weightOf(request, octets);
      if (!this.#owner.held.take(weight)) {
        decision.catch(ignore);
        throw noRoom;
      }
      this.#heldWeight = weight;
    }
    this.#holds += 1;
    this.#held = request;
    const resume = (task: () => void): void => {
      if (this.#held === request) this.#pace.turns.enter(() => this.#goOn(request, octets, task));
      this.#holds -= 1;
      if (this.#holds === 0) {
        this.#held = undefined;
        this.#owner.held.give(this.#heldWeight);
      }
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
   * Takes no more requests. Those that wait only because the realm is busy are carried out at once; where a turn is under way,
   * only the publications among them are, when their turn comes. With `discard` those that wait for a decision are dropped;
   * without, the publications among them are carried out.
   */
  close({ discard }: { readonly discard: boolean }): void {
    const { turns } = this.#pace;
    while (this.#mayGoOn() && turns.begin()) {
      try {
        const { request, octets } = this.#shift();
        this.#carryOut(request, octets);
      } finally {
        turns.end();
      }
    }
    this.#isClosed = true;
    const isVoid = discard && this.#holds > 0;
    if (isVoid) this.#held = undefined;
    this.#drop((request) => isVoid || request.type !== 'PUBLISH');
    this.#settle();
  }

  /** Makes the calls void that wait, first the one that is being decided on, and gives them to whoever answers them. */
  withdrawCalls(): readonly Call[] {
    const held = this.#held;
    const calls = this.#waiting.map(({ request }) => request).filter(isCall);
    if (calls.length > 0) this.#drop(isCall);
    if (!held || !isCall(held)) return calls;
    this.#held = undefined;
    return [held, ...calls];
  }

  // Answers of a callee are not bound to the order of its requests, and somebody waits for them.
  #mustWait({ type }: SessionRequest): boolean {
    if (type === 'YIELD' || type === 'ERROR') return false;
    return this.#holds > 0 || this.#waiting.length > 0 || this.#pace.work.isOver;
  }

  #keep(request: SessionRequest, octets: number): void {
    const weight = weightOf(request, octets);
    if (!this.#owner.held.take(weight)) return this.#owner.failed(request, noRoom);
    if (this.#waiting === none) this.#waiting = [];
    this.#waiting.push({ request, octets, weight });
    this.#waitingWeight += weight;
    if (!this.#isFull && this.#isOverMark()) {
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
    const { request, octets } = this.#shift();
    this.#pace.turns.enter(() => this.#carryOut(request, octets));
  }

  #shift(): Kept {
    const kept = this.#waiting.shift() as Kept;
    this.#release(kept.weight);
    return kept;
  }

  /** Forgets those that wait and are of this kind. */
  #drop(isMeant: (request: SessionRequest) => boolean): void {
    for (const { request, weight } of this.#waiting) if (isMeant(request)) this.#release(weight);
    this.#waiting = this.#waiting.filter(({ request }) => !isMeant(request));
  }

  #release(weight: number): void {
    this.#waitingWeight -= weight;
    this.#owner.held.give(weight);
  }

  #isOverMark(): boolean {
    return this.#waiting.length >= fullMark || this.#waitingWeight >= fullOctets;
  }

  #carryOut(request: SessionRequest, octets: number): void {
    this.#current = request;
    this.#arrived = octets;
    try {
      this.#owner.carryOut(request);
    } catch (error) {
      this.#owner.failed(request, error);
    }
  }

  // After a decision, with what a request had still to do.
  #goOn(request: SessionRequest | undefined, octets: number, task: () => void): void {
    this.#current = request;
    this.#arrived = octets;
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
    if (this.#isFull && !this.#isOverMark()) {
      this.#isFull = false;
      this.#owner.onFull(false);
    }
    if (this.isIdle && !this.#isClosed) this.#owner.onIdle();
  }
}
