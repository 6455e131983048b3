/**
 * Permissions, in the three shapes that `src/auth/permission.ts` compiles. In options a misspelt name is refused. What a
 * callback returns while the router runs may have further columns.
 */

import type { PermissionsInput } from '../auth/permission.ts';
import { isDict } from '../base/dict.ts';
import { asGiven, either, list, object, ruled, table } from '../kind/compound.ts';
import type { Kind } from '../kind/kind.ts';
import { optional, required } from '../kind/kind.ts';
import type { Place } from '../kind/place.ts';
import { flag, matching, oneOf, text } from '../kind/plain.ts';

/** Permissions as options accept them. An empty list allows nothing. */
export type Permissions = Exclude<PermissionsInput, null>;

/** How a URI is compared. */
export const match = oneOf(['exact', 'prefix', 'wildcard']);

/** A URI, or a pattern of URIs. It may be empty only as a prefix, which every URI matches. */
export const pattern = matching<string>('a string', (given) => typeof given === 'string');

/** Refuses an empty `uri` unless `match` is `prefix`. */
export const emptyOnlyAsPrefix = (
  { uri, match: compared }: { readonly uri: string; readonly match?: string },
  place: Place,
): void => {
  if (uri === '' && compared !== 'prefix') place.at('uri').refuse('may be empty only where match is "prefix"');
};

const action = optional(flag, false);

/** A permission rule of WAMP v2. */
export const permissionOptions = {
  /** The URI, or the pattern of URIs, to which the rule applies. Of all rules that match a URI only the most specific counts. */
  uri: required(pattern),
  /** How the URI is compared. */
  match: optional(match, 'exact'),
  /** Whether the peer may call procedures. */
  call: action,
  /** Whether the peer may register procedures. */
  register: action,
  /** Whether the peer may publish. */
  publish: action,
  /** Whether the peer may subscribe. */
  subscribe: action,
  /**
   * Whether the publisher or caller is disclosed to subscribers and callees, whatever the realm's `disclosure` is; false
   * leaves it to that.
   */
  disclose: action,
};

const rules = list(ruled(object(permissionOptions), emptyOnlyAsPrefix));

const orNull = <Type>(kind: Kind<Type>): Kind<Type | null> => ({
  ...kind,
  read: (given, place) => (given === null ? null : kind.read(given, place)),
});

/** A rule about topics of the reference server of WAMP v1. */
export const topicOptions = {
  /** The topic, or the prefix of topics, to which the rule applies. */
  uri: required(pattern),
  /** Whether `uri` is a prefix. */
  prefix: action,
  /** Whether the peer may publish. */
  pub: action,
  /** Whether the peer may subscribe. */
  sub: action,
};

/** A rule about a procedure of the reference server of WAMP v1. */
export const callOptions = {
  /** The procedure. */
  uri: required(text),
  /** Whether the peer may call it. */
  call: action,
};

/** The permissions for a topic, as the Postmaster of 2013 had them. */
export const topicFlags = {
  /** Whether the peer may publish. */
  CanPublish: action,
  /** Whether the peer may subscribe. */
  CanSubscribe: action,
};

const topicRule = ruled(object(topicOptions), ({ uri, prefix }, place) =>
  emptyOnlyAsPrefix({ uri, match: prefix ? 'prefix' : 'exact' }, place),
);
const emptyName = (uri: string): string | undefined => (uri === '' ? 'has an empty URI' : undefined);

/** Permissions as WAMP v1 has them. */
export const historicOptions = {
  /** Rules about topics, as the reference server of WAMP v1 had them. */
  pubsub: orNull(list(topicRule)),
  /** Rules about procedures, as the reference server of WAMP v1 had them. */
  rpc: orNull(list(object(callOptions))),
  /** Topics by URI, as the Postmaster of 2013 had them. */
  PubSub: orNull(table(object(topicFlags), { keyFault: emptyName })),
  /** Whether a procedure may be called, by URI, as the Postmaster of 2013 had it. */
  RPC: orNull(table(flag, { keyFault: emptyName })),
};

const historic = object(historicOptions, {
  elsewhere: { permissions: 'is an old key: put its rules in its place, one level up' },
});

const expected = 'a list of rules, or { pubsub, rpc }';

const byShape = (ofText: Kind<unknown> | undefined): Kind<Permissions> =>
  asGiven(
    either<Permissions, unknown>(expected, [rules, historic], (given) => {
      if (Array.isArray(given)) return rules;
      if (typeof given === 'string' && given !== '') return ofText;
      return isDict(given) ? historic : undefined;
    }),
  );

/** Permissions of one principal. */
export const permissions = byShape(undefined);

/** Permissions of a role, or of anonymous peers. For the latter old configs have the name of a role, which is refused. */
export const rolePermissions = byShape({
  expected,
  read: (given, place) =>
    place.mustBe(`${expected}, not the name of a role: write the rules of ${JSON.stringify(given)} here`),
});
