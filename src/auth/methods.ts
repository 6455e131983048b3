/**
 * The table of authentication methods that look principals up. It determines what `authenticators` and `decoys` of a realm
 * may contain, how that is checked, and what is made of it. A new method is a file in `method/` and a line here.
 */

import type { AnyKind } from '../kind/kind.ts';
import { cookie } from './method/cookie.ts';
import { cryptosign } from './method/cryptosign.ts';
import { scram } from './method/scram.ts';
import { ticket } from './method/ticket.ts';
import { tls } from './method/tls.ts';
import { wampcra } from './method/wampcra.ts';
import type { MethodDescription } from './method-description.ts';

export { anonymousMethod } from './method/anonymous.ts';

const table = {
  /** By the public keys of each principal. */
  cryptosign,
  /** By the verifier of a password, as `createScramVerifier` makes it. */
  'wamp-scram': scram,
  /** By a secret, plain, salted or derived. */
  wampcra,
  /** By a ticket. */
  ticket,
  /** By the common name of a certificate that TLS has verified (`requestCert` of the listener). */
  tls,
  /** By the value of a cookie in the upgrade request. */
  cookie,
} satisfies Readonly<Record<string, MethodDescription>>;

type Table = typeof table;

/** A method that looks principals up: all but `anonymous`. */
export type AuthenticatorName = keyof Table;

/** The methods by their names in HELLO.Details.authmethods. A realm lists them in this order. */
export const methods: Readonly<Record<AuthenticatorName, MethodDescription>> = table;

/** The methods as pairs of name and description. */
export const methodEntries = Object.entries(methods) as readonly (readonly [AuthenticatorName, MethodDescription])[];

/** Principals that a procedure of the realm looks up. The router itself calls it. */
export interface ByProcedure {
  /** Its URI. */
  readonly procedure: string;
}

type SettingsOf<Name extends AuthenticatorName> =
  Parameters<Table[Name]['create']> extends readonly [infer Principals, unknown, infer Given]
    ? Given & { readonly principals: Principals | ByProcedure }
    : Parameters<Table[Name]['create']>[0] | ByProcedure;

/**
 * Who may join and how, by authentication method: a table of principals by authid, a function that finds one, or a
 * procedure of the realm that does. A method that is not listed is not offered.
 */
export type AuthenticatorSettings = { readonly [Name in AuthenticatorName]?: SettingsOf<Name> };

/** The entries of a table for a method. */
export type CredentialOf<Name extends AuthenticatorName> = Extract<
  Parameters<Table[Name]['create']>[0],
  Readonly<Record<string, unknown>>
>[string];

type WithDecoys = {
  [Name in AuthenticatorName]: Table[Name] extends { readonly decoy: AnyKind } ? Name : never;
}[AuthenticatorName];

type DecoyOf<Name extends WithDecoys> = Parameters<Table[Name]['create']>[1] extends {
  readonly decoys: readonly (infer Decoy)[] | undefined;
}
  ? Decoy
  : never;

/**
 * The shapes of a realm's principals. If there are several, the authid determines which one its decoy has. The salts are
 * patterns and are never sent.
 */
export type DecoySettings = { readonly [Name in WithDecoys]?: readonly DecoyOf<Name>[] };
