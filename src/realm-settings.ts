/**
 * The options of one realm: who may join, what each role may do, what is kept. Defaults, and the check that refuses what
 * cannot be meant with one sentence.
 */

import type { Credential } from './auth/authentication.ts';
import { credentialFault } from './auth/credential.ts';
import type { MethodDescription } from './auth/method-description.ts';
import { namesFault } from './auth/method-description.ts';
import type { AuthenticatorName, AuthenticatorSettings, ByProcedure, DecoySettings } from './auth/methods.ts';
import { methodEntries, methods } from './auth/methods.ts';
import type { PermissionsInput } from './auth/permission.ts';
import { compilePermissions } from './auth/permission.ts';
import type { RequestIdRule } from './connection/request-ids.ts';
import { everyRealm } from './interceptor/scope.ts';
import type { Authorizer } from './realm/authorizer.ts';
import type { Disclosure } from './realm/disclosure.ts';
import type { HistorySettings } from './realm/history.ts';
import { ConfigError } from './wamp/error.ts';
import { unknownName } from './wamp/names.ts';
import type { UriRule } from './wamp/uri.ts';

/** A realm. */
export interface RealmSettings {
  readonly name: string;
  /** Permissions of peers that authenticate as nobody. Default: they are refused. */
  readonly anonymous?: PermissionsInput;
  /** Permissions of each role. `anonymous` is the role of peers that authenticate as nobody. */
  readonly roles?: Readonly<Record<string, PermissionsInput>>;
  /** How WAMP v2 peers authenticate. Default: `getAuthSecret` answers for WAMP-CRA in the realm of v1, and nothing else. */
  readonly authenticators?: AuthenticatorSettings;
  /** Asked about every action that the role's permissions allow. */
  readonly authorizer?: Authorizer | ByProcedure;
  /** Whether publishers and callers are named to the other side. Default: `on-request`. */
  readonly disclosure?: Disclosure;
  /** What becomes of WAMP v2 request ids out of sequence. Default: `warn`, they are counted. */
  readonly requestIds?: RequestIdRule;
  /** Which URIs WAMP v2 peers may use. Default: `loose`. */
  readonly uris?: UriRule;
  /** Topics whose events are kept for `wamp.subscription.get_events`. */
  readonly history?: readonly HistorySettings[];
  /**
   * What the challenges of authids that do not exist are made from: the same on every node and after a restart, or they tell.
   * At least 16 characters. Default: random.
   */
  readonly decoySecret?: string;
  /** What principals look like when they are challenged, so that authids that do not exist look the same. */
  readonly decoys?: DecoySettings;
  /** Roles that may take over registrations of other authids with `force_reregister`. */
  readonly forceReregister?: readonly string[];
  /**
   * Delivers progressive results of callees that do not announce `call_canceling`, which the specification has the dealer
   * disregard. They go on after a CANCEL, and after their caller left, where nobody hears them. Default: false.
   */
  readonly progressWithoutCanceling?: boolean;
}

const realmKeys = [
  'name',
  'anonymous',
  'roles',
  'authenticators',
  'authorizer',
  'disclosure',
  'requestIds',
  'uris',
  'history',
  'decoySecret',
  'decoys',
  'forceReregister',
  'progressWithoutCanceling',
];

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const refuse = (where: string, expected: string): never => {
  throw new ConfigError(`${where} must be ${expected}`);
};

/** Throws a ConfigError for a key of `given` that is none of `known`; `where` is what it is called. */
export const checkNames = (given: object, known: readonly string[], where: string): void => {
  const fault = unknownName(given, known);
  if (fault !== undefined) throw new ConfigError(`${where} ${fault}`);
};

const checkPermissions = (given: unknown, where: string): void => {
  try {
    compilePermissions(given);
  } catch (error) {
    throw new ConfigError(`${where}: ${(error as Error).message}`);
  }
};

const checkPrincipals = (
  given: unknown,
  { credential: shape, keysFault = namesFault }: MethodDescription,
  where: string,
  roles: readonly string[],
): void => {
  if (typeof given === 'function') return;
  if (!isObject(given)) return refuse(where, 'a table of principals, a function or { procedure }');
  if (typeof given.procedure === 'string') return;
  // The message names no authid: a slip of the pen may have turned a secret into one.
  const fault = keysFault(Object.keys(given));
  if (fault !== undefined) refuse(where, `a table whose ${fault}`);
  for (const credential of Object.values(given)) {
    const fault = credentialFault(credential, shape);
    if (fault !== undefined) refuse(where, `a table whose every entry is ${fault}`);
    const { role, permissions } = credential as Credential;
    checkPermissions(permissions, `${where}, permissions of an entry`);
    if (permissions !== undefined || roles.includes(role)) continue;
    refuse(
      where,
      `a table whose every role is one of the realm (${roles.join(', ') || 'it has none'}) or has permissions`,
    );
  }
};

