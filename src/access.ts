/**
 * From the options of a realm to how its peers authenticate and who decides what they may do: tables, functions of the
 * application, or procedures of the realm itself, which the router calls as a peer in this process.
 */

import { randomFillSync } from 'node:crypto';
import type { Authentication, AuthMethod, Credential, Method } from './auth/authentication.ts';
import { createAuthentication } from './auth/authentication.ts';
import { isDenial } from './auth/denial.ts';
import type { CraCredential, FindPrincipal, MethodContext, PrincipalRequest, Principals } from './auth/method.ts';
import { anonymousMethod, cookieMethod, craMethod, ticketMethod, tlsMethod } from './auth/method.ts';
import { cryptosignMethod } from './auth/method-cryptosign.ts';
import { scramMethod } from './auth/method-scram.ts';
import { createRandomText } from './auth/random-text.ts';
import type { Settings } from './options.ts';
import type { Authorizer } from './realm/authorizer.ts';
import type { ByProcedure, RealmSettings } from './realm-settings.ts';
import { isDict } from './wamp/dict.ts';
import { WampError } from './wamp/error.ts';
import type { Id } from './wamp/id.ts';
import type { Payload } from './wamp/message.ts';
import type { Report } from './wamp/report.ts';

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

const isByProcedure = (value: unknown): value is ByProcedure => isDict(value) && typeof value.procedure === 'string';

/** Principals, with a procedure turned into a function. */
const resolve = <Found extends Credential>(
  given: Principals<Found> | ByProcedure,
  call: CallRealm,
): Principals<Found> => {
  if (!isByProcedure(given)) return given;
  const { procedure } = given;
  // What a procedure answers with is its own affair and may quote the request: neither the peer nor the log gets to see it.
  const fail = (error: unknown): never => {
    if (isDenial(error)) throw error;
    throw new Error(`the authenticator ${procedure} failed: ${error instanceof WampError ? error.uri : 'no answer'}`);
  };
  const find: FindPrincipal<Found> = async (request: PrincipalRequest) => {
    const { args } = await call(procedure, [request]).catch(fail);
    return args[0] as Found | undefined;
  };
  return find;
};

/** WAMP-CRA by the callbacks that v1 has: one application, one set of keys. */
const craByCallbacks = ({ getAuthSecret, getAuthPermissions }: Settings): FindPrincipal<CraCredential> | undefined =>
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

const methodsOf = (realm: RealmSettings, settings: Settings, call: CallRealm, context: MethodContext): Method[] => {
  const { authenticators = {}, anonymous, roles = {} } = realm;
  const { ticket, wampcra, cryptosign, tls, cookie, 'wamp-scram': scram } = authenticators;
  const cra = wampcra ? resolve(wampcra, call) : realm.name === settings.v1Realm ? craByCallbacks(settings) : undefined;
  const methods: Method[] = [];
  if (cryptosign) methods.push(cryptosignMethod(resolve(cryptosign, call), randomFillSync));
  if (scram) methods.push(scramMethod(resolve(scram, call), context));
  if (cra) methods.push(craMethod(cra, context));
  if (ticket) methods.push(ticketMethod(resolve(ticket, call), context));
  if (tls) methods.push(tlsMethod(resolve(tls, call)));
  if (cookie) methods.push(cookieMethod(resolve(cookie.principals, call), cookie.name));
  if (anonymous !== undefined || anonymousRole in roles) {
    methods.push(anonymousMethod(anonymousRole));
  }
  return methods;
};

/** What an operator is told where `decoys` do not say what principals look like. */
export const strange = 'a principal is challenged as no unknown one is, which tells them apart: see the option decoys';

/** How WAMP v2 peers of a realm authenticate. */
export const createRealmAuthentication = (
  realm: RealmSettings,
  settings: Settings,
  options: { readonly call: CallRealm; readonly report: Report; readonly now: () => number },
): Authentication => {
  const { call, report, now } = options;
  const { anonymous, roles = {} } = realm;
  return createAuthentication({
    methods: methodsOf(realm, settings, call, {
      createText: createRandomText,
      now,
      decoySecret: realm.decoySecret ?? createRandomText(),
      decoys: realm.decoys ?? {},
      onStrange: (method) => report.info({ realm: realm.name, method }, strange),
    }),
    roles: new Map<string, unknown>([
      ...(anonymous === undefined ? [] : [[anonymousRole, anonymous] as const]),
      ...Object.entries(roles),
    ]),
    createAuthid: createRandomText,
    onFault: (error: unknown, method: AuthMethod) =>
      report.error('callback_failed', { err: error, method, realm: realm.name }, 'an authenticator failed'),
  });
};

/**
 * Who decides beside the rules. The router's own calls are not asked about, and a procedure is not asked about itself: whoever
 * the rules let register it, may.
 */
export const createAuthorizer = ({ authorizer }: RealmSettings, router: RouterPeer): Authorizer | undefined => {
  if (authorizer === undefined) return undefined;
  const ask = isByProcedure(authorizer) ? askProcedure(authorizer, router.call) : authorizer;
  return (request) => router.isItself(request.session.id) || ask(request);
};

const askProcedure =
  ({ procedure }: ByProcedure, call: CallRealm): Authorizer =>
  (request) =>
    request.uri === procedure || call(procedure, [request]).then(({ args }) => args[0]);
