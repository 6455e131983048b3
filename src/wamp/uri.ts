/**
 * URIs: what may be one, and what is reserved. How one matches a pattern is in `pattern.ts`.
 * Compared octet by octet, never normalised (specification, Basic Profile, "URIs").
 */

import type { Match } from './message.ts';
import { covers } from './pattern.ts';
import { v1Reserved } from './reasons.ts';

/** Which URIs peers may use: anything but blanks, `#` and empty components, or lower-case letters, digits and `_` only. */
export type UriRule = 'loose' | 'strict';

/** The most components that a URI may have. */
export const maxUriComponents = 32;

const rules: Readonly<Record<UriRule, { readonly plain: RegExp; readonly wildcard: RegExp }>> = {
  loose: { plain: /^(?:[^\s.#]+\.)*[^\s.#]+$/, wildcard: /^(?:[^\s.#]*\.)*[^\s.#]*$/ },
  strict: { plain: /^(?:[0-9a-z_]+\.)*[0-9a-z_]+$/, wildcard: /^(?:[0-9a-z_]*\.)*[0-9a-z_]*$/ },
};

const hasMoreComponentsThan = (uri: string, most: number): boolean => {
  let count = 1;
  for (let at = uri.indexOf('.'); at >= 0; at = uri.indexOf('.', at + 1)) {
    count += 1;
    if (count > most) return true;
  }
  return false;
};

/**
 * Whether `uri` is one, as far as a subscription or registration with `match` is concerned: a wildcard pattern may have empty
 * components, a prefix may end in a dot or be empty (Basic Profile, "URIs"). The lengths are looked at first.
 */
export const isUri = (uri: string, match: Match, rule: UriRule, maxLength: number): boolean => {
  if (exceedsOctets(uri, maxLength) || hasMoreComponentsThan(uri, maxUriComponents)) return false;
  if (match === 'prefix') return uri === '' || rules[rule].plain.test(uri.endsWith('.') ? uri.slice(0, -1) : uri);
  return match === 'wildcard' ? uri !== '' && rules[rule].wildcard.test(uri) : rules[rule].plain.test(uri);
};

/** Characters of a URI that a sentence repeats. */
const toldLength = 64;

/** What is wrong with a `uri` that `isUri` has said to be none, with the URI itself, or the beginning of a long one. */
export const uriFault = (uri: string, rule: UriRule, maxLength: number): string => {
  const told = JSON.stringify(uri.length > toldLength ? `${uri.slice(0, toldLength)}...` : uri);
  if (exceedsOctets(uri, maxLength)) return `${told} is longer than ${maxLength} octets`;
  if (hasMoreComponentsThan(uri, maxUriComponents)) return `${told} has more than ${maxUriComponents} components`;
  return `${told} is no URI${rule === 'strict' ? ' of lower-case letters, digits and "_" only' : ''}`;
};

/** The default limit of a URI, in octets of UTF-8. */
export const defaultUriLimit = 512;

const mayExceed = (text: string, octets: number): boolean => text.length * 3 > octets;

/** Whether `text` takes more than `octets` octets of UTF-8. */
export const exceedsOctets = (text: string, octets: number): boolean =>
  text.length > octets || (mayExceed(text, octets) && Buffer.byteLength(text) > octets);

/** Whether it, or all that a pattern of it covers, belongs to the router of WAMP v2: `wamp` and what begins with `wamp.`. */
export const isOfRouter = (uri: string): boolean => uri === 'wamp' || uri.startsWith('wamp.');

const reserved: readonly (readonly [uri: string, match: Match])[] = [
  ['wamp', 'exact'],
  ['wamp.', 'prefix'],
  [v1Reserved, 'prefix'],
];

/**
 * Whether all that `uri` with `match` stands for is kept from applications: `wamp` as the first component (Basic Profile,
 * "URIs") and the API space of v1.
 */
export const isReserved = (uri: string, match: Match = 'exact'): boolean =>
  // About a URI itself it is asked for every publication of the program: no walk through the table for that.
  match === 'exact'
    ? isOfRouter(uri) || uri.startsWith(v1Reserved)
    : reserved.some(([pattern, patternMatch]) => covers(pattern, patternMatch, uri, match));

/** Why an application cannot publish or register at `uri`, whatever the match; undefined when nothing reserves it. */
export const reservedRefusal = (uri: string): string | undefined =>
  isReserved(uri) ? `"${uri}" is reserved` : undefined;

/** Why nobody can publish, register or subscribe to exactly `uri`, as it is empty; undefined when it is not. */
export const emptyRefusal = (uri: string): string | undefined => (uri === '' ? 'a URI must not be empty' : undefined);

/** Why the program that embeds the router cannot publish or register at exactly `uri`; undefined when it can. */
export const ownUriRefusal = (uri: string): string | undefined => emptyRefusal(uri) ?? reservedRefusal(uri);
