/** Time as an option: the core never reads the clock of the machine itself. XState takes the same shape as its `clock`. */

/** The longest delay of a timer, in ms. */
export const longestTimer = 2 ** 31 - 1;

/** What runs later. */
export interface Timers {
  /** Calls `task` once, `delay` ms from now. */
  setTimeout(task: () => void, delay: number): unknown;
  clearTimeout(timer: unknown): void;
}

/** Timers, the time that passes, and the time of day. */
export interface Clock extends Timers {
  /** The time of day, in ms since 1970, for timestamps that others see. It may be set, and may go back. */
  now(): number;
  /** Milliseconds since some fixed moment, for measuring durations. Unlike the time of day it only ever increases, and evenly. */
  elapsed(): number;
}

/** A clock that knows how many of its timers are still running, so that a leak can be seen. */
export interface CountingClock extends Clock {
  readonly pending: number;
}

/** Counts the timers of `clock`. */
export const countTimers = (clock: Clock): CountingClock => {
  const running = new Set<unknown>();
  return {
    setTimeout: (task, delay) => {
      const timer = clock.setTimeout(() => {
        running.delete(timer);
        task();
      }, delay);
      running.add(timer);
      return timer;
    },
    clearTimeout: (timer) => {
      running.delete(timer);
      clock.clearTimeout(timer);
    },
    now: () => clock.now(),
    elapsed: () => clock.elapsed(),
    get pending() {
      return running.size;
    },
  };
};
