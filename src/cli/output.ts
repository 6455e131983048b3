/**
 * The output of the client commands: a line of JSON each on stdout, so that other programs can read it. Also how a command
 * ends when its output cannot be written any more.
 */

import { fileTrouble } from '../config/file-trouble.ts';
import { exitCode } from './failure.ts';

/** A value as a line of JSON: binary values as base64, large integers as text, because JSON has neither. */
export const toLine = (value: unknown): string =>
  `${JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner))}\n`;

/** Prints a value. */
export const print = (value: unknown): void => {
  process.stdout.write(toLine(value));
};

const endFor = ({ code }: NodeJS.ErrnoException): never =>
  process.exit(code === 'EPIPE' ? exitCode.unread : exitCode.failed);

/**
 * Makes the process end as soon as its output cannot be written. If the reader has gone it ends without a message, as the
 * first command of `postmaster subscribe com.topic | head` should; otherwise with one.
 */
export const endWithReader = (): void => {
  process.stderr.on('error', endFor);
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE')
      process.stderr.write(`postmaster: the output cannot be written: ${fileTrouble(error)}\n`);
    endFor(error);
  });
};
