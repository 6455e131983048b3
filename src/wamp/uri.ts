/**
 * URIs: what may be one, what is reserved, how one matches a pattern.
 * Compared octet by octet, never normalised (specification, Basic Profile, "URIs").
 */

import type { Match } from './message.ts';
import { v1Reserved } from './reason.ts';

/** The default limit of a URI, in octets of UTF-8. */
export const defaultUriLimit = 512;

const mayExceed = (text: string, octets: number): boolean => text.length * 3 > octets;

/** Whether `text` takes more than `octets` octets of UTF-8. */
export const exceedsOctets = (text: string, octets: number): boolean =>
  text.length > octets || (mayExceed(text, octets) && Buffer.byteLength(text) > octets);

/** Whether applications must keep out of it: `wamp.` (v2) and the API space of v1. */
export const isReserved = (uri: string): boolean => uri.startsWith('wamp.') || uri.startsWith(v1Reserved);

/**
 * Whether `uri` is covered by `pattern`. Prefix matching is textual (`com.a` covers `com.ab`); in a wildcard pattern an
 * empty component stands for exactly one component (Advanced Profile, "Pattern-based Subscriptions").
 * For one look-up; where many patterns are kept, use the index in `realm/pattern.ts`.
 */
export const matches = (uri: string, pattern: string, match: Match): boolean => {
  if (match === 'exact') return uri === pattern;
  if (match === 'prefix') return uri.startsWith(pattern);
  const wanted = pattern.split('.');
  const given = uri.split('.');
  return wanted.length === given.length && wanted.every((component, at) => component === '' || component === given[at]);
};
