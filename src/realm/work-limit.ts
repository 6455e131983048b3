/**
 * How much a realm does within one turn of the event loop. Publications to many subscribers that arrive together are cut:
 * when they have taken their time, sessions wait until the loop has gone round, so that pings, other realms and new
 * connections are served in between. Each session's order stays, as it waits with everything that it has sent.
 */

/** What a limit needs from outside. */
export interface WorkLimitOptions {
  /** In ms. */
  readonly now: () => number;
  /** Does something once the event loop has gone round. */
  readonly later: (task: () => void) => unknown;
}

/** ms of deliveries after which a turn is over. */
const longest = 20;
/** Deliveries between two looks at the clock. */
const lookEvery = 2048;

/** The limit of one realm. */
export class WorkLimit {
  readonly #options: WorkLimitOptions;
  #deliveries = 0;
  /** When the present turn was first looked at; undefined when it has not been. */
  #since: number | undefined;
  #pause: Promise<void> | undefined;
  #resume: (() => void) | undefined;

  constructor(options: WorkLimitOptions) {
    this.#options = options;
  }

  /** Ends when the realm goes on; undefined while it does. */
  get pause(): Promise<void> | undefined {
    return this.#pause;
  }

  /** So many deliveries have been made. */
  spend(deliveries: number): void {
    this.#deliveries += deliveries;
    if (this.#deliveries >= lookEvery) this.#look();
  }

  #look(): void {
    this.#deliveries = 0;
    const now = this.#options.now();
    if (this.#since === undefined) {
      this.#since = now;
      this.#options.later(() => this.#goOn());
    } else if (!this.#pause && now - this.#since > longest) {
      this.#pause = new Promise((resolve) => {
        this.#resume = resolve;
      });
    }
  }

  #goOn(): void {
    this.#since = undefined;
    this.#pause = undefined;
    this.#resume?.();
    this.#resume = undefined;
  }
}
