/**
 * The turns of a realm: one thing is done to its end before the next begins. What arrives from inside a turn (a subscriber
 * in this process that publishes while it is being told) waits, or its event would overtake the one being delivered.
 */

/** A queue of turns. In the usual case, a turn at rest, nothing is allocated. */
export interface TurnQueue {
  /** Begins a turn; false when one is under way, then hand the work to `later`. */
  begin(): boolean;
  /** Ends the turn and does what has been waiting. */
  end(): void;
  /** Leaves work for when the present turn is over. */
  later(task: () => void): void;
  /** Does `task` as a turn, at once when none is under way. */
  enter(task: () => void): void;
}

/** A queue at rest. A task that throws goes to `onFault`; the others are done all the same. */
export const createTurnQueue = (onFault: (error: unknown) => void): TurnQueue => {
  const waiting: (() => void)[] = [];
  let busy = false;
  let draining = false;

  const attempt = (task: () => void): void => {
    try {
      task();
    } catch (error) {
      onFault(error);
    }
  };
  const end = (): void => {
    busy = false;
    if (draining) return;
    draining = true;
    for (let task = waiting.shift(); task; task = waiting.shift()) attempt(task);
    draining = false;
  };
  const begin = (): boolean => {
    if (busy) return false;
    busy = true;
    return true;
  };
  const enter = (task: () => void): void => {
    if (!begin()) {
      waiting.push(() => enter(task));
      return;
    }
    attempt(task);
    end();
  };
  return {
    begin,
    end,
    later: (task) => {
      waiting.push(task);
    },
    enter,
  };
};
