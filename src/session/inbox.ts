/**
 * The queue of one session's requests, which are handled one after the other. They wait while the authorizer or a guard
 * decides about one of them, and while the realm is busy. The requests of other sessions go on.
 */

import type { Call, SessionRequest } from '../wamp/message.ts';
import type { Held } from './held.ts';
import { noRoom, weightOfRequest } from './held.ts';
import type { TurnQueue } from './turn-queue.ts';
import type { Waiter, WorkLimit } from './work-limit.ts';

/** The session that an inbox belongs to. */
export interface InboxOwner {
  /** The session's account of held memory, which covers waiting requests. */
  readonly held: Pick<Held, 'take' | 'give'>;
  /** Handles a request. Called inside a turn. An exception is passed to `failed`. */
  carryOut(request: SessionRequest): void;
  /** Called when a request threw, or the work that followed a decision about it. */
  failed(request: SessionRequest, error: unknown): void;
  /** Called with true when so many requests wait that reading should pause, and with false when they have been handled. */
  onFull(isFull: boolean): void;
  /** Called when no request waits any more. */
  onIdle(): void;
}

/** The parts of a realm that determine when its sessions' requests are handled. */
export interface RealmPace {
  readonly turns: TurnQueue;
  readonly work: Pick<WorkLimit, 'isOver' | 'wait'>;
}

interface Kept {
  readonly request: SessionRequest;
  /** Octets of its message. */
  readonly octets: number;
  readonly weight: number;
}

const none: readonly Kept[] = [];
const isCall = (request: SessionRequest): request is Call => request.type === 'CALL';

/** How many requests may wait before reading should pause, and how many octets they may take. */
const fullMark = 64;
const fullOctets = 256 * 1024;

const ignore = (): void => {};

/** One session's requests. */
export class Inbox implements Waiter {
  readonly #owner: InboxOwner;
  readonly #pace: RealmPace;
  #waiting = none as Kept[];
  #waitingWeight = 0;
  /** The request that is being handled. */
  #current: SessionRequest | undefined;
  /** Octets of the message of the request that is being handled, or was last. */
  #arrived = 0;
  /** How many decisions are pending for it. One decision may lead to another. */
  #holds = 0;
  /** The request that the decisions are about; undefined if it has been withdrawn. */
  #held: SessionRequest | undefined;
  /** Octets that are held for it, even if it has been withdrawn, because the deciding code still has it. */
  #heldWeight = 0;
  /** Whether it is in the queue for the realm's next turns. */
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

  /** Octets of the message of the request that is being handled, or was last. */
  get arrived(): number {
    return this.#arrived;
  }

  /** Handles a request, or queues it if earlier ones are not done. `octets` is the size of its message. */
  take(request: SessionRequest, octets: number): void {
    if (this.#isClosed) return;
    const { turns } = this.#pace;
    // The turn is begun before the check whether to wait, so that a request that arrives inside a turn is not overtaken by
    // a later one.
    if (!turns.begin()) {
      if ('payload' in request) request.payload.own();
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
   * Holds the inbox until `decision` settles. Then runs `proceed` with the decision, or `fail` with the error, as one turn,
   * and goes on with the requests that have arrived meanwhile. Runs neither if the request has been withdrawn or dropped.
   * Throws `wamp.error.unavailable` if there is no memory left to hold the request.
   */
  hold<Decision>(
    decision: Promise<Decision>,
    proceed: (decision: Decision) => void,
    fail: (error: unknown) => void,
  ): void {
    const request = this.#current;
    const octets = this.#arrived;
    if (this.#holds === 0) {
      const weight = weightOfRequest(request, octets);
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

  /** Handles one request that waited because the realm was busy. */
  step(): void {
    this.#isQueued = false;
    if (this.#mayGoOn()) this.#next();
    this.#settle();
  }

  /**
   * Stops accepting requests. Those that wait only because the realm is busy are handled at once. If a turn is under way,
   * only the publications among them are handled, later. If the inbox waits for a decision, `discard` drops all waiting
   * requests; without it, the publications among them are still handled.
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

  /** Withdraws the waiting calls, including one that is being decided about, and returns them so that the caller can answer them. */
  withdrawCalls(): readonly Call[] {
    const held = this.#held;
    const calls = this.#waiting.map(({ request }) => request).filter(isCall);
    if (calls.length > 0) this.#drop(isCall);
    if (!held || !isCall(held)) return calls;
    this.#held = undefined;
    return [held, ...calls];
  }

  // YIELD and ERROR do not wait: they are not ordered with the callee's own requests, and a caller waits for them.
  #mustWait({ type }: SessionRequest): boolean {
    if (type === 'YIELD' || type === 'ERROR') return false;
    return this.#holds > 0 || this.#waiting.length > 0 || this.#pace.work.isOver;
  }

  #keep(request: SessionRequest, octets: number): void {
    const weight = weightOfRequest(request, octets);
    if (!this.#owner.held.take(weight)) return this.#owner.failed(request, noRoom);
    if (this.#waiting === none) this.#waiting = [];
    this.#waiting.push({ request, octets, weight });
    this.#waitingWeight += weight;
    if (!this.#isFull && this.#isOverMark()) {
      this.#isFull = true;
      this.#owner.onFull(true);
    }
    // If the realm is not busy, the waiting requests are being handled already.
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

  /** Drops the waiting requests for which `isMeant` is true. */
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
    // An idle session would keep the payload of its last message otherwise.
    this.#current = undefined;
  }

  // Finishes a request after a decision.
  #goOn(request: SessionRequest | undefined, octets: number, task: () => void): void {
    this.#current = request;
    this.#arrived = octets;
    try {
      task();
    } catch (error) {
      if (!request) throw error;
      this.#owner.failed(request, error);
    } finally {
      this.#current = undefined;
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
