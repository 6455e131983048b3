/**
 * The log of a program that has given no logger: warnings and errors on stderr, a line each, with the place in the program where
 * an exception comes from.
 */

/** The part of a pino logger that the router uses; any logger with these methods will do. */
export interface Logger {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

const source = import.meta.url;
/** Where the sources of this package are, `src` or `dist/src`, as stacks name it. */
const ownFolders = [new URL('../', source).href, decodeURIComponent(new URL('../', source).pathname)];

const longestText = 300;

/** Without what could break a line or command a terminal: a text may come from a peer. */
const clean = (text: string): string => {
  const short = text.length > longestText ? `${text.slice(0, longestText)}...` : text;
  return short.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    character === '\n' ? ' ' : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
};

/** Whether it is an exception as they are meant to be; that of another context, as in a runner of tests, is as good. */
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

/** More lines than a stack has; those before them are the message, which may be long. */
const mostPlaces = 100;

/** The places of a stack, innermost first, as `file:///app/server.js:3:9` or `/app/server.js:3:9`. */
const placesOf = (error: unknown): readonly string[] => {
  if (!isError(error) || typeof error.stack !== 'string') return [];
  const lines = error.stack.split('\n').slice(-mostPlaces);
  return lines.flatMap((line) => {
    const [, call = ''] = /^ +at (?:async )?(.*)$/.exec(line) ?? [];
    const place = call.endsWith(')') ? call.slice(call.indexOf(' (') + 2, -1) : call;
    return /^(file:|\/|[A-Za-z]:\\)/.test(place) && /:\d+:\d+$/.test(place) ? [place] : [];
  });
};

/** Where in the program it happened: neither here nor, if there is another place, in a package that the program uses. */
const placeOf = (errors: readonly unknown[]): string | undefined => {
  const foreign = errors
    .toReversed()
    .flatMap(placesOf)
    .filter((place) => !ownFolders.some((own) => place.startsWith(own)));
  return foreign.find((place) => !place.includes('/node_modules/')) ?? foreign[0];
};

const isScalar = (value: unknown): boolean => ['string', 'number', 'boolean'].includes(typeof value);

/** The text of one line: who says it, what happened, with what exception, where, and the facts that are texts and numbers. */
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

/** A logger that writes warnings and errors to the console, in the name of `source`, and nothing else. It does not throw. */
export const createConsoleLogger = (source: string): Logger => {
  const write = (level: 'warn' | 'error', facts: object, message: string): void => {
    let line = `${source} ${level}: ${message}: an exception that cannot be shown`;
    try {
      line = lineOf(source, level, facts, message);
    } catch {
      // A value that somebody throws may itself throw when it is looked at.
    }
    try {
      // biome-ignore lint/suspicious/noConsole: it is what this logger is for
      console[level](line);
    } catch {
      // There is nobody left to tell.
    }
  };
  return {
    debug: () => {},
    info: () => {},
    warn: (facts, message) => write('warn', facts, message),
    error: (facts, message) => write('error', facts, message),
  };
};