const checkAuthenticators = (given: unknown, where: string, roles: readonly string[]): void => {
  if (!isObject(given)) return refuse(where, 'an object');
  checkNames(given, Object.keys(methods), where);
  for (const [name, settings] of Object.entries(given) as [AuthenticatorName, unknown][]) {
    const method = methods[name];
    const path = `${where}.${name}`;
    const { parameters } = method;
    if (!parameters) checkPrincipals(settings, method, path, roles);
    else if (!isObject(settings) || !parameters.isRight(settings)) refuse(path, parameters.expected);
    else checkPrincipals(settings.principals, method, `${path}.principals`, roles);
  }
};

const decoyShapes = new Map(methodEntries.flatMap(([name, { decoy }]) => (decoy ? [[name as string, decoy]] : [])));

const checkDecoys = (given: unknown, where: string): void => {
  if (!isObject(given)) return refuse(where, 'an object');
  checkNames(given, [...decoyShapes.keys()], where);
  for (const [method, decoys] of Object.entries(given)) {
    if (!Array.isArray(decoys) || decoys.length === 0) refuse(`${where}.${method}`, 'a list of at least one decoy');
    (decoys as unknown[]).forEach((decoy, at) => {
      const path = `${where}.${method}[${at}]`;
      try {
        const shape = decoyShapes.get(method);
        if (isObject(decoy) && shape) {
          checkNames(decoy, shape.keys, 'a decoy');
          if (shape.isRight(decoy)) return;
        }
      } catch (error) {
        throw new ConfigError(`${path}: ${(error as Error).message}`);
      }
      refuse(path, 'what its principals have beside their secrets');
    });
  }
};

const checkOneOf = (value: unknown, names: readonly string[], where: string): void => {
  if (value !== undefined && !names.includes(value as string)) refuse(where, `one of ${names.join(', ')}`);
};

const checkHistory = (given: unknown, where: string): void => {
  if (!Array.isArray(given)) return refuse(where, 'a list');
  given.forEach((entry: unknown, at) => {
    const path = `${where}[${at}]`;
    if (!isObject(entry) || typeof entry.uri !== 'string')
      throw new ConfigError(`${path} must be an object with a uri`);
    checkNames(entry, ['uri', 'match', 'limit', 'maxSize'], path);
    checkOneOf(entry.match, ['exact', 'prefix', 'wildcard'], `${path}.match`);
    for (const name of ['limit', 'maxSize']) {
      const value = entry[name];
      if (value !== undefined && !(Number.isSafeInteger(value) && (value as number) > 0)) {
        refuse(`${path}.${name}`, 'a positive whole number');
      }
    }
  });
};

/** Checks the options of a realm. Throws a ConfigError that names the option and what it must be. */
export const checkRealm = (given: string | RealmSettings, at: number): RealmSettings => {
  const where = `realms[${at}]`;
  const realm = typeof given === 'string' ? { name: given } : given;
  if (!isObject(realm) || typeof realm.name !== 'string' || realm.name === '') {
    throw new ConfigError(`${where} must be a name or an object with a name`);
  }
  if (realm.name === everyRealm) throw new ConfigError(`${where} must not be named "*", which stands for all realms`);
  checkNames(realm, realmKeys, where);
  checkPermissions(realm.anonymous, `${where}.anonymous`);
  const { roles = {}, authenticators, authorizer, history, forceReregister } = realm;
  if (!isObject(roles)) refuse(`${where}.roles`, 'an object of permissions by role');
  for (const [role, permissions] of Object.entries(roles)) checkPermissions(permissions, `${where}.roles.${role}`);
  const known = [...(realm.anonymous === undefined ? [] : ['anonymous']), ...Object.keys(roles)];
  if (authenticators !== undefined) checkAuthenticators(authenticators, `${where}.authenticators`, known);
  const isProcedure = isObject(authorizer) && typeof authorizer.procedure === 'string';
  if (authorizer !== undefined && typeof authorizer !== 'function' && !isProcedure) {
    refuse(`${where}.authorizer`, 'a function or { procedure }');
  }
  checkOneOf(realm.disclosure, ['never', 'on-request', 'always'], `${where}.disclosure`);
  checkOneOf(realm.requestIds, ['off', 'warn', 'strict'], `${where}.requestIds`);
  checkOneOf(realm.uris, ['loose', 'strict'], `${where}.uris`);
  if (realm.decoySecret !== undefined && !(typeof realm.decoySecret === 'string' && realm.decoySecret.length >= 16)) {
    refuse(`${where}.decoySecret`, 'a text of at least 16 characters');
  }
  if (realm.decoys !== undefined) checkDecoys(realm.decoys, `${where}.decoys`);
  if (history !== undefined) checkHistory(history, `${where}.history`);
  if (forceReregister !== undefined && !Array.isArray(forceReregister)) {
    refuse(`${where}.forceReregister`, 'a list of roles');
  }
  if (!['undefined', 'boolean'].includes(typeof realm.progressWithoutCanceling)) {
    refuse(`${where}.progressWithoutCanceling`, 'true or false');
  }
  return realm;
};
