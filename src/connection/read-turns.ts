/**
 * How much is read within one turn of the event loop. Large messages, and many that come together, are cut: when they have taken
 * their time, connections wait until the loop has gone round, so that pings, answers and everybody else are served in between.
 * Of those that wait the one whose message ends first comes first, counted in octets over all that it has made others wait for:
 * a small message does not wait for eight large ones (self-clocked fair queueing, Golestani 1994).
 */

/** Somebody with messages that wait. */
export interface Reader {
  /** Its place in the line: the least comes first. */
  due: number;
  /** Reads one message, or a few small ones. Whoever has more waits again; of whom has not, the link is read on. */
  step(): void;
}

/** What the turns need from outside. */
export interface ReadTurnsOptions {
  /** In ms. */
  readonly now: () => number;
  /** ms of reading after which a turn is over. */
  readonly longest: () => number;
  /** Does something once the event loop has gone round. */
  readonly later: (task: () => void) => unknown;
  /** Done before those who wait are read: what has been answered goes out first. */
  readonly before: () => void;
  /** Told when a reader failed; the others are read. */
  readonly onFault: (error: unknown) => void;
}

/** Octets between two looks at the clock. */
export const lookEvery = 16 * 1024;

/** Octets that those who say little may say in a turn that is over, all together, counted as often. */
const mostSpare = 64 * 1024;

/** The turns of one event loop. */
export class ReadTurns {
  readonly #options: ReadTurnsOptions;
  readonly #waiting: Reader[] = [];
  /** Octets since the last look at the clock. */
  #octets = 0;
  /** When the present turn was first looked at; undefined when it has not been. */
  #since: number | undefined;
  #isOver = false;
  #spare = mostSpare;
  #number = 0;
  /** The place in the line of whoever was read last: nobody who comes later stands before it. */
  #served = 0;

  constructor(options: ReadTurnsOptions) {
    this.#options = options;
  }

  /** Which turn it is. It is counted on only where turns are looked at. */
  get number(): number {
    return this.#number;
  }

  /** Whether enough has been read in this turn: what comes is to wait. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Whether a message of so many octets may be read at once; else it is to wait. */
  admits(octets: number): boolean {
    this.#octets += octets;
    if (this.#octets >= lookEvery) this.#look();
    return !this.#isOver;
  }

  /** Whether a turn that is over has so many octets to spare for somebody who says little. */
  spares(octets: number): boolean {
    this.#spare -= octets;
    return this.#spare >= 0;
  }

  /** Calls `step` when it is this one's turn, whose next message has so many octets. */
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

  /** Begins to count the time of a turn; false where that has begun. */
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
