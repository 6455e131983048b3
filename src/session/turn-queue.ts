/**
 * The turns of a realm: one task is finished before the next begins. Work that arises inside a turn waits until the turn is
 * over. An example is a subscriber in this process that publishes while it receives an event: its own event would otherwise
 * overtake the one being delivered.
 */

/** A queue of turns. Nothing is allocated in the usual case, when no turn is under way. */
export interface TurnQueue {
  /** Begins a turn. False if one is under way; the caller must then pass its work to `later`. */
  begin(): boolean;
  /** Ends the turn and runs the tasks that have been waiting. */
  end(): void;
  /** Runs `task` after the current turn. */
  later(task: () => void): void;
  /** Runs `task` as a turn, at once if none is under way. */
  enter(task: () => void): void;
}

/** Creates a queue. A task that throws is reported to `onFault`, and the other tasks still run. */
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
