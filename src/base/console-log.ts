/**
 * The log of a program that has given no logger: warnings and errors on stderr, one line each. A line about an exception
 * names the place in the program that it came from.
 */

/** The part of a pino logger that the router uses; any logger with these methods will do. */
export interface Logger {
  /** The steps of each connection, violations of the protocol included. */
  debug(facts: object, message: string): void;
  /** Events that are worth knowing and are no problem. */
  info(facts: object, message: string): void;
  /** What the router refused, dropped or closed. */
  warn(facts: object, message: string): void;
  /** What failed: callbacks and procedures of the program, or the router itself. `facts.err` is the exception, if there is one. */
  error(facts: object, message: string): void;
}

const source = import.meta.url;
/** The folder of this package's sources, `src` or `dist/src`, in the two spellings in which stack traces name it. */
const ownFolders = [new URL('../', source).href, decodeURIComponent(new URL('../', source).pathname)];

const longestText = 300;

/** Shortens a text and removes what could break a line or control a terminal, since it may come from a peer. */
const clean = (text: string): string => {
  const short = text.length > longestText ? `${text.slice(0, longestText)}...` : text;
  return short.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    character === '\n' ? ' ' : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
};

/** Whether `value` looks like an Error. `instanceof` would miss an Error of another context, as test runners use them. */
const isError = (value: unknown): value is Error =>
  typeof value === 'object' && value !== null && 'message' in value && 'stack' in value;

/** An exception with its causes, the outermost first. */
const chainOf = (error: unknown): readonly unknown[] => {
  const chain = [error];
  const deepest = 4;
  for (let each = error; isError(each) && each.cause !== undefined && chain.length < deepest; ) {
    each = each.cause;
    chain.push(each);
  }
  return chain;
};

const describe = (error: unknown): string => {
  if (isError(error)) return `${error.name}: ${error.message}`;
  return typeof error === 'object' ? (JSON.stringify(error) ?? 'an object') : String(error);
};

/** The most lines of a stack that are read, from the end. More than a stack has: the lines before them are the message. */
const mostPlaces = 100;

/** The source positions in a stack, innermost first, as `file:///app/server.js:3:9` or `/app/server.js:3:9`. */
const placesOf = (error: unknown): readonly string[] => {
  if (!isError(error) || typeof error.stack !== 'string') return [];
  const lines = error.stack.split('\n').slice(-mostPlaces);
  return lines.flatMap((line) => {
    const [, call = ''] = /^ +at (?:async )?(.*)$/.exec(line) ?? [];
    const place = call.endsWith(')') ? call.slice(call.indexOf(' (') + 2, -1) : call;
    return /^(file:|\/|[A-Za-z]:\\)/.test(place) && /:\d+:\d+$/.test(place) ? [place] : [];
  });
};

/** Where in the program it happened: a place outside this package, and outside the packages that the program uses if there is one. */
const placeOf = (errors: readonly unknown[]): string | undefined => {
  const foreign = errors
    .toReversed()
    .flatMap(placesOf)
    .filter((place) => !ownFolders.some((own) => place.startsWith(own)));
  return foreign.find((place) => !place.includes('/node_modules/')) ?? foreign[0];
};

const isScalar = (value: unknown): boolean => ['string', 'number', 'boolean'].includes(typeof value);

/**
 * One line of the log: its source and level, the message, the exception with its causes, the place it came from, and those
 * facts that are strings, numbers or booleans.
 */
export const lineOf = (source: string, level: string, facts: object, message: string): string => {
  const { err, ...others } = facts as Readonly<Record<string, unknown>>;
  const errors = err === undefined ? [] : chainOf(err);
  const place = placeOf(errors);
  const details = Object.entries(others).flatMap(([name, value]) =>
    isScalar(value) ? [`${name} ${clean(String(value))}`] : [],
  );
  if (place !== undefined) details.unshift(`at ${clean(place)}`);
  const what = [message, ...errors.map(describe)].map(clean).join(': ');
  return `${source} ${level}: ${what}${details.length > 0 ? ` (${details.join(', ')})` : ''}`;
};

/** A logger that writes warnings and errors to the console, each line prefixed with `source`, and drops all else. It never throws. */
export const createConsoleLogger = (source: string): Logger => {
  const write = (level: 'warn' | 'error', facts: object, message: string): void => {
    let line = `${source} ${level}: ${message}: an exception that cannot be shown`;
    try {
      line = lineOf(source, level, facts, message);
    } catch {
      // A thrown value may itself throw when it is inspected.
    }
    try {
      // biome-ignore lint/suspicious/noConsole: it is what this logger is for
      console[level](line);
    } catch {
      // The console is the last resort: there is nowhere left to report to.
    }
  };
  return {
    debug: () => {},
    info: () => {},
    warn: (facts, message) => write('warn', facts, message),
    error: (facts, message) => write('error', facts, message),
  };
};
