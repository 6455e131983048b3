/**
 * Permissions, in the three shapes that `src/auth/permission.ts` compiles. Here a name that is misspelt is refused; what a callback
 * answers while the router runs may have columns of its own.
 */

import type { PermissionsInput } from '../auth/permission.ts';
import type { Kind } from '../kind/kind.ts';
import {
  asGiven,
  either,
  flag,
  isObject,
  list,
  matching,
  object,
  oneOf,
  optional,
  required,
  ruled,
  table,
  text,
} from '../kind/kind.ts';
import type { Place } from '../kind/place.ts';

/** Permissions as options take them: who is allowed nothing has an empty list. */
export type Permissions = Exclude<PermissionsInput, null>;

/** How a URI is compared. */
export const match = oneOf(['exact', 'prefix', 'wildcard']);

/** A URI, or what fits several; empty only as the prefix of all. */
export const pattern = matching<string>('a string', (given) => typeof given === 'string');

/** The rule for an object that has `uri` and `match`. */
export const emptyOnlyAsPrefix = (
  { uri, match: compared }: { readonly uri: string; readonly match?: string },
  place: Place,
): void => {
  if (uri === '' && compared !== 'prefix') place.at('uri').refuse('may be empty only where match is "prefix"');
};

const action = optional(flag, false);

/** A rule of WAMP v2. */
export const permissionOptions = {
  /** The URI, or the pattern of URIs, that it is about. The rule that fits a URI best decides alone. */
  uri: required(pattern),
  /** How the URI is compared. */
  match: optional(match, 'exact'),
  /** Whether to call is allowed. */
  call: action,
  /** Whether to register is allowed. */
  register: action,
  /** Whether to publish is allowed. */
  publish: action,
  /** Whether to subscribe is allowed. */
  subscribe: action,
  /** Whether subscribers and callees are told who publishes or calls. */
  disclose: action,
};

const rules = list(ruled(object(permissionOptions), emptyOnlyAsPrefix));

const orNull = <Type>(kind: Kind<Type>): Kind<Type | null> => ({
  ...kind,
  read: (given, place) => (given === null ? null : kind.read(given, place)),
});

const topicRule = ruled(object({ uri: required(pattern), prefix: action, pub: action, sub: action }), (rule, place) =>
  emptyOnlyAsPrefix({ uri: rule.uri, ...(rule.prefix && { match: 'prefix' }) }, place),
);

const emptyName = (uri: string): string | undefined => (uri === '' ? 'has an empty URI' : undefined);

const historic = object(
  {
    pubsub: orNull(list(topicRule)),
    rpc: orNull(list(object({ uri: required(text), call: action }))),
    PubSub: orNull(table(object({ CanPublish: action, CanSubscribe: action }), { keyFault: emptyName })),
    RPC: orNull(table(flag, { keyFault: emptyName })),
  },
  { elsewhere: { permissions: 'is an old key: put its rules in its place, one level up' } },
);

const expected = 'a list of rules, or { pubsub, rpc }';
const roleName: Kind<never> = {
  expected,
  read: (given, place) =>
    place.mustBe(`${expected}, not the name of a role: write the rules of ${JSON.stringify(given)} here`),
};

/** Permissions of a role, or of one principal. */
export const permissions: Kind<Permissions> = asGiven(
  either<Permissions, unknown>(expected, [rules, historic], (given) => {
    if (Array.isArray(given)) return rules;
    if (typeof given === 'string' && given !== '') return roleName;
    return isObject(given) ? historic : undefined;
  }),
);
