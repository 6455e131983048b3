/** The options `authenticators` and `decoys` of a realm, made from the table of methods in `src/auth`. */

import { isName, maxAuthidLength } from '../auth/credential.ts';
import type { MethodDescription } from '../auth/method-description.ts';
import { namesFault } from '../auth/method-description.ts';
import type { AuthenticatorSettings, ByProcedure, DecoySettings } from '../auth/methods.ts';
import { methodEntries } from '../auth/methods.ts';
import type { Dict } from '../base/dict.ts';
import { isDict } from '../base/dict.ts';
import { asGiven, either, list, object, ruled, table } from '../kind/compound.ts';
import type { AnyKind, Kind } from '../kind/kind.ts';
import { optional, required } from '../kind/kind.ts';
import { callback, matching, text, textWith } from '../kind/plain.ts';
import { permissions } from './permissions.ts';

/** The options of a procedure that is called where a function could be given. */
export const byProcedureOptions = {
  /** The URI of a procedure of the realm; it is called by the router itself. */
  procedure: required(text),
};

/** A procedure of the realm instead of a function. */
export const byProcedure = object(byProcedureOptions);

/** Whether `given` names a procedure of the realm. */
export const isByProcedure = (given: unknown): given is ByProcedure =>
  isDict(given) && typeof given.procedure === 'string';

const name = textWith(`a string of 1 to ${maxAuthidLength} octets`, isName);

/** What a principal of any method may have, besides what the method itself needs. */
export const principalOptions = {
  /** A role of the realm; any name beside `permissions`. */
  role: required(name),
  /** Permissions of its own, instead of the role's. */
  permissions,
  /** The authid of its sessions. Default: the authid that the method has proven, if it proves one, otherwise a random one. */
  authid: name,
  /** The `authprovider` of its sessions, as the session meta API shows it. */
  provider: optional(name, 'static'),
  /** `authextra` in WELCOME. */
  extra: matching<Dict>('an object', isDict),
};

const expected = 'a table of principals, a function or { procedure }';

const principals = ({ credential, keysFault = namesFault }: MethodDescription): AnyKind => {
  const { evidence, elsewhere = {}, fault } = credential;
  const entry = ruled(object({ ...principalOptions, ...evidence }, { hidesKeys: true, elsewhere }), (given, place) => {
    const missing = fault?.({ ...given });
    if (missing !== undefined) place.refuse(`must be an object that has ${missing}`);
  });
  const entries = table(asGiven(entry), {
    hidesKeys: true,
    check: (keys, place) => {
      const wrong = keysFault(keys);
      if (wrong !== undefined) place.refuse(`must be a table whose ${wrong}`);
    },
  });
  const finder = callback<unknown>();
  return either<unknown>(expected, [entries, finder, byProcedure], (given) => {
    if (typeof given === 'function') return finder;
    if (isByProcedure(given)) return byProcedure;
    return isDict(given) ? entries : undefined;
  });
};

const settingsOf = (method: MethodDescription): AnyKind => {
  const { parameters } = method;
  if (!parameters) return principals(method);
  return object({
    ...parameters,
    /** The principals of the method: a table, a function, or a procedure of the realm. */
    principals: required(principals(method)),
  });
};

/** The option `authenticators`. A method that is not given is not offered. */
export const authenticators = object(
  Object.fromEntries(methodEntries.map(([method, description]) => [method, settingsOf(description)])),
) as Kind<AuthenticatorSettings>;

/** The option `decoys`: what principals look like, for each method that also challenges authids that do not exist. */
export const decoys = object(
  Object.fromEntries(
    methodEntries.flatMap(([method, { decoy }]) =>
      decoy ? [[method, asGiven(list(decoy, { least: 1, expected: 'a list of at least one decoy' }))]] : [],
    ),
  ),
) as Kind<DecoySettings>;
