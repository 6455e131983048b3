/** How a method looks its principals up: in a table, or by asking the application. */

import type { Dict } from '../base/dict.ts';
import { isMissing } from '../base/dict.ts';
import { attempt, chain } from '../base/thenable.ts';
import type { AuthRequest, Credential } from './authentication.ts';
import type { CredentialShape } from './credential.ts';
import { credentialFault } from './credential.ts';
import { nobodyIfDenied } from './denial.ts';

/** What an authenticator of the application is asked. */
export interface PrincipalRequest<Name extends string = string> {
  readonly realm: string;
  /** The method, as in HELLO.Details.authmethods. */
  readonly method: Name;
  /** The authid of HELLO; for `cookie` the value of the cookie, for `tls` the common name of the certificate. */
  readonly authid: string;
  /** HELLO.Details.authextra. */
  readonly authextra: Dict;
}

/**
 * Finds a principal: its credential for the method, or undefined when there is none. It is asked about authids that do not
 * exist. What it throws lets nobody in: a WampError with the URI `wamp.error.authentication_denied` says that there is none;
 * anything else is logged, and the peer is told `wamp.error.authentication_failed` and no more.
 */
export type FindPrincipal<Found extends Credential, Request extends PrincipalRequest = PrincipalRequest> = (
  request: Request,
) => Found | null | undefined | Promise<Found | null | undefined>;

/** Principals as a table by authid, or as a function. */
export type Principals<Found extends Credential, Request extends PrincipalRequest = PrincipalRequest> =
  | Readonly<Record<string, Found>>
  | FindPrincipal<Found, Request>;

/** The look-up of principals, and whether it asks the application. */
export interface Finder<Found extends Credential, Request extends PrincipalRequest> {
  readonly find: FindPrincipal<Found, Request>;
  readonly isDynamic: boolean;
}

/**
 * The look-up of `principals`. A table, which has been checked when the router was made, finds nothing that it merely inherits.
 * What an authenticator answers is checked against `shape`; one that denies finds nobody.
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
    attempt(() => chain(principals(request), check), nobodyIfDenied);
  return { find, isDynamic: true };
};

/** Then `next` with what was found, at once if it is there. */
export const whenFound = <Found extends Credential, Next>(
  answer: Found | null | undefined | Promise<Found | null | undefined>,
  next: (found: Found | undefined) => Next | Promise<Next>,
): Next | Promise<Next> => chain(answer, (found) => next(found ?? undefined));

/** What an authenticator is asked about a peer that says HELLO; `authid` where the peer proves another than it claims. */
export const requestOf = <Name extends string>(
  method: Name,
  { realm, authid: claimed = '', authextra }: AuthRequest,
  authid = claimed,
): PrincipalRequest<Name> => ({ realm, method, authid, authextra });
