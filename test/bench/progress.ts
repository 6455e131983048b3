/** How far the run is: one line rewritten in place on a terminal, one line per row elsewhere. */

/** Tell it what happens; it writes to stderr, so that stdout holds the table alone. */
export interface Progress {
  /** A sample begins. */
  readonly sample: (row: string, detail: string) => void;
  /** A row has all its samples, or has failed. */
  readonly done: (row: string, outcome: string) => void;
  /** Removes the line. */
  readonly end: () => void;
}

const clock = (milliseconds: number): string => {
  const seconds = Math.round(milliseconds / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
};

/** Progress of so many rows on this stream. */
export const createProgress = (stream: NodeJS.WriteStream, total: number): Progress => {
  const begin = performance.now();
  let finished = 0;
  let [row, detail] = ['', ''];
  const status = (text: string): string => `[${finished}/${total}] ${clock(performance.now() - begin)}  ${text}`;
  const rewrite = (): void => {
    stream.write(`\r\x1b[2K${status(`${row}  ${detail}`).slice(0, (stream.columns || 80) - 1)}`);
  };
  const timer = stream.isTTY ? setInterval(rewrite, 1000).unref() : undefined;

  return {
    sample: (...now) => {
      [row, detail] = now;
      if (stream.isTTY) rewrite();
    },
    done: (title, outcome) => {
      finished++;
      if (!stream.isTTY) stream.write(`${status(`${title}: ${outcome}`)}\n`);
    },
    end: () => {
      clearInterval(timer);
      if (stream.isTTY) stream.write('\r\x1b[2K');
    },
  };
};
