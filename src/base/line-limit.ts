/** At most so many lines of a log in a second for each cause, so that nobody can fill a disk; and then how many were left out. */

/** Calls `task` once, `delay` ms from now. It must not keep the process alive. */
export type Later = (task: () => void, delay: number) => unknown;

/** Whether a line about `cause` may be written now. Where one was not, `tell` is given the number when the second is over. */
export type LineLimit = (cause: string, tell: (leftOut: number) => void) => boolean;

const linesPerSecond = 5;
const second = 1000;

/** A limit of five lines in a second, which begins with the first of them. */
export const createLineLimit = (later: Later): LineLimit => {
  const counts = new Map<string, number>();
  return (cause, tell) => {
    const count = (counts.get(cause) ?? 0) + 1;
    counts.set(cause, count);
    if (count === 1) {
      later(() => {
        const leftOut = (counts.get(cause) ?? 0) - linesPerSecond;
        counts.delete(cause);
        if (leftOut > 0) tell(leftOut);
      }, second);
    }
    return count <= linesPerSecond;
  };
};
