/**
 * How the router tells its operator what happened: a counter for everything that is silently dropped or refused, and a log
 * line for what a person should look at. A cause gets at most five lines per second, so that a hostile peer cannot fill a
 * disk.
 */

import type { Logger } from './console-log.ts';
import { createConsoleLogger } from './console-log.ts';
import type { Later } from './line-limit.ts';
import { createLineLimit } from './line-limit.ts';

/** The names of the counters. Each is a cause that an operator can act on; `Postmaster.stats().counters` holds the numbers. */
export const counterNames = [
  'bad_message',
  'unauthenticated_message',
  'request_id_gap',
  'request_dropped',
  'publish_denied',
  'publish_vetoed',
  'subscribe_denied',
  'register_denied',
  'call_denied',
  'call_failed',
  'call_timeout',
  'hello_timeout',
  'auth_failed',
  'auth_timeout',
  'interceptor_failed',
  'interceptor_closed',
  'interceptor_refused',
  'subscriber_failed',
  'publication_endless',
  'callback_failed',
  'encode_failed',
  'event_dropped',
  'outbox_overflow',
  'ping_timeout',
  'silent_closed',
  'limit_reached',
  'upgrade_refused',
  'handshake_failed',
  'descriptors_exhausted',
  'internal_error',
] as const;

/** The name of a counter. */
export type Counter = (typeof counterNames)[number];

/** The interface by which every part of the router reports. */
export interface Report {
  /** Counts something that is too frequent for a log line. */
  count(counter: Counter): void;
  /** Counts, and logs a line with the counter's name as `cause`. Lines are limited per cause, counts are not. */
  warn(counter: Counter, facts: object, message: string): void;
  /** Does the same for a fault in the router or in the embedding program. */
  error(counter: Counter, facts: object, message: string): void;
  /** Logs a line for debugging. */
  debug(facts: object, message: string): void;
  /** Logs a line about the router itself, or one per session. */
  info(facts: object, message: string): void;
  /** A snapshot of all counters. */
  counters(): Readonly<Record<Counter, number>>;
}

/** The options of a report. */
export interface ReportOptions {
  /** Default: warnings and errors go to the console. False silences the report. */
  readonly logger?: Logger | false | undefined;
  readonly later: Later;
}

/** Causes of which peers can make many at will get fewer lines than others. */
const linesPerSecond: Partial<Record<Counter, number>> = { encode_failed: 1 };

const leftOut = (count: number): string => `${count} more lines of this cause were left out`;
const ignored = (): void => {};
const silent: Logger = { debug: ignored, info: ignored, warn: ignored, error: ignored };

/** Where a failure of the given logger is logged. */
const lastResort = createConsoleLogger('postmaster');

/** A report with all counters at 0. */
export const createReport = ({ logger: given, later }: ReportOptions): Report => {
  const logger = given === false ? silent : (given ?? lastResort);
  const counts = new Map<Counter, number>(counterNames.map((name) => [name, 0]));
  const mayLog = createLineLimit(later);

  const count = (counter: Counter): void => {
    counts.set(counter, (counts.get(counter) ?? 0) + 1);
  };
  // The logger belongs to the application: when it throws, the router goes on.
  const write = (level: keyof Logger, facts: object, message: string): void => {
    try {
      logger[level](facts, message);
    } catch (error) {
      const onLeftOut = (count: number): void => lastResort.error({}, `the logger failed: ${leftOut(count)}`);
      if (mayLog('logger', onLeftOut)) lastResort.error({ err: error, line: message }, 'the logger failed');
    }
  };
  const log =
    (level: 'warn' | 'error') =>
    (counter: Counter, facts: object, message: string): void => {
      count(counter);
      const onLeftOut = (suppressed: number): void => write(level, { cause: counter, suppressed }, leftOut(suppressed));
      if (mayLog(counter, onLeftOut, linesPerSecond[counter])) write(level, { cause: counter, ...facts }, message);
    };
  return {
    count,
    warn: log('warn'),
    error: log('error'),
    debug: (facts, message) => write('debug', facts, message),
    info: (facts, message) => write('info', facts, message),
    counters: () => Object.fromEntries(counts) as Record<Counter, number>,
  };
};
