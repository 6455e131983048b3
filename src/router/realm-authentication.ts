/**
 * From the options of a realm to how its peers authenticate and who decides what they may do: tables, functions of the
 * application, or procedures of the realm itself, which the router calls as a peer in this process.
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
import type { Payload } from '../wamp/message.ts';

/** Calls a procedure of the realm in the router's own name. One that takes its time is given up. */
export type CallRealm = (procedure: string, args: readonly unknown[]) => Promise<Payload>;

/** The router as a peer in one of its realms. */
export interface RouterPeer {
  readonly call: CallRealm;
  /** Whether a session is the router's own: a role would not tell, as anybody may have been given it. */
  readonly isItself: (session: Id) => boolean;
}

const anonymousRole = 'anonymous';
/** The role of v2 peers that `getAuthSecret` vouches for; their permissions come from `getAuthPermissions`. */
const authenticatedRole = 'authenticated';

/** Principals, with a procedure turned into a function. */
const resolve = (given: Principals<Credential> | ByProcedure, call: CallRealm): Principals<Credential> => {
  if (!isByProcedure(given)) return given;
  const { procedure } = given;
  // What a procedure answers with is its own affair and may quote the request: neither the peer nor the log gets to see it.
  const fail = (error: unknown): never => {
    if (isDenial(error)) throw error;
    throw new Error(`the authenticator ${procedure} failed: ${error instanceof WampError ? error.uri : 'no answer'}`);
  };
  return async (request) => {
    const { args } = await call(procedure, [request]).catch(fail);
    return args[0] as Credential | undefined;
  };
};

/** WAMP-CRA by the callbacks that v1 has: one application, one set of keys. */
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

/** What a realm says of its authenticators, as it has been checked: which fits which method is for the table to know. */
type Given = Readonly<Partial<Record<AuthenticatorName, unknown>>>;

/** The methods of a realm; `contextOf` makes what the one that is named needs. */
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

/** What an operator is told where `decoys` do not say what principals look like. */
export const strange = 'a principal is challenged as no unknown one is, which tells them apart: see the option decoys';

/** How WAMP v2 peers of a realm authenticate. */
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
      onStrange: () => report.info({ realm: realm.name, method }, strange),
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
 * Who decides beside the rules. The router's own calls are not asked about, and a procedure is not asked about itself: whoever
 * the rules let register it, may.
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
