/**
 * Writes the lines of a log without waiting for their reader. One write is under way at a time. Lines that come meanwhile
 * wait, up to a number of octets; beyond it they are lost and counted. Lines are also lost when writing them fails; the next
 * line is tried again.
 */

import { write, writeSync } from 'node:fs';
import { Socket } from 'node:net';

/** Writes a piece of the log without blocking, and says when that is done or has failed. */
export type Sink = (text: string, done: (error?: Error | null) => void) => void;

/** Options of a log stream. */
export interface LogStreamOptions {
  readonly sink: Sink;
  /** Octets that may wait. A single line that is longer is accepted if nothing else waits. */
  readonly maxWaiting: number;
  /** Called when lines can be written again: with the number that was lost since the last call, and in all. */
  readonly onLost: (lines: number, total: number) => void;
}

/** A destination for pino. */
export interface LogStream {
  /** Takes one line. Never throws, never waits. */
  write(line: string): void;
  /** Resolves when everything is written, and after `within` ms at the latest. */
  finish(within: number): Promise<void>;
}

/** Creates a log stream that writes to `sink`. */
export const createLogStream = ({ sink, maxWaiting, onLost }: LogStreamOptions): LogStream => {
  let waiting: string[] = [];
  let octets = 0;
  let isBusy = false;
  let lost = 0;
  let total = 0;
  let finishers: (() => void)[] = [];

  const lose = (lines: number): void => {
    lost += lines;
    total += lines;
  };
  const finished = (): void => {
    for (const resolve of finishers) resolve();
    finishers = [];
  };
  const pump = (): void => {
    if (isBusy) return;
    if (waiting.length === 0) return finished();
    const lines = waiting;
    waiting = [];
    octets = 0;
    isBusy = true;
    sink(lines.join(''), (error) => {
      isBusy = false;
      if (error) lose(lines.length);
      else if (lost > 0) {
        const since = lost;
        lost = 0;
        onLost(since, total);
      }
      pump();
    });
  };
  return {
    write: (line) => {
      const length = Buffer.byteLength(line);
      // Once a line is lost, all further ones are until the loss has been reported, so that the report stands where the lines
      // are missing.
      const isFull = waiting.length > 0 && octets + length > maxWaiting;
      if (isBusy && (lost > 0 || isFull)) return lose(1);
      waiting.push(line);
      octets += length;
      pump();
    },
    finish: (within) =>
      new Promise((resolve) => {
        finishers.push(resolve);
        setTimeout(resolve, within);
        pump();
      }),
  };
};

/** ms until a pipe that is full is tried again. */
const retryTime = 50;

/** The internal handle that Node has beneath a stream on a pipe or socket. */
interface Handle {
  setBlocking(isBlocking: boolean): void;
}

// Writes in the main thread and never blocks: a thread of the pool that waits for a reader would keep the process from
// ending. Any process that shares a pipe may make it blocking, and every child process that inherits it does; so it is made
// non-blocking again before each write.
const toPipe =
  (fd: number, handle: Handle): Sink =>
  (text, done) => {
    const attempt = (data: Buffer): void => {
      try {
        handle.setBlocking(false);
        const length = writeSync(fd, data);
        if (length === data.length) process.nextTick(done);
        else attempt(data.subarray(length));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EAGAIN') setTimeout(attempt, retryTime, data);
        else process.nextTick(done, error);
      }
    };
    attempt(Buffer.from(text));
  };

const toFile = (fd: number): Sink => {
  const writeAll = (data: Buffer, done: (error?: Error | null) => void): void =>
    write(fd, data, (error, length) => {
      if (error || length === data.length) done(error);
      else writeAll(data.subarray(length), done);
    });
  return (text, done) => writeAll(Buffer.from(text), done);
};

/** Returns stderr as a sink. A pipe or socket is written as far as it has room, a file or terminal by the thread pool. */
export const standardError = (): Sink => {
  const { stderr } = process;
  const { _handle: handle } = stderr as { readonly _handle?: Handle };
  return stderr instanceof Socket && !stderr.isTTY && handle ? toPipe(stderr.fd, handle) : toFile(stderr.fd);
};
