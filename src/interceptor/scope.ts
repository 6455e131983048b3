/**
 * The scope of an interceptor: the realm and topics whose publications it sees. An interceptor whose scope matches nothing
 * would silently do nothing, and publications that it should block would pass. A scope that makes no sense is therefore
 * refused.
 */

import { isDict } from '../base/dict.ts';
import { unknownName } from '../base/names.ts';
import { ConfigError } from '../wamp/error.ts';
import type { Match } from '../wamp/message.ts';
import { isReserved, isUri } from '../wamp/uri.ts';
import type { TopicScope } from './pipeline.ts';
import type { Interceptor } from './stage.ts';

/** Selects what an interceptor sees. A missing key does not restrict it. */
export interface InterceptorScope {
  /** A topic, or a pattern of topics. Default: all topics of the realm. */
  readonly topic?: string | undefined;
  /** Default: `exact`. */
  readonly match?: Match | undefined;
  /** A realm, or `*` for all realms. Default: the realm of v1 connections. */
  readonly realm?: string | undefined;
}

/** The name that stands for every realm. */
export const everyRealm = '*';

const scopeKeys = ['topic', 'match', 'realm'];

const badPatterns: Readonly<Record<Match, string>> = {
  exact: 'has a topic that is not a valid URI; a pattern needs match: "prefix" or "wildcard"',
  prefix: 'has a topic that is not a valid prefix of a URI',
  wildcard: 'has a topic that is not a valid wildcard pattern',
};

const isMatch = (value: unknown): value is Match => typeof value === 'string' && Object.hasOwn(badPatterns, value);

// URIs of WAMP v1 may contain a `#`.
const isPattern = (topic: string, match: Match, maxUriLength: number): boolean =>
  isUri(topic.replaceAll('#', '_'), match, 'loose', maxUriLength);

/**
 * What is wrong with a scope, worded to follow its name; undefined if it is valid. Whether the realm exists is not checked
 * here. `maxUriLength` is in octets.
 */
export const scopeFault = (scope: unknown, maxUriLength: number): string | undefined => {
  if (!isDict(scope)) return `must be an object; known are ${scopeKeys.join(', ')}`;
  const { topic, match = 'exact', realm } = scope;
  const unknown = unknownName(scope, scopeKeys);
  if (unknown !== undefined) return unknown;
  if (realm !== undefined && typeof realm !== 'string') return 'has a realm that is not a string';
  if (!isMatch(match)) return `has a match that is not one of ${Object.keys(badPatterns).join(', ')}`;
  if (topic === undefined) return scope.match === undefined ? undefined : 'has a match but no topic';
  if (typeof topic !== 'string') return 'has a topic that is not a string';
  if (!isPattern(topic, match, maxUriLength)) return badPatterns[match];
  return isReserved(topic, match)
    ? 'has a topic that is reserved: what the router itself publishes does not pass interceptors'
    : undefined;
};

/** The arguments of `intercept`. */
export interface Interception {
  readonly interceptor: Interceptor;
  /** Undefined for all topics. */
  readonly scope: TopicScope | undefined;
  readonly realm: string | undefined;
}

/** Reads `(interceptor)` or `(scope, interceptor)`. Throws a ConfigError that says what is wrong. */
export const readInterception = (given: readonly unknown[], maxUriLength: number): Interception => {
  const [scope, interceptor] = given.length > 1 ? given : [{}, given[0]];
  if (typeof scope === 'function')
    throw new ConfigError('the arguments of intercept must be the scope and then the operator');
  if (typeof interceptor !== 'function') throw new ConfigError('the interceptor must be an RxJS operator');
  const fault = scopeFault(scope, maxUriLength);
  if (fault !== undefined) throw new ConfigError(`the scope ${fault}`);
  const { topic, match = 'exact', realm } = scope as InterceptorScope;
  return { interceptor: interceptor as Interceptor, scope: topic === undefined ? undefined : { topic, match }, realm };
};

/**
 * Runs all `installations` and returns a function that undoes them. If one throws, those before it are undone and the error
 * is thrown again.
 */
export const installAll = (installations: readonly (() => () => void)[]): (() => void) => {
  const removals: (() => void)[] = [];
  const removeAll = (): void => {
    for (const remove of removals) remove();
  };
  try {
    for (const install of installations) removals.push(install());
  } catch (error) {
    removeAll();
    throw error;
  }
  return removeAll;
};
