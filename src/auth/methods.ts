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
  /** WAMP-Cryptosign: a signature with one of the principal's Ed25519 keys. */
  cryptosign,
  /** WAMP-SCRAM: a password, of which the router has only the verifier that `createScramVerifier` makes. */
  'wamp-scram': scram,
  /** WAMP-CRA: a shared secret, which the router has as it is, with a salt, or as a derived key. */
  wampcra,
  /** Ticket: a secret that the peer sends in clear text. */
  ticket,
  /**
   * TLS: the common name of the certificate that the peer presented and TLS has verified. The listener must ask for one:
   * `requestCert`, in a config file `clientCa`.
   */
  tls,
  /** Cookie: the value of a cookie in the upgrade request. */
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
