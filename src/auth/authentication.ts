/**
 * Authentication of WAMP v2: from a HELLO to a challenge or a grant, and from an AUTHENTICATE to a grant.
 *
 * A realm has methods. Each looks its principals up in a table or asks the application, and denies whenever something
 * fails. Nothing that a peer is sent, and no timing that it can measure here, reveals whether an authid exists: an unknown
 * authid is challenged like any other, and no answer to that challenge is accepted (Advanced Profile, "Authentication
 * Methods").
 */

import type { Dict } from '../base/dict.ts';
import { attempt, chain } from '../base/thenable.ts';
import { WampError } from '../wamp/error.ts';
import type { Id } from '../wamp/id.ts';
import type { Permissions } from '../wamp/permission.ts';
import { reasons } from '../wamp/reasons.ts';
import type { ChannelBinding } from './channel-binding.ts';
import { isName, maxAuthidLength } from './credential.ts';
import { denial, isForPeer } from './denial.ts';
import { compilePermissions } from './permission.ts';

/** What TLS knows about a peer. */
export interface TlsPeer {
  /** The verified certificate that the peer presented; undefined if it presented none. */
  readonly certificate: { readonly commonName: string; readonly fingerprint: string } | undefined;
  /** The channel id: 32 octets that only the two ends of this connection share. A string instead says why there is none. */
  readonly channelId: (type: ChannelBinding) => Uint8Array | string;
}

/** A peer that wants to join, as its HELLO and its connection describe it. */
export interface AuthRequest {
  readonly realm: string;
  /** The id that the session will have. */
  readonly session: Id;
  readonly authid: string | undefined;
  /** The address of the peer. Logins that need expensive key derivations are queued fairly by address. */
  readonly remoteAddress?: string | undefined;
  readonly authmethods: readonly string[] | undefined;
  readonly authextra: Dict;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly tls: TlsPeer | undefined;
}

/** A principal: its role and further properties. Each method adds what the peer must prove to know. */
export interface Credential {
  /** 1 to 512 octets. Default: the authid that the method has proven, if it proves one, otherwise a random one. */
  readonly authid?: string;
  /** A role of the realm, or any name if `permissions` is given. */
  readonly role: string;
  /**
   * Permissions of its own, instead of those of the role. An Error if they could not be determined; it is only thrown after
   * the proof.
   */
  readonly permissions?: unknown;
  /** The authority that vouches for it, for the session meta API. Default: `static` or `dynamic`. */
  readonly provider?: string;
  /** WELCOME.Details.authextra; the method may add entries. */
  readonly extra?: Dict;
}

/** The result of a successful authentication. */
export interface AuthGrant {
  readonly authid: string;
  readonly authrole: string;
  /** The name of the method, as in HELLO.Details.authmethods. */
  readonly authmethod: string;
  readonly authprovider: string;
  readonly permissions: Permissions;
  /** The permissions as the application gave them. */
  readonly permissionsInput: unknown;
  readonly isAnonymous: boolean;
  /** WELCOME.Details.authextra, if the principal or the method has any. */
  readonly welcomeExtra: Dict | undefined;
}

/** The result of a correct answer to a challenge, or of a method without one. */
export interface Proof {
  readonly credential: Credential;
  /** The authid to use if the credential names none. Default: a random one. The authid in HELLO proves nothing by itself. */
  readonly authid?: string | undefined;
  readonly welcomeExtra?: Dict;
}

/** An open challenge. Only one answer may be tried on it. */
export interface AuthChallenge {
  readonly extra: Dict;
  /** Undefined for a wrong answer. */
  verify(signature: string, extra: Dict): Proof | undefined | Promise<Proof | undefined>;
}

/** One method of one realm. It accepts the peer at once, returns undefined to deny it, or challenges it. */
export interface Method {
  /** As in HELLO.Details.authmethods. */
  readonly name: string;
  readonly isDynamic: boolean;
  /** Whether the request contains what the method needs before a challenge, such as a cookie or a certificate. Default: yes. */
  readonly isPossible?: (request: AuthRequest) => boolean;
  begin(request: AuthRequest): AuthStart | undefined | Promise<AuthStart | undefined>;
}

/** The first step of a method. */
export type AuthStart = { readonly proof: Proof } | { readonly challenge: AuthChallenge };

