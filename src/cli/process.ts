/** What the process of a router is told from outside, by signals, and what ends it from inside. */

import { constants } from 'node:os';

import type { Postmaster } from '../postmaster.ts';
import { exitCode } from './failure.ts';
import type { Log } from './log.ts';

/** ms in which a signal that comes twice is one: npx passes a Ctrl-C on that the terminal has sent already. */
const echoTime = 100;

const exit = ({ finish }: Log, code: number): void => void finish().then(() => process.exit(code));

/** Drains on the first signal; the second one ends the process at once, with the exit code of a shell: 128 and the signal. */
export const stopOnSignals = (postmaster: Postmaster, log: Log, drain: number): void => {
  const { logger } = log;
  let first: number | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    const now = Date.now();
    if (first === undefined) {
      first = now;
      logger.info({ signal, drain }, 'shutting down: pending calls may finish');
      void postmaster.close({ drain }).then(() => {
        logger.info({}, 'stopped');
        exit(log, 0);
      });
    } else if (now - first > echoTime) {
      logger.warn({ signal }, 'stopped at once, before everything was done');
      exit(log, 128 + constants.signals[signal]);
    }
  };
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
};

/** Ends the process where nobody knows any more in which state it is. */
export const endOnFaults = (log: Log): void => {
  const onFault = (error: unknown): void => {
    log.logger.fatal({ err: error }, 'a fault that nobody handled');
    exit(log, exitCode.failed);
  };
  process.on('uncaughtException', onFault).on('unhandledRejection', onFault);
};
