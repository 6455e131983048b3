/** What the process of a router is told from outside, by signals, and what ends it from inside. */

import { constants } from 'node:os';
import { createReport } from '../base/report.ts';
import type { Postmaster } from '../router/postmaster.ts';
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
    const now = performance.now();
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

/**
 * Goes on where the terminal it was started from is closed (SIGHUP), and opens no debugger to who may send a signal (SIGUSR1, by which
 * Node would; `node --inspect` still does).
 */
export const outliveSignals = ({ logger }: Log): void => {
  process.on('SIGHUP', (signal) =>
    logger.info({ signal }, 'the signal changes nothing: the config is read at the start alone'),
  );
  process.on('SIGUSR1', (signal) => logger.info({ signal }, 'the signal opens no debugger'));
};

/**
 * An exception that nobody caught ends the process: nobody knows any more in which state it is. A promise that is rejected and that nobody
 * waits for, in a procedure or callback of the config, has broken off nothing else, and is reported; `node
 * --unhandled-rejections=strict` makes an exception of it.
 */
export const endOnFaults = (log: Log): void => {
  const { logger } = log;
  const report = createReport({ logger, later: (task, delay) => setTimeout(task, delay).unref() });
  process.on('uncaughtException', (error) => {
    logger.fatal({ err: error }, 'a fault that nobody handled');
    exit(log, exitCode.failed);
  });
  process.on('unhandledRejection', (error) => {
    const total = report.counters().callback_failed + 1;
    report.error('callback_failed', { err: error, total }, 'a promise was rejected, and nobody waits for it');
  });
};
