/** The log of a command: pino on stderr, a line of JSON each, or coloured text on a terminal. */

import type { LevelWithSilent, Logger } from 'pino';
import { pino, stdSerializers } from 'pino';
import { prettyFactory } from 'pino-pretty';

import type { LogStream, Sink } from './log-stream.ts';
import { createLogStream, standardError } from './log-stream.ts';

/** How a log is written. */
export interface LogOptions {
  /** The lowest level that is shown. */
  readonly level: LevelWithSilent;
  /** Octets that may wait for a reader that does not read; further lines are lost and counted. Default: 1 MiB. */
  readonly maxWaiting?: number | undefined;
  /** Whether to write text for a person instead of JSON. Default: whether stderr is a terminal. */
  readonly isPretty?: boolean;
  /** Where it goes. Default: stderr. */
  readonly sink?: Sink;
}

/** A log. */
export interface Log {
  readonly logger: Logger;
  /** Resolves when every line is written, and after 500 ms at the latest. To be awaited before the process ends. */
  finish(): Promise<void>;
}

const defaultWaiting = 1024 * 1024;
/** ms that a reader has for the last lines. */
const finishTimeout = 500;

const prettyPrinted = (stream: LogStream): Pick<LogStream, 'write'> => {
  const format = prettyFactory({
    ignore: 'pid,hostname',
    translateTime: 'HH:MM:ss',
  });
  return { write: (line) => stream.write(format(line)) };
};

/**
 * What is logged of an error: its texts and numbers. The rest is left out, because it may be what a peer has sent, as `args`
 * of a WampError are.
 */
const toLogged = (error: unknown): unknown => {
  if (typeof error !== 'object' || error === null) return error;
  const facts = Object.entries(error).flatMap(([name, value]): (readonly [string, unknown])[] => {
    if (name === 'aggregateErrors' && Array.isArray(value)) return [[name, value.map(toLogged)]];
    return typeof value === 'object' ? [] : [[name, value]];
  });
  return Object.fromEntries(facts);
};

/** Creates a log. */
export const createLog = (options: LogOptions): Log => {
  const {
    level,
    maxWaiting = defaultWaiting,
    isPretty = process.stderr.isTTY === true,
    sink = standardError(),
  } = options;
  const onLost = (lines: number, total: number): void =>
    logger.error(
      { lost: lines, total },
      `${lines} lines of the log were lost: they could not be written in time, or at all`,
    );
  const stream = createLogStream({ sink, maxWaiting, onLost });
  const serializers = { err: (error: Error) => toLogged(stdSerializers.err(error)) };
  const logger: Logger = pino({ level, serializers }, isPretty ? prettyPrinted(stream) : stream);
  return { logger, finish: () => stream.finish(finishTimeout) };
};
