/**
 * WAMP-CRA of WAMP v1: from an authkey to a challenge, and from a signature to a grant.
 *
 * The peer does not learn which keys exist. An unknown key gets a challenge that looks like any other and that no signature
 * satisfies. The application is asked the same questions in both cases, and a challenge shows no permissions.
 * `discloseUnknownKeys` gives all that up in favour of the reference server's plain answers.
 */

import { isDict, isMissing } from '../base/dict.ts';
import { all, attempt, chain } from '../base/thenable.ts';
import { WampError } from '../wamp/error.ts';
import { v1Error } from '../wamp/reasons.ts';
import { isName, maxAuthidLength } from './credential.ts';
import { noPrincipalIfDenied, overloaded } from './denial.ts';
import type { CompiledPermissions, PermissionsInput } from './permission.ts';
import { compilePermissions } from './permission.ts';
import type { Derivation, Key, SecretInput } from './wampcra.ts';
import { derivationDefaults, deriveKeyFor, isSameSecret, signChallenge, toKey } from './wampcra.ts';
import type { CraDecoy } from './wampcra-decoy.ts';
import { createCraDecoys } from './wampcra-decoy.ts';

/**
 * Finds the secret of an authkey. `''`, null or undefined mean that there is no such key; so does a WampError with the URI
 * `wamp.error.authentication_denied`. Any other error is logged, and nothing about it is sent to the peer.
 */
export type GetAuthSecret = (authKey: string) => SecretInput | Promise<SecretInput>;

/** Finds the permissions of an authkey. It may be asked about keys that do not exist; its answer or error is then ignored. */
export type GetAuthPermissions = (authKey: string, authExtra: unknown) => PermissionsInput | Promise<PermissionsInput>;

/** The result of a successful authentication. */
export interface V1Grant {
  /** The key as the peer sent it, lower-cased under `postmasterCompat`; null for an anonymous peer. It is also the authid. */
  readonly authKey: string | null;
  readonly authExtra: unknown;
  /** The permissions as the application returned them. */
  readonly permissionsInput: PermissionsInput;
  readonly permissions: CompiledPermissions;
}

/** An open challenge; null for an anonymous peer. Only one signature may be tried on it. */
export interface V1Challenge {
  readonly challenge: string | null;
  /** The grant, or undefined for a wrong signature. Throws a WampError if the permissions cannot be determined. */
  verify(signature: string | null): V1Grant | undefined;
}

/** Handles `procedure#authreq`. Throws, or rejects with, the WampError that answers the peer. */
export interface V1Authenticator {
  request(
    authkey: unknown,
    extra: unknown,
    sessionId: string,
    remoteAddress: string | undefined,
  ): V1Challenge | Promise<V1Challenge>;
  /** The grant of a peer that joins without authenticating. Throws if the realm has no anonymous permissions. */
  anonymous(extra: unknown): V1Grant;
}

/** The options of a v1 authenticator. */
export interface V1AuthenticatorOptions {
  readonly getAuthSecret: GetAuthSecret | undefined;
  readonly getAuthPermissions: GetAuthPermissions | undefined;
  /** Permissions of anonymous peers. Undefined or null refuses them. */
  readonly anonymous: PermissionsInput;
  readonly discloseUnknownKeys: boolean;
  readonly postmasterCompat: boolean;
  /** At least 16 unguessable characters. */
  readonly createText: () => string;
  /** The secret that decoys of unknown authkeys are derived from. */
  readonly decoySecret: string;
  /** The shapes of the authkeys' secrets. Default: plain. */
  readonly decoys: readonly CraDecoy[] | undefined;
  /** Called once if a secret looks like none of `decoys`. */
  readonly onUnlikeDecoys: () => void;
  /** ms since 1970. */
  readonly now: () => number;
  /** Called when a callback of the application throws. */
  readonly onFault: (error: unknown, callback: string) => void;
}

