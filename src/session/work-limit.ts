/**
 * How much a realm does within one turn of the event loop. Publications to many subscribers that arrive together are cut:
 * when they have taken their time, requests wait until the loop has gone round, so that pings, other realms and new
 * connections are served in between. Then those who wait get a request each, one after the other, so that nobody who
 * publishes without end delays the others.
 */

/** The realms that are busy in this turn: they divide its time. */
export interface BusyRealms {
  count: number;
}

/** What a limit needs from outside. */
export interface WorkLimitOptions {
  /** One for all realms of an event loop. */
  readonly busy: BusyRealms;
  /** In ms. */
  readonly now: () => number;
  /** ms of deliveries after which a turn is over; where several realms are busy, of all together. */
  readonly longest: () => number;
  /** Does something once the event loop has gone round. */
  readonly later: (task: () => void) => unknown;
  /** Done before those who wait go on: what has been answered goes out first. */
  readonly before: () => void;
}

/** Somebody with requests. */
export interface Waiter {
  /** Does one of them; whoever has more waits again. */
  step(): void;
}

/** Deliveries between two looks at the clock. */
const lookEvery = 2048;
/** Of what may run code of the program, or lead to more of its kind, few are done without a look at the clock. */
export const costOfStep = 128;

/** The limit of one realm. */
export class WorkLimit {
  readonly #options: WorkLimitOptions;
  readonly #queue: Waiter[] = [];
  #deliveries = 0;
  /** When the present turn was first looked at; undefined when it has not been. */
  #since: number | undefined;
  #isOver = false;

  constructor(options: WorkLimitOptions) {
    this.#options = options;
  }

  /** Whether the realm has done enough for this turn of the event loop: whoever wants more is to wait. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /**
   * Puts a waiter at the end of the queue. Its `step` is called when the event loop has gone round, or a round later where
   * the time is over before its turn.
   */
  wait(waiter: Waiter): void {
    this.#queue.push(waiter);
  }

  /** So many deliveries have been made. */
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
