/**
 * How the router tells its operator what happened: a counter for everything that is silently dropped or refused, a log
 * line where a person should look. At most five lines per second and cause, so that a hostile peer cannot fill a disk.
 */

/** What is counted. Each name is a cause that an operator can act on; `Postmaster.stats().counters` holds them. */
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

/** The part of a pino logger that the router uses; any logger with these methods will do. */
export interface Logger {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

/** Where every part of the router reports to. */
export interface Report {
  /** Counts something that happens by the thousand and needs no line. */
  count(counter: Counter): void;
  /** Counts, and logs a line that names the cause; lines are limited per cause, counts are not. */
  warn(counter: Counter, facts: object, message: string): void;
  /** The same for a fault in the router or in the program that embeds it. */
  error(counter: Counter, facts: object, message: string): void;
  /** A line that only somebody looking for it wants to see. */
  debug(facts: object, message: string): void;
  /** A line about the router itself, or once about a session. */
  info(facts: object, message: string): void;
  /** A snapshot of all counters. */
  counters(): Readonly<Record<Counter, number>>;
}

const silent: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const linesPerSecond = 5;

/** A report over `logger` (default: none). `now` is the clock, in ms. */
export const createReport = (options: { readonly logger?: Logger | undefined; readonly now: () => number }): Report => {
  const { logger = silent, now } = options;
  const counts = new Map<Counter, number>(counterNames.map((name) => [name, 0]));
  const lines = new Map<Counter, { second: number; written: number; held: number }>();

  const count = (counter: Counter): void => {
    counts.set(counter, (counts.get(counter) ?? 0) + 1);
  };
  const mayLog = (counter: Counter): { readonly held: number } | undefined => {
    const second = Math.floor(now() / 1000);
    const line = lines.get(counter) ?? { second, written: 0, held: 0 };
    lines.set(counter, line);
    const held = line.held;
    if (line.second !== second) Object.assign(line, { second, written: 0, held: 0 });
    if (line.written === linesPerSecond) {
      line.held += 1;
      return undefined;
    }
    line.written += 1;
    return { held: line.written === 1 ? held : 0 };
  };
  // A logger is the application's; when it fails, the router goes on.
  const write = (level: keyof Logger, facts: object, message: string): void => {
    try {
      logger[level](facts, message);
    } catch {
      // There is nobody left to tell.
    }
  };
  const log =
    (level: 'warn' | 'error') =>
    (counter: Counter, facts: object, message: string): void => {
      count(counter);
      const line = mayLog(counter);
      if (line) write(level, { cause: counter, ...(line.held > 0 && { suppressed: line.held }), ...facts }, message);
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
