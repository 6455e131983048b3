/** How the process of a router reacts to signals, and to errors that nothing handles. */

import { constants } from 'node:os';
import { createReport } from '../base/report.ts';
import type { Postmaster } from '../router/postmaster.ts';
import { exitCode } from './failure.ts';
import type { Log } from './log.ts';

/** ms within which a second signal is the same one again: npx passes on a Ctrl-C that the terminal has already sent. */
const echoTime = 100;

const exit = ({ finish }: Log, code: number): void => void finish().then(() => process.exit(code));

/**
 * Drains on the first signal. The second one ends the process at once, with the exit code of a shell: 128 and the number of
 * the signal.
 */
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
 * Ignores SIGHUP, which the process gets when its terminal is closed, and SIGUSR1, on which Node would open a debugger for
 * whoever may send a signal. `node --inspect` still opens it.
 */
export const ignoreSignals = ({ logger }: Log): void => {
  process.on('SIGHUP', (signal) =>
    logger.info({ signal }, 'the signal is ignored: the config is read only at the start'),
  );
  process.on('SIGUSR1', (signal) => logger.info({ signal }, 'the signal is ignored: it does not open a debugger'));
};

/**
 * Ends the process on an exception that nothing caught, because its state is unknown then. A promise that is rejected without
 * a handler, in a procedure or callback of the config, has interrupted nothing else and is only reported; `node
 * --unhandled-rejections=strict` makes an exception of it.
 */
export const endOnFaults = (log: Log): void => {
  const { logger } = log;
  const report = createReport({ logger, later: (task, delay) => setTimeout(task, delay).unref() });
  process.on('uncaughtException', (error) => {
    logger.fatal({ err: error }, 'an exception was not caught');
    exit(log, exitCode.failed);
  });
  process.on('unhandledRejection', (error) => {
    const total = report.counters().callback_failed + 1;
    report.error('callback_failed', { err: error, total }, 'the rejection of a promise was not handled');
  });
};