/** The first step of an authentication. */
export type AuthStep =
  | { readonly grant: AuthGrant }
  | {
      readonly method: string;
      readonly extra: Dict;
      readonly verify: (signature: string, extra: Dict) => AuthGrant | Promise<AuthGrant>;
    };

/** The authentication of one realm. `begin` and `verify` throw, or reject with, the WampError that ends the attempt. */
export interface Authentication {
  begin(request: AuthRequest): AuthStep | Promise<AuthStep>;
}

/** The options of an authentication. */
export interface AuthenticationOptions {
  readonly methods: readonly Method[];
  /** The permissions of each role. */
  readonly roles: ReadonlyMap<string, unknown>;
  /** Creates an authid for a peer that has none. */
  readonly createAuthid: () => string;
  /** Called when a callback of the application throws. */
  readonly onFault: (error: unknown, method: string) => void;
}

const anonymously: readonly string[] = ['anonymous'];

// The client's order decides, but anonymous comes last, so that no peer gets fewer rights than it could have.
const choose = (methods: readonly Method[], request: AuthRequest): Method => {
  const { authmethods: asked = anonymously } = request;
  const only = asked.length === 1 && methods.find(({ name }) => name === asked[0]);
  if (only) return only;
  const ranked = [...asked].sort((a, b) => Number(a === 'anonymous') - Number(b === 'anonymous'));
  const known = ranked.flatMap((name) => methods.filter((method) => method.name === name));
  const [first] = known;
  if (first) return known.find(({ isPossible = () => true }) => isPossible(request)) ?? first;
  const names = methods.map(({ name }) => name).join(', ');
  const description = `this realm authenticates by ${names || 'nothing'}, not by ${ranked.join(', ') || 'no method at all'}`;
  throw new WampError(reasons.noMatchingAuthMethod, { description });
};

/** Creates the authentication of a realm from its methods. */
export const createAuthentication = (options: AuthenticationOptions): Authentication => {
  const { methods, roles, createAuthid, onFault } = options;
  const compiled = new Map<string, Permissions>();

  const permissionsOf = (role: string): Permissions => {
    const known = compiled.get(role);
    if (known) return known;
    if (!roles.has(role)) throw new TypeError(`an authenticator must answer with a role of the realm, not "${role}"`);
    const permissions = compilePermissions(roles.get(role));
    compiled.set(role, permissions);
    return permissions;
  };
  const grantOf = (method: Method, proof: Proof | undefined): AuthGrant => {
    if (!proof) throw denial();
    const { credential, welcomeExtra } = proof;
    const { role, extra, permissions: own } = credential;
    const authid = credential.authid ?? (proof.authid || createAuthid());
    if (own instanceof Error) throw own;
    if (!isName(authid)) throw denial(`an authid has at most ${maxAuthidLength} octets`);
    return {
      authid,
      authrole: role,
      authmethod: method.name,
      authprovider: credential.provider ?? (method.isDynamic ? 'dynamic' : 'static'),
      permissions: own === undefined ? permissionsOf(role) : compilePermissions(own),
      permissionsInput: own ?? roles.get(role),
      isAnonymous: method.name === 'anonymous',
      welcomeExtra: extra || welcomeExtra ? { ...extra, ...welcomeExtra } : undefined,
    };
  };
  /**
   * Passes a denial on to the peer. Any other error is the application's fault or ours: it is reported, and nothing
   * about it is sent to the peer.
   */
  const guarded = <Value>(method: Method, ask: () => Value | Promise<Value>): Value | Promise<Value> =>
    attempt(ask, (error): never => {
      if (isForPeer(error)) throw error;
      onFault(error, method.name);
      throw new WampError(reasons.authenticationFailed, { description: 'the authentication could not be checked' });
    });
  const stepOf = (method: Method, start: AuthStart | undefined): AuthStep => {
    if (!start || 'proof' in start) return { grant: grantOf(method, start?.proof) };
    const { challenge } = start;
    const verify = (signature: string, extra: Dict): AuthGrant | Promise<AuthGrant> =>
      guarded(method, () => chain(challenge.verify(signature, extra), (proof) => grantOf(method, proof)));
    return { method: method.name, extra: challenge.extra, verify };
  };
  return {
    begin: (request) => {
      const method = choose(methods, request);
      return guarded(method, () => chain(method.begin(request), (start) => stepOf(method, start)));
    },
  };
};
