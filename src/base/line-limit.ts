/** Limits the lines of a log per second and cause, so that no peer can fill a disk. The lines that were left out are counted. */

/** Calls `task` once, `delay` ms from now. It must not keep the process alive. */
export type Later = (task: () => void, delay: number) => unknown;

/**
 * Whether a line about `cause` may be written now, of which there are at most `most` per second (default: 5). If lines were left
 * out, `onLeftOut` is given their number at the end of the second.
 */
export type LineLimit = (cause: string, onLeftOut: (leftOut: number) => void, most?: number) => boolean;

const linesPerSecond = 5;
const second = 1000;

/** A limit of lines per second and cause. The second begins with the first line. */
export const createLineLimit = (later: Later): LineLimit => {
  const counts = new Map<string, number>();
  return (cause, onLeftOut, most = linesPerSecond) => {
    const count = (counts.get(cause) ?? 0) + 1;
    counts.set(cause, count);
    if (count === 1) {
      later(() => {
        const leftOut = (counts.get(cause) ?? 0) - most;
        counts.delete(cause);
        if (leftOut > 0) onLeftOut(leftOut);
      }, second);
    }
    return count <= most;
  };
};
