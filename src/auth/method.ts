/**
 * The authentication methods without cryptography of their own: anonymous, ticket, cookie and TLS certificate, and WAMP-CRA
 * on top of `wampcra.ts`. What they all share is the look-up of a principal.
 */

import { isMissing } from '../wamp/dict.ts';
import type { Dict } from '../wamp/message.ts';
import { attempt, chain } from '../wamp/thenable.ts';
import type { AuthRequest, AuthStart, Credential, Method, Proof } from './authentication.ts';
import type { CredentialMethod } from './credential.ts';
import { credentialFault } from './credential.ts';
import type { DecoySettings } from './decoy.ts';
import { createCraDecoys } from './decoy.ts';
import { nobodyIfDenied } from './denial.ts';
import type { Key, SecretInput } from './wampcra.ts';
import { isSameSecret, signChallenge, toKey } from './wampcra.ts';

/** What an authenticator of the application is asked. */
export interface PrincipalRequest {
  readonly realm: string;
  readonly method: CredentialMethod;
  /** The authid of HELLO; for `cookie` the value of the cookie, for `tls` the common name of the certificate. */
  readonly authid: string;
  readonly authextra: Dict;
  /** For `ticket` only: what the peer answered. */
  readonly ticket?: string;
  /** For `tls` only: SHA-256 of the certificate, hex digits with colons. */
  readonly fingerprint?: string;
}

/**
 * Finds a principal: its credential for the method, or undefined when there is none. It is asked about authids that do not
 * exist. What it throws lets nobody in: a WampError with the URI `wamp.error.authentication_denied` says that there is none;
 * anything else is logged, and the peer is told `wamp.error.authentication_failed` and no more.
 */
export type FindPrincipal<Found extends Credential> = (
  request: PrincipalRequest,
) => Found | null | undefined | Promise<Found | null | undefined>;

/** Principals as a table by authid, or as a function. */
export type Principals<Found extends Credential> = Readonly<Record<string, Found>> | FindPrincipal<Found>;

/** Where there is no key `ticket`, the authenticator has compared it itself. */
export interface TicketCredential extends Credential {
  readonly ticket?: string;
}

/** The secret of WAMP-CRA, plain, to be salted, or derived already. */
export interface CraCredential extends Credential {
  readonly secret: SecretInput;
}

/** What every method needs from outside. */
export interface MethodContext {
  /** At least 16 unguessable characters. */
  readonly createText: () => string;
  /** ms since 1970. */
  readonly now: () => number;
  /** What decoys are made from. */
  readonly decoySecret: string;
  /** What principals look like. */
  readonly decoys: DecoySettings;
  /** Told once by a method whose principals look like none of `decoys`. */
  readonly onStrange: (method: CredentialMethod) => void;
}

/**
 * The look-up of `principals`. A table, which has been checked when the router was made, finds nothing that it merely inherits.
 * What an authenticator answers is checked; one that denies finds nobody.
 */
export const toFinder = <Found extends Credential>(
  principals: Principals<Found>,
): { readonly find: FindPrincipal<Found>; readonly isDynamic: boolean } => {
  if (typeof principals !== 'function') {
    const table = new Map(Object.entries(principals));
    return { find: ({ authid }) => table.get(authid), isDynamic: false };
  }
  const check = (found: Found | null | undefined, { method }: PrincipalRequest): Found | null | undefined => {
    const fault = isMissing(found) ? undefined : credentialFault(found, method);
    if (fault !== undefined) throw new TypeError(`an authenticator must answer with ${fault}`);
    return found;
  };
  const ask: FindPrincipal<Found> = (request) => chain(principals(request), (found) => check(found, request));
  return { find: (request) => attempt(() => ask(request), nobodyIfDenied), isDynamic: true };
};

/** Then `next` with what was found, at once if it is there. */
export const whenFound = <Found extends Credential, Next>(
  answer: Found | null | undefined | Promise<Found | null | undefined>,
  next: (found: Found | undefined) => Next | Promise<Next>,
): Next | Promise<Next> => chain(answer, (found) => next(found ?? undefined));

const requestOf = (
  method: CredentialMethod,
  request: AuthRequest,
  authid = request.authid ?? '',
): PrincipalRequest => ({
  realm: request.realm,
  method,
  authid,
  authextra: request.authextra,
});

/** Lets everybody in, as nobody in particular. */
export const anonymousMethod = (role: string): Method => ({
  name: 'anonymous',
  isDynamic: false,
  begin: () => ({ proof: { credential: { role } } }),
});

