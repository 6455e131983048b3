/**
 * Limits how long the router reads within one turn of the event loop. After that time connections with further messages wait
 * for the next turn, so that pings, answers and other connections are served in between. The order of those that wait is
 * self-clocked fair queueing (Golestani 1994), with octets as the measure of time: the connection whose next message would
 * end first comes first, so that a small message does not wait for eight large ones.
 */

/** A connection with messages that wait. */
export interface Reader {
  /** Its place in the queue, in octets: the reader with the least comes first. */
  due: number;
  /**
   * Handles one message, or a few small ones. A reader that has further messages then calls `wait` again; otherwise it
   * resumes its link.
   */
  step(): void;
}

/** What the turns need from outside. */
export interface ReadTurnsOptions {
  /** Returns the time in ms. */
  readonly now: () => number;
  /** Returns the ms of reading after which a turn is over. */
  readonly longest: () => number;
  /** Runs `task` in the next turn of the event loop. */
  readonly later: (task: () => void) => unknown;
  /** Called before the readers that wait, so that earlier answers are written first. */
  readonly before: () => void;
  /** Called when a reader failed; the others go on. */
  readonly onFault: (error: unknown) => void;
}

/** Octets that are read between two readings of the clock. */
export const lookEvery = 16 * 1024;

/**
 * Octets that all connections that send little may send together in a turn that is over. They count when they are read, and
 * again when they are handled.
 */
const mostSpare = 64 * 1024;

/** The turns of one event loop. */
export class ReadTurns {
  readonly #options: ReadTurnsOptions;
  readonly #waiting: Reader[] = [];
  /** Octets since the last look at the clock. */
  #octets = 0;
  /** When the clock was first read in this turn, in ms; undefined if it was not. */
  #since: number | undefined;
  #isOver = false;
  #spare = mostSpare;
  #number = 0;
  /** `due` of the reader that was served last. No reader that comes later gets a lesser one. */
  #served = 0;

  constructor(options: ReadTurnsOptions) {
    this.#options = options;
  }

  /** The number of this turn. Turns in which the clock is not read are not counted. */
  get number(): number {
    return this.#number;
  }

  /** Whether enough has been read in this turn: what arrives has to wait. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Counts a message of `octets` octets, and returns whether it may be handled at once; otherwise it has to wait. */
  admits(octets: number): boolean {
    this.#octets += octets;
    if (this.#octets >= lookEvery) this.#look();
    return !this.#isOver;
  }

  /** Counts `octets` octets of a connection that sends little, in a turn that is over. Returns false when no more are allowed. */
  admitsSmall(octets: number): boolean {
    this.#spare -= octets;
    return this.#spare >= 0;
  }

  /** Calls `step` of `reader` when its turn comes. Its next message has `octets` octets. */
  wait(reader: Reader, octets: number): void {
    reader.due = this.#served + octets;
    this.#waiting.push(reader);
    this.#begin();
  }

  #look(): void {
    this.#octets = 0;
    if (this.#begin()) return;
    if (this.#options.now() - (this.#since as number) > this.#options.longest()) this.#isOver = true;
  }

  /** Begins to measure the time of a turn; false if that has begun already. */
  #begin(): boolean {
    if (this.#since !== undefined) return false;
    this.#since = this.#options.now();
    this.#options.later(() => this.#goOn());
    return true;
  }

  #goOn(): void {
    this.#since = undefined;
    this.#isOver = false;
    this.#spare = mostSpare;
    this.#number += 1;
    if (this.#waiting.length === 0) return;
    this.#options.before();
    this.#begin();
    const { now, longest } = this.#options;
    const end = now() + longest();
    do {
      try {
        this.#next().step();
      } catch (error) {
        this.#options.onFault(error);
      }
    } while (this.#waiting.length > 0 && now() <= end);
    if (this.#waiting.length > 0) this.#isOver = true;
  }

  #next(): Reader {
    const waiting = this.#waiting;
    let first = 0;
    for (let at = 1; at < waiting.length; at += 1) {
      if ((waiting[at] as Reader).due < (waiting[first] as Reader).due) first = at;
    }
    const [next] = waiting.splice(first, 1) as [Reader];
    this.#served = next.due;
    return next;
  }
}
