/** The log of a command: pino on stderr, a line of JSON each, or in colours where a person reads along. */

import type { DestinationStream, LevelWithSilent, Logger } from 'pino';
import { destination, pino } from 'pino';
import pretty from 'pino-pretty';

/** Where lines go: `isTerminal` makes them pretty. */
export interface LogTarget {
  readonly isTerminal: boolean;
  readonly stream: DestinationStream;
}

/** Written at once, so that the last line before an exit is not lost. */
const standardError = (): LogTarget => ({
  isTerminal: process.stderr.isTTY === true,
  stream: destination({ dest: 2, sync: true }),
});

/** A logger that shows `level` and worse. Default target: stderr. */
export const createLog = (level: LevelWithSilent, { isTerminal, stream }: LogTarget = standardError()): Logger =>
  pino(
    { level },
    isTerminal ? pretty({ destination: stream, ignore: 'pid,hostname', translateTime: 'HH:MM:ss' }) : stream,
  );
