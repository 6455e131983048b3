/**
 * The authentication methods that look principals up, one line each. What may stand under `authenticators` and `decoys` of a realm,
 * how it is checked and what is made of it follows from this table: a new method is a file in `method/` and a line here.
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
  /** By what `createScramVerifier` makes of a password. */
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

/** The methods by the names that they have in HELLO.Details.authmethods, in the order in which a realm names them. */
export const methods: Readonly<Record<AuthenticatorName, MethodDescription>> = table;

/** The same as pairs. */
export const methodEntries = Object.entries(methods) as readonly (readonly [AuthenticatorName, MethodDescription])[];

/** Principals that a procedure of the realm finds; it is called by the router itself. */
export interface ByProcedure {
  readonly procedure: string;
}

type Principals<Name extends AuthenticatorName> = Parameters<Table[Name]['create']>[0] | ByProcedure;

type SettingsOf<Name extends AuthenticatorName> =
  Parameters<Table[Name]['create']> extends readonly [unknown, unknown, infer Given]
    ? Given & { readonly principals: Principals<Name> }
    : Principals<Name>;

/**
 * Who may join and how, by authentication method: a table of principals by authid, a function that finds one, or a procedure
 * of the realm that does. What is not here is not offered.
 */
export type AuthenticatorSettings = { readonly [Name in AuthenticatorName]?: SettingsOf<Name> };

/** What a table for a method holds. */
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

/** What the principals of a realm look like; of several shapes an authid picks one. The salts are patterns and never sent. */
export type DecoySettings = { readonly [Name in WithDecoys]?: readonly DecoyOf<Name>[] };
