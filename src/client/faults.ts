/** Reports faults of the program that uses the client: to its `onError`, or on stderr if it has none. */

import { consoleLogger, later } from '#platform/report';
import { createLineLimit } from '../base/line-limit.ts';
import { attempt } from '../base/thenable.ts';
import type { ClientOptions } from './options.ts';

/** Reports what a callback threw, and what could not be restored on a new connection. */
export interface Faults {
  /** `uri` is the topic or procedure, or the name of the callback; `what` says what failed. */
  report(error: unknown, uri: string, what: string): void;
  /** Runs `work`, and reports it if it throws or rejects. */
  guard(work: () => unknown, uri: string, what: string): void;
}

/** Creates the reports of one client. */
export const createFaults = (onError: ClientOptions['onError']): Faults => {
  const mayLog = createLineLimit(later);
  const print = (error: unknown, uri: string, what: string): void => {
    const reportLeftOut = (count: number): void =>
      consoleLogger.error({}, `${what}: ${count} more such lines were left out`);
    if (mayLog(what, reportLeftOut)) consoleLogger.error({ err: error, uri }, what);
  };
  const report: Faults['report'] = (error, uri, what) => {
    if (!onError) print(error, uri, what);
    else
      attempt(
        () => onError(error, uri),
        (failure) => print(failure, uri, 'onError failed'),
      );
  };
  return { report, guard: (work, uri, what) => void attempt(work, (error) => report(error, uri, what)) };
};
