/**
 * Authentication of WAMP v2: from a HELLO to a challenge or a grant, from an AUTHENTICATE to a grant.
 *
 * A realm has methods; each looks its principals up, in a table or by asking the application, and fails closed. Nothing
 * that a peer is told, and nothing it can measure from here, says whether an authid exists: an unknown one is challenged
 * like any other, and no answer is right (Advanced Profile, "Authentication Methods").
 */

import type { Dict } from '../base/dict.ts';
import { attempt, chain } from '../base/thenable.ts';
import { WampError } from '../wamp/error.ts';
import type { Id } from '../wamp/id.ts';
import type { Permissions } from '../wamp/permission.ts';
import { reasons } from '../wamp/reasons.ts';
import type { ChannelBinding } from './channel-id.ts';
import { isName, maxAuthidLength } from './credential.ts';
import { denial, isForPeer } from './denial.ts';
import { compilePermissions } from './permission.ts';

/** What TLS knows of a peer. */
export interface TlsPeer {
  /** The certificate that the peer showed and that was verified; undefined when it showed none. */
  readonly certificate: { readonly commonName: string; readonly fingerprint: string } | undefined;
  /** 32 octets that both ends of this connection share and nobody else has, or a sentence that says why there are none. */
  readonly channelId: (type: ChannelBinding) => Uint8Array | string;
}

/** Who asks to be let in. */
export interface AuthRequest {
  readonly realm: string;
  /** The id that the session will have. */
  readonly session: Id;
  readonly authid: string | undefined;
  /** Where it comes from: logins that cost much are done in turns between addresses. */
  readonly remoteAddress?: string | undefined;
  readonly authmethods: readonly string[] | undefined;
  readonly authextra: Dict;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly tls: TlsPeer | undefined;
}

/** What is known of a principal: its role, and under each method what proves that it is the one. */
export interface Credential {
  /** 1 to 512 octets. Default: the authid that the method has proven, if it proves one, else a random one. */
  readonly authid?: string;
  /** A role of the realm, or any name beside `permissions`. */
  readonly role: string;
  /** Permissions of its own, instead of the role's. An Error where they could not be had: it counts after the proof. */
  readonly permissions?: unknown;
  /** Which authority vouches for it, for the session meta API. Default: static or dynamic. */
  readonly provider?: string;
  /** WELCOME.Details.authextra; what the method itself has to say there is added. */
  readonly extra?: Dict;
}

/** Who came in. */
export interface AuthGrant {
  readonly authid: string;
  readonly authrole: string;
  /** The name of the method, as in HELLO.Details.authmethods. */
  readonly authmethod: string;
  readonly authprovider: string;
  readonly permissions: Permissions;
  /** As the application gave them. */
  readonly permissionsInput: unknown;
  readonly isAnonymous: boolean;
  /** WELCOME.Details.authextra, if the principal or the method has something to say. */
  readonly welcomeExtra: Dict | undefined;
}

/** What a method makes of an answer: who it is, and what WELCOME says; undefined when the answer is wrong. */
export interface Proof {
  readonly credential: Credential;
  /** Who a credential belongs to that names nobody. Default: a random authid. What HELLO claims proves nothing by itself. */
  readonly authid?: string | undefined;
  readonly welcomeExtra?: Dict;
}

/** An open challenge. One answer may be tried on it. */
export interface AuthChallenge {
  readonly extra: Dict;
  /** Undefined for a wrong answer. */
  verify(signature: string, extra: Dict): Proof | undefined | Promise<Proof | undefined>;
}

/** One method of one realm: lets somebody in at once, refuses by undefined, or challenges. */
export interface Method {
  /** As in HELLO.Details.authmethods. */
  readonly name: string;
  readonly isDynamic: boolean;
  /** Whether the peer brings what the method looks at before it asks for anything: a cookie, a certificate. Default: yes. */
  readonly isPossible?: (request: AuthRequest) => boolean;
  begin(request: AuthRequest): AuthStart | undefined | Promise<AuthStart | undefined>;
}

/** How a method begins. */
export type AuthStart = { readonly proof: Proof } | { readonly challenge: AuthChallenge };

/** What an authentication leads to. */
export type AuthStep =
  | { readonly grant: AuthGrant }
  | {
      readonly method: string;
      readonly extra: Dict;
      readonly verify: (signature: string, extra: Dict) => AuthGrant | Promise<AuthGrant>;
    };

/** The authentication of one realm. Both functions throw, or reject with, the WampError that ends the attempt. */
export interface Authentication {
  begin(request: AuthRequest): AuthStep | Promise<AuthStep>;
}

/** What an authentication is made of. */
export interface AuthenticationOptions {
  readonly methods: readonly Method[];
  /** The permissions of each role. */
  readonly roles: ReadonlyMap<string, unknown>;
  /** An authid for somebody who has none. */
  readonly createAuthid: () => string;
  /** Told when a callback of the application throws. */
  readonly onFault: (error: unknown, method: string) => void;
}

const anonymously: readonly string[] = ['anonymous'];

// The order is the client's; anonymous comes last, so that nobody is less than they could be.
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

/** An authentication over methods. */
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
  /** A denial is for the peer. Anything else that is thrown is the application's fault or ours, not for the peer to hear. */
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
