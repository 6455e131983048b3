/** The options of one realm: who may join, what each role may do, which events are kept. */

import type { ByProcedure } from '../auth/methods.ts';
import { methodEntries } from '../auth/methods.ts';
import { isDict } from '../base/dict.ts';
import type { HistorySettings } from '../broker/history.ts';
import { historyDefaults } from '../broker/history.ts';
import type { RequestIdRule } from '../connection/v2/request-ids.ts';
import { everyRealm } from '../interceptor/scope.ts';
import { either, list, object, ruled, table } from '../kind/compound.ts';
import type { Given, Kind, Value } from '../kind/kind.ts';
import { optional, required } from '../kind/kind.ts';
import type { Place } from '../kind/place.ts';
import { callback, flag, oneOf, text, textWith, whole } from '../kind/plain.ts';
import type { Authorizer } from '../session/authorizer.ts';
import type { Disclosure } from '../session/disclosure.ts';
import type { UriRule } from '../wamp/uri.ts';
import { emptyOnlyAsPrefix, match, pattern, rolePermissions } from './permissions.ts';
import { authenticators, byProcedure, decoys } from './principals.ts';

/** Topics whose events are kept. */
export const historyOptions = {
  /** The topic, or a pattern of topics. */
  uri: required(pattern),
  /** How the URI is compared. */
  match: optional(match, historyDefaults.match),
  /** The most events that are kept; the oldest are dropped first. */
  limit: optional(whole(1), historyDefaults.limit),
  /** The most memory, roughly, for the events that are kept. */
  maxSize: optional(whole(1, undefined, 'octets'), historyDefaults.maxSize),
};

const history = object(historyOptions) as Kind<HistorySettings, Value<typeof historyOptions>>;

const realmName = ruled(text, (given, place) => {
  if (given === everyRealm) place.refuse(`must not be "${everyRealm}", which stands for all realms`);
});

const authorizer = callback<Authorizer>();

/** The options of a realm. */
export const realmOptions = {
  /** The name of the realm, as in HELLO. */
  name: required(realmName),
  /** Permissions of peers that join without authenticating. Default: they are refused. */
  anonymous: rolePermissions,
  /** Permissions of each role. `anonymous` is the role of peers that join without authenticating. */
  roles: optional(table(rolePermissions), {}),
  /**
   * How WAMP v2 peers authenticate. In the realm of v1 WAMP-CRA with the secrets of `getAuthSecret` is offered too, unless
   * `wampcra` is given here.
   */
  authenticators: optional(authenticators, {}),
  /** Decides about every action that the role's permissions allow: a function, or a procedure of the realm. */
  authorizer: either<Authorizer | ByProcedure>('a function or { procedure }', [authorizer, byProcedure], (given) =>
    typeof given === 'function' ? authorizer : isDict(given) ? byProcedure : undefined,
  ),
  /** Whether publishers and callers are disclosed to subscribers and callees. */
  disclosure: optional<Kind<Disclosure>, Disclosure>(oneOf(['never', 'on-request', 'always']), 'on-request'),
  /** What follows when the request ids of a WAMP v2 session are not 1, 2, 3, ...: nothing, a count, or the end of the session. */
  requestIds: optional<Kind<RequestIdRule>, RequestIdRule>(oneOf(['off', 'warn', 'strict']), 'warn'),
  /**
   * Which URIs WAMP v2 peers may use. `loose`: no component is empty or has whitespace or `#`; `strict`: components have only
   * lower-case letters, digits and `_`.
   */
  uris: optional<Kind<UriRule>, UriRule>(oneOf(['loose', 'strict']), 'loose'),
  /** Topics whose events are kept for `wamp.subscription.get_events`. */
  history: optional(list(ruled(history, emptyOnlyAsPrefix)), []),
  /**
   * The secret from which the challenges of authids that do not exist are made. It must be the same on every node and after a
   * restart, or the challenges show which authids exist. Default: random.
   */
  decoySecret: textWith('a string of at least 16 characters', (given) => given.length >= 16),
  /** What the challenges of real principals look like, so that those of authids that do not exist look the same. */
  decoys: optional(decoys, {}),
  /** Roles that may take over registrations of other authids with `force_reregister`. */
  forceReregister: optional(list(text), []),
  /**
   * Delivers progressive results of callees that do not announce `call_canceling`, which the specification has the dealer
   * ignore. Such a callee cannot be interrupted: after a CANCEL, or when its caller has left, it goes on, and its further
   * results are dropped.
   */
  progressWithoutCanceling: optional(flag, false),
};

/** Options of a realm. CONFIG.md has each with what it must be and its default. */
export interface RealmSettings extends Given<typeof realmOptions> {}

/** A realm with every default filled in. */
export interface CheckedRealm extends Value<typeof realmOptions> {}

const rolesOf = ({ anonymous, roles }: CheckedRealm): readonly string[] => [
  ...(anonymous === undefined || Object.hasOwn(roles, 'anonymous') ? [] : ['anonymous']),
  ...Object.keys(roles),
];

// The message does not quote the role, because a secret may have been written in its place.
const checkRole = (role: unknown, known: readonly string[], place: Place): void => {
  if (known.includes(role as string)) return;
  place.refuse(
    `is not a role of this realm${known.length === 0 ? ', which has none' : `; it has ${known.join(', ')}`}`,
  );
};

const checkPrincipals = (given: unknown, known: readonly string[], place: Place): void => {
  if (!isDict(given)) return;
  for (const [position, entry] of Object.values(given).entries()) {
    if (isDict(entry) && entry.permissions === undefined) {
      checkRole(entry.role, known, place.hidden(position).at('role'));
    }
  }
};

const checkRoles = (given: CheckedRealm, place: Place): void => {
  const known = rolesOf(given);
  const there = place.at('authenticators');
  for (const [name, { parameters }] of methodEntries) {
    const settings: unknown = given.authenticators[name];
    if (!parameters) checkPrincipals(settings, known, there.at(name));
    else if (isDict(settings)) checkPrincipals(settings.principals, known, there.at(name).at('principals'));
  }
  for (const [at, role] of given.forceReregister.entries())
    checkRole(role, known, place.at('forceReregister').entry(at));
};

const realmObject = ruled(
  object(realmOptions, { elsewhere: { users: 'is an old key: write "authenticators", as CONFIG.md has it' } }),
  checkRoles,
);

const named: Kind<string, CheckedRealm> = {
  expected: 'a name',
  read: (name, place) => realmObject.read({ name }, place),
};

/** A realm, or its name alone. */
export const realm = either<string | RealmSettings, CheckedRealm>(
  'a name or an object with a name',
  [realmObject],
  (given) => (typeof given === 'string' ? named : isDict(given) ? realmObject : undefined),
);
