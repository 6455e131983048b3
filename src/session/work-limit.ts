/**
 * Limits how long a realm works in one turn of the event loop. Once deliveries to subscribers have used up this time,
 * further requests wait until the event loop has gone round, so that pings, other realms and new connections are served in
 * between. Then each waiting session gets one request in turn, so that a session that publishes without end does not delay
 * the others.
 */

/** How many realms are busy in this turn of the event loop. They share its time. */
export interface BusyRealms {
  count: number;
}

/** The options of a limit. */
export interface WorkLimitOptions {
  /** One object for all realms of an event loop. */
  readonly busy: BusyRealms;
  /** In ms. */
  readonly now: () => number;
  /** In ms: how long deliveries may take in one turn of the event loop, by all busy realms together. */
  readonly longest: () => number;
  /** Runs `task` after the event loop has gone round. */
  readonly later: (task: () => void) => unknown;
  /** Called before waiting work goes on, so that pending answers are sent first. */
  readonly before: () => void;
}

/** An object with waiting requests. */
export interface Waiter {
  /** Handles one of them. It must wait again if it has more. */
  step(): void;
}

/** The number of deliveries between two readings of the clock. */
const lookEvery = 2048;
/**
 * The cost, in deliveries, of a step that may run code of the program or lead to further steps. The clock is read after a
 * few of them.
 */
export const costOfStep = 128;

/** The limit of one realm. */
export class WorkLimit {
  readonly #options: WorkLimitOptions;
  readonly #queue: Waiter[] = [];
  #deliveries = 0;
  /** When the clock was first read in this turn; undefined if it has not been. */
  #since: number | undefined;
  #isOver = false;

  constructor(options: WorkLimitOptions) {
    this.#options = options;
  }

  /** Whether the realm has used up its time in this turn of the event loop. Further work must wait. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /**
   * Puts a waiter at the end of the queue. Its `step` is called when the event loop has gone round, or a round later if the
   * time is used up before its turn.
   */
  wait(waiter: Waiter): void {
    this.#queue.push(waiter);
  }

  /** Counts deliveries that have been made. */
  spend(deliveries: number): void {
    this.#deliveries += deliveries;
    if (this.#deliveries >= lookEvery) this.#look();
  }

  #look(): void {
    this.#deliveries = 0;
    const { busy, later, longest } = this.#options;
    const now = this.#options.now();
    if (this.#since === undefined) {
      this.#since = now;
      busy.count += 1;
      later(() => this.#goOn());
    } else if (now - this.#since > longest() / busy.count) this.#isOver = true;
  }

  #goOn(): void {
    this.#options.busy.count -= 1;
    this.#since = undefined;
    this.#isOver = false;
    if (this.#queue.length > 0) this.#options.before();
    while (!this.#isOver) {
      const next = this.#queue.shift();
      if (!next) return;
      next.step();
      this.spend(costOfStep);
    }
  }
}
