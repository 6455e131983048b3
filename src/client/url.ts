/** The URL of a router: which URLs are valid, and what of one may be shown. A URL may contain a password. */

import { ConfigError } from '../wamp/error.ts';

const schemes = /^(wss?|rss?|unix):\/\//;
const pathScheme = 'unix://';

const parse = (url: string): URL => {
  try {
    return new URL(url);
  } catch {
    throw new ConfigError('the URL cannot be read');
  }
};

/** Throws a ConfigError that says what is wrong with a URL. Its message quotes nothing of the URL. */
export const checkUrl = (url: string): void => {
  if (!schemes.test(url)) throw new ConfigError('the URL must begin with ws, wss, rs, rss or unix and ://');
  // RFC 6455, 3: the URL of a WebSocket has no fragment.
  if (!url.startsWith(pathScheme) && parse(url).hash !== '') throw new ConfigError('the URL must have no fragment');
};

/** A URL without user, password and query, for messages. */
export const withoutSecrets = (url: string): string => {
  if (url.startsWith(pathScheme)) return url;
  const { protocol, host, pathname } = parse(url);
  return `${protocol}//${host}${pathname}`;
};
