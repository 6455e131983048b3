/**
 * What the client commands print: a line of JSON each on stdout, so that other programs can read it; and what becomes of a command
 * whose output nobody reads any more.
 */

import { fileTrouble } from '../config/file-trouble.ts';
import { exitCode } from './failure.ts';

/** A value as a line of JSON: binary values as base64, large integers as text, as JSON has no place for them. */
export const toLine = (value: unknown): string =>
  `${JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner))}\n`;

/** Prints a value. */
export const print = (value: unknown): void => {
  process.stdout.write(toLine(value));
};

const endFor = ({ code }: NodeJS.ErrnoException): never =>
  process.exit(code === 'EPIPE' ? exitCode.unread : exitCode.failed);

/**
 * From now on the process ends as soon as its output cannot be written: without a word where whoever read it has gone, as the first
 * command of `postmaster subscribe com.topic | head` should, else with a sentence.
 */
export const endWithReader = (): void => {
  process.stderr.on('error', endFor);
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE')
      process.stderr.write(`postmaster: the output cannot be written: ${fileTrouble(error)}\n`);
    endFor(error);
  });
};
