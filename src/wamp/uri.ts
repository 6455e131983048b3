/**
 * URIs: what is a valid one, and which are reserved. Matching is in `pattern.ts`. URIs are compared octet by octet and
 * never normalised (Basic Profile, "URIs").
 */

import { lengthOfText } from '#platform/octets';
import type { Match } from './message.ts';
import { covers } from './pattern.ts';
import { v1Reserved } from './reasons.ts';

/**
 * Which URIs peers may use. `loose`: components without whitespace, `#` or dots, none of them empty. `strict`: only
 * lower-case letters, digits and `_` in a component.
 */
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
 * Whether `uri` is valid in a subscription or registration with `match`: a wildcard pattern may have empty components, a
 * prefix may end in a dot or be empty (Basic Profile, "URIs"). `maxLength` is in octets. The lengths are checked first.
 */
export const isUri = (uri: string, match: Match, rule: UriRule, maxLength: number): boolean => {
  if (exceedsOctets(uri, maxLength) || hasMoreComponentsThan(uri, maxUriComponents)) return false;
  if (match === 'prefix') return uri === '' || rules[rule].plain.test(uri.endsWith('.') ? uri.slice(0, -1) : uri);
  return match === 'wildcard' ? uri !== '' && rules[rule].wildcard.test(uri) : rules[rule].plain.test(uri);
};

/** What a component of a URI must not have. */
const invalidCharacters: Readonly<Record<UriRule, string>> = {
  loose: 'whitespace or "#"',
  strict: 'other characters than lower-case letters, digits and "_"',
};

/** How many characters of a URI an error message repeats. */
const quotedLength = 64;

/** What is wrong with a `uri` that `isUri` has refused. It quotes the URI, or the beginning of a long one. */
export const uriFault = (uri: string, rule: UriRule, maxLength: number): string => {
  const quoted = JSON.stringify(uri.length > quotedLength ? `${uri.slice(0, quotedLength)}...` : uri);
  if (exceedsOctets(uri, maxLength)) return `${quoted} is longer than ${maxLength} octets`;
  if (hasMoreComponentsThan(uri, maxUriComponents)) return `${quoted} has more than ${maxUriComponents} components`;
  return `${quoted} is not a valid URI: a component is empty or has ${invalidCharacters[rule]}`;
};

/** The default limit of the length of a URI, in octets of UTF-8. */
export const defaultUriLimit = 512;

const mayExceed = (text: string, octets: number): boolean => text.length * 3 > octets;

/** Whether `text` takes more than `octets` octets of UTF-8. */
export const exceedsOctets = (text: string, octets: number): boolean =>
  text.length > octets || (mayExceed(text, octets) && lengthOfText(text) > octets);

/** Whether `uri` belongs to the router in WAMP v2, as `wamp` and all that begins with `wamp.` do. Also for patterns written so. */
export const isOfRouter = (uri: string): boolean => uri === 'wamp' || uri.startsWith('wamp.');

const reserved: readonly (readonly [uri: string, match: Match])[] = [
  ['wamp', 'exact'],
  ['wamp.', 'prefix'],
  [v1Reserved, 'prefix'],
];

/**
 * Whether everything that `uri` with `match` stands for is reserved: `wamp` as the first component (Basic Profile, "URIs")
 * and the API namespace of v1.
 */
export const isReserved = (uri: string, match: Match = 'exact'): boolean =>
  // This is asked about the exact URI of every publication of the program, so it takes no walk through the table.
  match === 'exact'
    ? isOfRouter(uri) || uri.startsWith(v1Reserved)
    : reserved.some(([pattern, patternMatch]) => covers(pattern, patternMatch, uri, match));

/** Why an application cannot publish or register at `uri`, whatever the match policy; undefined if `uri` is not reserved. */
export const reservedRefusal = (uri: string): string | undefined =>
  isReserved(uri) ? `"${uri}" is reserved` : undefined;

/** Why `uri` cannot be published to, registered or subscribed exactly: it is empty. Undefined otherwise. */
export const emptyRefusal = (uri: string): string | undefined => (uri === '' ? 'a URI must not be empty' : undefined);

/** Why the embedding program cannot publish or register at exactly `uri`; undefined if it can. */
export const ownUriRefusal = (uri: string): string | undefined => emptyRefusal(uri) ?? reservedRefusal(uri);
