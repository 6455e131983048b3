/**
 * Makes the authentication and the authorizer of a realm from its options: tables, functions of the application, or
 * procedures of the realm itself, which the router calls as a peer in this process.
 */

import type { Authentication, Credential, Method } from '../auth/authentication.ts';
import { createAuthentication } from '../auth/authentication.ts';
import { isDenial } from '../auth/denial.ts';
import type { MethodContext } from '../auth/method-description.ts';
import type { AuthenticatorName, ByProcedure, CredentialOf } from '../auth/methods.ts';
import { anonymousMethod, methodEntries } from '../auth/methods.ts';
import type { FindPrincipal, Principals } from '../auth/principals.ts';
import { createRandomText } from '../auth/random-text.ts';
import type { Report } from '../base/report.ts';
import { isByProcedure } from '../options/principals.ts';
import type { CheckedRealm } from '../options/realm.ts';
import type { Settings } from '../options/router.ts';
import type { Authorizer } from '../session/authorizer.ts';
import { WampError } from '../wamp/error.ts';
import type { Id } from '../wamp/id.ts';
import type { Payload } from '../wamp/payload.ts';

/** Calls a procedure of the realm in the router's own name. A call that takes too long is given up. */
export type CallRealm = (procedure: string, args: readonly unknown[]) => Promise<Payload>;

/** The router's own session in one of its realms. */
export interface RouterPeer {
  readonly call: CallRealm;
  /** Whether a session is the router's own. The role does not tell, because any session may have been given the same. */
  readonly isItself: (session: Id) => boolean;
}

const anonymousRole = 'anonymous';
/** The role of v2 peers that authenticate through `getAuthSecret`. Their permissions come from `getAuthPermissions`. */
const authenticatedRole = 'authenticated';

/** Returns principals, with a procedure turned into a function. */
const resolve = (given: Principals<Credential> | ByProcedure, call: CallRealm): Principals<Credential> => {
  if (!isByProcedure(given)) return given;
  const { procedure } = given;
  // The error of a procedure may quote the request, so it is shown neither to the peer nor in the log.
  const fail = (error: unknown): never => {
    if (isDenial(error)) throw error;
    throw new Error(`the authenticator ${procedure} failed: ${error instanceof WampError ? error.uri : 'no answer'}`);
  };
  return async (request) => {
    const { args } = await call(procedure, [request]).catch(fail);
    return args[0] as Credential | undefined;
  };
};

/** WAMP-CRA by the callbacks of v1, so that an application has one set of keys. */
const craByCallbacks = ({
  getAuthSecret,
  getAuthPermissions,
}: Settings): FindPrincipal<CredentialOf<'wampcra'>> | undefined =>
  getAuthSecret &&
  (async ({ authid, authextra }) => {
    const [secret, permissions] = await Promise.all([
      getAuthSecret(authid),
      Promise.resolve()
        .then(() => getAuthPermissions?.(authid, authextra))
        .catch((cause: unknown) => new Error('getAuthPermissions failed', { cause })),
    ]);
    if (secret === undefined || secret === null || secret === '') return undefined;
    return { secret, role: authenticatedRole, permissions: permissions ?? [] };
  });

/** The authenticators of a realm, already checked. Only the table of methods knows the type of each. */
type Given = Readonly<Partial<Record<AuthenticatorName, unknown>>>;

/** Creates the methods of a realm. `contextOf` creates what the method of that name needs. */
const methodsOf = (
  realm: CheckedRealm,
  settings: Settings,
  call: CallRealm,
  contextOf: (name: AuthenticatorName) => MethodContext,
): Method[] => {
  const { anonymous, roles } = realm;
  const byCallbacks = realm.name === settings.v1Realm && craByCallbacks(settings);
  const authenticators: Given = { ...(byCallbacks && { wampcra: byCallbacks }), ...realm.authenticators };
  const found = methodEntries.flatMap(([name, { parameters, create }]) => {
    const given = authenticators[name];
    if (!given) return [];
    const principals = (parameters ? (given as { readonly principals: unknown }).principals : given) as ByProcedure;
    return [create(resolve(principals, call) as never, contextOf(name) as never, given as never)];
  });
  const hasAnonymous = anonymous !== undefined || anonymousRole in roles;
  return hasAnonymous ? [...found, anonymousMethod(anonymousRole)] : found;
};

/** The log message for an operator whose `decoys` do not say what principals look like. */
export const unlikeDecoys =
  'the challenge of a principal differs from those of unknown authids, which shows that it exists: see the option decoys';

/** Creates the authentication of WAMP v2 peers in a realm. */
export const createRealmAuthentication = (
  realm: CheckedRealm,
  settings: Settings,
  options: { readonly call: CallRealm; readonly report: Report; readonly now: () => number },
): Authentication => {
  const { call, report, now } = options;
  const { anonymous, roles, decoySecret = createRandomText() } = realm;
  const decoys: Given = realm.decoys;
  return createAuthentication({
    methods: methodsOf(realm, settings, call, (method) => ({
      createText: createRandomText,
      now,
      decoySecret,
      decoys: decoys[method] as readonly unknown[] | undefined,
      onUnlikeDecoys: () => report.info({ realm: realm.name, method }, unlikeDecoys),
    })),
    roles: new Map<string, unknown>([
      ...(anonymous === undefined ? [] : [[anonymousRole, anonymous] as const]),
      ...Object.entries(roles),
    ]),
    createAuthid: createRandomText,
    onFault: (error: unknown, method: string) =>
      report.error('callback_failed', { err: error, method, realm: realm.name }, 'an authenticator failed'),
  });
};

/**
 * Creates the authorizer, which decides in addition to the rules; undefined if the realm has none. It is not asked about the
 * router's own calls. A procedure that is the authorizer is not asked about itself: the rules alone say who may register it.
 */
export const createAuthorizer = ({ authorizer }: CheckedRealm, router: RouterPeer): Authorizer | undefined => {
  if (authorizer === undefined) return undefined;
  const ask = isByProcedure(authorizer) ? askProcedure(authorizer, router.call) : authorizer;
  return (request) => router.isItself(request.session.id) || ask(request);
};

const askProcedure =
  ({ procedure }: ByProcedure, call: CallRealm): Authorizer =>
  (request) =>
    request.uri === procedure || call(procedure, [request]).then(({ args }) => args[0]);