/** A ticket that is shown (Advanced Profile, "Ticket-based Authentication"). */
export const ticketMethod = (principals: Principals<TicketCredential>, { createText }: MethodContext): Method => {
  const { find, isDynamic } = toFinder(principals);
  return {
    name: 'ticket',
    isDynamic,
    begin: (request) => ({
      challenge: {
        extra: {},
        verify: (ticket) =>
          whenFound(find({ ...requestOf('ticket', request), ticket }), (found): Proof | undefined => {
            // For an unknown authid something is compared as well, so that the time it takes does not tell.
            const expected = found ? (isDynamic ? (found.ticket ?? ticket) : found.ticket) : createText();
            const isRight = isSameSecret(expected ?? createText(), ticket);
            return found && isRight && ticket !== '' ? { credential: found, authid: request.authid } : undefined;
          }),
      },
    }),
  };
};

/** UTC with milliseconds, as in 2026-06-01T12:00:00.000Z. */
const timestamp = (time: number): string => new Date(time).toISOString();

/** A signature over a challenge (Advanced Profile, "Challenge Response Authentication"). */
export const craMethod = (
  principals: Principals<CraCredential>,
  { createText, now, decoySecret, decoys: shapes, onStrange }: MethodContext,
): Method => {
  const { find, isDynamic } = toFinder(principals);
  const decoys = createCraDecoys({ secret: decoySecret, onStrange: () => onStrange('wampcra') }, shapes.wampcra);
  if (typeof principals !== 'function') for (const { secret } of Object.values(principals)) decoys.check(secret);
  const start = (request: AuthRequest, found: CraCredential | undefined, { key, derivation }: Key): AuthStart => {
    const authid = request.authid ?? '';
    const challenge = JSON.stringify({
      session: request.session,
      nonce: createText(),
      timestamp: timestamp(now()),
      authid,
      // Not before the signature: the role would tell that the authid exists.
      authrole: '',
      authmethod: 'wampcra',
      authprovider: isDynamic ? 'dynamic' : 'static',
    });
    const verify = (signature: string): Proof | undefined => {
      const isRight = isSameSecret(signChallenge(key, challenge), signature);
      return found && isRight ? { credential: found, authid } : undefined;
    };
    return { challenge: { extra: { challenge, ...derivation }, verify } };
  };
  return {
    name: 'wampcra',
    isDynamic,
    begin: (request) => {
      const decoy = decoys.secretOf(request.authid ?? '', createText);
      const { remoteAddress } = request;
      return whenFound(find(requestOf('wampcra', request)), (found) => {
        const own = found && toKey(found.secret, remoteAddress);
        const known = own && found;
        decoys.check(known ? known.secret : decoy);
        return chain(own ?? toKey(decoy, remoteAddress), (key) => start(request, known, key as Key));
      });
    },
  };
};

// Of two cookies with one name the first counts: its path is the longer one. Quotes are no part of a value (RFC 6265, 4.1.1, 5.4).
const cookieOf = (header: string | readonly string[] | undefined, name: string): string | undefined => {
  const text = typeof header === 'string' ? header : header?.join('; ');
  for (const pair of text?.split(';') ?? []) {
    const at = pair.indexOf('=');
    if (at < 0 || pair.slice(0, at).trim() !== name) continue;
    const value = pair.slice(at + 1).trim();
    return /^"(.*)"$/.exec(value)?.[1] ?? value;
  }
  return undefined;
};

/**
 * The cookie of the upgrade request, which another part of the application has set. It proves no authid but that of the
 * principal; the cookie itself is a secret, and never the authid.
 */
export const cookieMethod = (principals: Principals<Credential>, cookieName: string): Method => {
  const { find, isDynamic } = toFinder(principals);
  return {
    name: 'cookie',
    isDynamic,
    isPossible: ({ headers }) => Boolean(cookieOf(headers.cookie, cookieName)),
    begin: (request) => {
      const value = cookieOf(request.headers.cookie, cookieName);
      if (!value) return undefined;
      return whenFound(find(requestOf('cookie', request, value)), (found) => found && { proof: { credential: found } });
    },
  };
};

/** The certificate that the peer showed to TLS; its common name is the authid. */
export const tlsMethod = (principals: Principals<Credential>): Method => {
  const { find, isDynamic } = toFinder(principals);
  return {
    name: 'tls',
    isDynamic,
    isPossible: ({ tls }) => tls?.certificate !== undefined,
    begin: (request) => {
      const certificate = request.tls?.certificate;
      if (!certificate) return undefined;
      const { commonName, fingerprint } = certificate;
      const asked = { ...requestOf('tls', request, commonName), fingerprint };
      return whenFound(find(asked), (found) => found && { proof: { credential: found, authid: commonName } });
    },
  };
};
