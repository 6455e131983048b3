/** Time as an option: the core never asks the machine for it. XState takes the same shape as its `clock`. */

/** The longest time that a timer can count, in ms. */
export const longestTimer = 2 ** 31 - 1;

/** What runs later. */
export interface Timers {
  /** Calls `task` once, `delay` ms from now. */
  setTimeout(task: () => void, delay: number): unknown;
  clearTimeout(timer: unknown): void;
}

/** Timers, the time that passes, and the time of day. */
export interface Clock extends Timers {
  /** ms since 1970, for what is told to others: the time of day may be set, and go back. */
  now(): number;
  /** ms since some moment; goes on evenly, whatever is done to the time of day. For all that takes a time. */
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
