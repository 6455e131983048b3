/** WAMP-CRA: a signature over a challenge, by a shared secret (Advanced Profile, "Challenge Response Authentication"). */

import { chain } from '../../base/thenable.ts';
import { object } from '../../kind/compound.ts';
import { required } from '../../kind/kind.ts';
import type { AuthRequest, AuthStart, Credential, Method, Proof } from '../authentication.ts';
import type { CredentialShape } from '../credential.ts';
import type { MethodContext, MethodDescription } from '../method-description.ts';
import type { PrincipalRequest, Principals } from '../principals.ts';
import { requestOf, toFinder, whenFound } from '../principals.ts';
import type { Key, SecretInput } from '../wampcra.ts';
import { isSameSecret, signChallenge, toKey } from '../wampcra.ts';
import type { CraDecoy } from '../wampcra-decoy.ts';
import { craDecoyOptions, createCraDecoys } from '../wampcra-decoy.ts';
import { secretKind } from '../wampcra-secret.ts';

/** A principal with its secret, which is plain, salted or already derived. */
export interface CraCredential extends Credential {
  readonly secret: SecretInput;
}

// The secret in an authenticator's answer is checked when the key is derived from it.
const credential: CredentialShape = {
  evidence: {
    /** The secret that the peer signs its challenge with: a plain string, or an object with what the router keeps of it. */
    secret: required(secretKind),
  },
  elsewhere: Object.fromEntries(
    ['derivedKey', 'salt', 'iterations', 'keylen'].map((key) => [
      key,
      'belongs into the secret: write secret: { ... }',
    ]),
  ),
};

const decoy = object(craDecoyOptions, { hidesKeys: true });

/** UTC with milliseconds, as in 2026-06-01T12:00:00.000Z. */
const timestamp = (time: number): string => new Date(time).toISOString();

const create = (
  principals: Principals<CraCredential, PrincipalRequest<'wampcra'>>,
  { createText, now, decoySecret: secret, decoys: shapes, onUnlikeDecoys }: MethodContext<CraDecoy>,
): Method => {
  const { find, isDynamic } = toFinder(principals, credential);
  const decoys = createCraDecoys({ secret, onUnlikeDecoys }, shapes);
  if (typeof principals !== 'function') for (const { secret } of Object.values(principals)) decoys.check(secret);
  const start = (request: AuthRequest, found: CraCredential | undefined, { key, derivation }: Key): AuthStart => {
    const authid = request.authid ?? '';
    const challenge = JSON.stringify({
      session: request.session,
      nonce: createText(),
      timestamp: timestamp(now()),
      authid,
      // Empty before the signature, since the role would reveal that the authid exists.
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

/** See `MethodDescription`. */
export const wampcra = { credential, decoy, create } satisfies MethodDescription;