/** JSON in ASCII only, since some old clients fail on other characters. */
const toAscii = (json: string): string =>
  json.replace(/[\u0080-\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** UTC to the second, as in 2013-06-01T12:00:00Z. */
const timestamp = (time: number): string => `${new Date(time).toISOString().slice(0, 19)}Z`;

// Limits of the key derivation that a client may request under `postmasterCompat`.
const clientIterationsLimit = 100_000;
const clientKeylenLimit = 256;

const clientDerivation = (extra: unknown): Derivation | undefined => {
  if (!isDict(extra) || isMissing(extra.salt)) return undefined;
  const { salt, iterations = derivationDefaults.iterations, keylen = derivationDefaults.keylen } = extra;
  const within = (value: unknown, most: number): value is number =>
    Number.isInteger(value) && (value as number) > 0 && (value as number) <= most;
  if (typeof salt !== 'string' || !within(iterations, clientIterationsLimit) || !within(keylen, clientKeylenLimit)) {
    throw new WampError(v1Error.invalidArgument, {
      description: 'extra must have salt, iterations and keylen within the limits',
    });
  }
  return { salt, iterations, keylen };
};

/** A key, which may be a decoy's. Undefined if there is none and the peer may know that. */
type FoundKey = (Key & { readonly isKnown: boolean }) | undefined;

const plainKey = (key: string): Key => ({ key, derivation: undefined });

type Outcome<Value> = { readonly value: Value } | { readonly error: unknown };

/** What `ask` returns or throws, as a value, synchronously or as a promise. */
const settle = <Value>(ask: () => Value | PromiseLike<Value>): Outcome<Value> | Promise<Outcome<Value>> =>
  attempt<Outcome<Value>, Outcome<Value>>(
    () => chain(ask(), (value) => ({ value })),
    (error) => ({ error }),
  );

/** Creates an authenticator that uses the application's callbacks. */
export const createV1Authenticator = (options: V1AuthenticatorOptions): V1Authenticator => {
  const { getAuthSecret, getAuthPermissions, discloseUnknownKeys, postmasterCompat, createText, now, onFault } =
    options;
  const { decoySecret: secret, onUnlikeDecoys } = options;
  const decoys = createCraDecoys({ secret, onUnlikeDecoys }, options.decoys);
  const compile = (input: unknown): CompiledPermissions => compilePermissions(input, { everyCall: postmasterCompat });

  const lookUpKey = (
    authKey: string,
    salted: Derivation | undefined,
    address: string | undefined,
  ): FoundKey | Promise<FoundKey> => {
    const decoy = decoys.secretOf(authKey, createText);
    const use = (input: SecretInput): FoundKey | Promise<FoundKey> => {
      const known = toKey(input, address);
      if (!known && discloseUnknownKeys) return undefined;
      const used = known ? input : decoy;
      decoys.check(used);
      const key =
        salted && typeof used === 'string'
          ? deriveKeyFor(address, used, salted).then(plainKey)
          : (known ?? toKey(decoy, address));
      return chain(key as Key | Promise<Key>, (made): FoundKey => ({ ...made, isKnown: known !== undefined }));
    };
    return chain<SecretInput, FoundKey>(
      attempt(() => getAuthSecret?.(authKey), noPrincipalIfDenied),
      use,
    );
  };

  const challengeOf = (
    authKey: string,
    extra: unknown,
    sessionId: string,
    key: Key,
    grant: (() => V1Grant) | undefined,
  ): V1Challenge => {
    const shown = grant && discloseUnknownKeys ? grant().permissions.v1.list : { pubsub: [], rpc: [] };
    const challenge = toAscii(
      JSON.stringify({
        authid: createText(),
        authkey: authKey,
        timestamp: timestamp(now()),
        sessionid: sessionId,
        extra: extra ?? {},
        permissions: shown,
        ...(key.derivation && { authextra: key.derivation }),
      }),
    );
    return {
      challenge,
      verify: (signature) => {
        const isRight = isSameSecret(signChallenge(key.key, challenge), signature ?? '');
        return isRight ? grant?.() : undefined;
      },
    };
  };

  const answer = (
    authKey: string,
    extra: unknown,
    sessionId: string,
    keyOutcome: Outcome<FoundKey>,
    permissionsOutcome: Outcome<PermissionsInput>,
  ): V1Challenge => {
    if ('error' in keyOutcome) {
      if (keyOutcome.error === overloaded) throw overloaded;
      onFault(keyOutcome.error, 'getAuthSecret');
      throw new WampError(v1Error.internal, { description: 'the key could not be looked up' });
    }
    const key = keyOutcome.value;
    if (!key) throw new WampError(v1Error.noSuchAuthkey, { description: `no such key "${authKey}"` });
    if (!key.isKnown) return challengeOf(authKey, extra, sessionId, key, undefined);
    // Evaluated only after a correct signature. Faults in the permissions, and the time that they take, would reveal that
    // the key exists.
    const grant = (): V1Grant => {
      try {
        if ('error' in permissionsOutcome) throw permissionsOutcome.error;
        const permissionsInput = permissionsOutcome.value;
        const permissions = compile(permissionsInput);
        const shown = postmasterCompat ? authKey.toLowerCase() : authKey;
        return { authKey: shown, authExtra: extra, permissionsInput, permissions };
      } catch (error) {
        onFault(error, 'getAuthPermissions');
        throw new WampError(v1Error.authPermissionsError, { description: 'the permissions could not be looked up' });
      }
    };
    return challengeOf(authKey, extra, sessionId, key, grant);
  };

  const anonymous = (extra: unknown): V1Grant => {
    if (isMissing(options.anonymous)) {
      throw new WampError(v1Error.anonymousAuthForbidden, { description: 'anonymous authentication is not allowed' });
    }
    const permissionsInput = options.anonymous;
    return { authKey: null, authExtra: extra, permissionsInput, permissions: compile(permissionsInput) };
  };

  return {
    anonymous,
    request: (authkey, extra, sessionId, remoteAddress) => {
      if (!(isMissing(extra) || isDict(extra))) {
        throw new WampError(v1Error.invalidArgument, { description: 'extra must be an object or null' });
      }
      if (isMissing(authkey)) {
        const grant = anonymous(extra);
        return { challenge: null, verify: (signature) => (signature === null ? grant : undefined) };
      }
      if (typeof authkey !== 'string') {
        throw new WampError(v1Error.invalidArgument, { description: 'the authkey must be a string or null' });
      }
      if (authkey === '') throw new WampError(v1Error.noSuchAuthkey, { description: 'the authkey is empty' });
      if (!isName(authkey)) {
        throw new WampError(v1Error.invalidArgument, {
          description: `the authkey has more than ${maxAuthidLength} octets`,
        });
      }
      const salted = postmasterCompat ? clientDerivation(extra) : undefined;
      // Both questions are always asked at the same time, whether or not the key exists, so that the time does not reveal
      // it.
      const key = settle<FoundKey>(() => lookUpKey(authkey, salted, remoteAddress));
      const permissions = settle<PermissionsInput>(() => getAuthPermissions?.(authkey, extra));
      return chain(all([key, permissions]), ([found, allowed]) => answer(authkey, extra, sessionId, found, allowed));
    },
  };
};
