/** Looks up the principals of a method, in a table or by asking the application. */

import type { Dict } from '../base/dict.ts';
import { isMissing } from '../base/dict.ts';
import { attempt, chain } from '../base/thenable.ts';
import type { AuthRequest, Credential } from './authentication.ts';
import type { CredentialShape } from './credential.ts';
import { credentialFault } from './credential.ts';
import { noPrincipalIfDenied } from './denial.ts';

/** The request to an authenticator of the application. */
export interface PrincipalRequest<Name extends string = string> {
  readonly realm: string;
  /** The name of the method, as in HELLO.Details.authmethods. */
  readonly method: Name;
  /** The authid of HELLO; for `cookie` the value of the cookie, for `tls` the common name of the certificate. */
  readonly authid: string;
  /** HELLO.Details.authextra. */
  readonly authextra: Dict;
}

/**
 * Finds a principal: returns its credential for the method, or undefined if there is none. It is also asked about authids
 * that do not exist. If it throws, the peer is not admitted: a WampError with the URI `wamp.error.authentication_denied`
 * means that there is no such principal; any other error is logged, and the peer receives only
 * `wamp.error.authentication_failed`.
 */
export type FindPrincipal<Found extends Credential, Request extends PrincipalRequest = PrincipalRequest> = (
  request: Request,
) => Found | null | undefined | Promise<Found | null | undefined>;

/** Principals as a table by authid, or as a function. */
export type Principals<Found extends Credential, Request extends PrincipalRequest = PrincipalRequest> =
  | Readonly<Record<string, Found>>
  | FindPrincipal<Found, Request>;

/** A look-up of principals. */
export interface Finder<Found extends Credential, Request extends PrincipalRequest> {
  readonly find: FindPrincipal<Found, Request>;
  readonly isDynamic: boolean;
}

/**
 * Creates the look-up of `principals`. A table has been checked when the router was created; inherited keys are not found
 * in it. The answer of an authenticator is checked against `shape`. An authenticator that denies counts as having found
 * none.
 */
export const toFinder = <Found extends Credential, Request extends PrincipalRequest>(
  principals: Principals<Found, Request>,
  shape: CredentialShape,
): Finder<Found, Request> => {
  if (typeof principals !== 'function') {
    const table = new Map(Object.entries(principals));
    return { find: ({ authid }) => table.get(authid), isDynamic: false };
  }
  const check = (found: Found | null | undefined): Found | null | undefined => {
    const fault = isMissing(found) ? undefined : credentialFault(found, shape);
    if (fault !== undefined) throw new TypeError(`an authenticator must answer with ${fault}`);
    return found;
  };
  const find: FindPrincipal<Found, Request> = (request) =>
    attempt(() => chain(principals(request), check), noPrincipalIfDenied);
  return { find, isDynamic: true };
};

/** Calls `next` with the principal that was found, synchronously if it is not a promise. */
export const whenFound = <Found extends Credential, Next>(
  answer: Found | null | undefined | Promise<Found | null | undefined>,
  next: (found: Found | undefined) => Next | Promise<Next>,
): Next | Promise<Next> => chain(answer, (found) => next(found ?? undefined));

/** The request to an authenticator about a peer that sent HELLO. `authid` is given if the peer proves another than it claims. */
export const requestOf = <Name extends string>(
  method: Name,
  { realm, authid: claimed = '', authextra }: AuthRequest,
  authid = claimed,
): PrincipalRequest<Name> => ({ realm, method, authid, authextra });
