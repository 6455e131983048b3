/**
 * Cryptosign: the peer signs a challenge with the private key of a pair whose public key the router knows (Advanced
 * Profile, "Cryptosign-based Authentication"). With channel binding the signature is valid for this TLS connection only.
 */

import { randomFillSync } from 'node:crypto';
import { list } from '../../kind/compound.ts';
import { required } from '../../kind/kind.ts';
import { textWith } from '../../kind/plain.ts';
import type { AuthRequest, AuthStart, Credential, Method } from '../authentication.ts';
import type { ChannelBinding } from '../channel-binding.ts';
import { channelBindings } from '../channel-binding.ts';
import type { CredentialShape } from '../credential.ts';
import { createCryptosignChallenge, isPublicKey, verifyCryptosign } from '../cryptosign.ts';
import { denial } from '../denial.ts';
import type { MethodDescription } from '../method-description.ts';
import type { PrincipalRequest, Principals } from '../principals.ts';
import { requestOf, toFinder, whenFound } from '../principals.ts';

/** A principal with its public keys: 64 hexadecimal digits each. */
export interface CryptosignCredential extends Credential {
  readonly authorizedKeys: readonly string[];
}

const credential: CredentialShape = {
  evidence: {
    /** Public keys of Ed25519. */
    authorizedKeys: required(list(textWith('64 hexadecimal digits', isPublicKey))),
  },
  fault: ({ authorizedKeys: keys }) =>
    Array.isArray(keys) && keys.every(isPublicKey) ? undefined : 'authorizedKeys, each 64 hex digits',
};

const refuse = (description: string): never => {
  throw denial(description);
};

interface Channel {
  readonly type: ChannelBinding;
  readonly id: Uint8Array;
}

/**
 * The channel that the signature is bound to; undefined if the peer asked for no binding. Denies the login if the peer
 * asked for one that is not available.
 */
const channelOf = ({ authextra, tls }: AuthRequest): Channel | undefined => {
  const asked = authextra.channel_binding ?? null;
  if (asked === null) return undefined;
  const known = channelBindings.find((type) => type === asked);
  const type = known ?? refuse(`the channel binding must be ${channelBindings.join(' or ')}`);
  const id = tls?.channelId(type) ?? refuse('channel binding needs TLS');
  return typeof id === 'string' ? refuse(id) : { type, id };
};

const isAuthorized = ({ authorizedKeys }: CryptosignCredential, publicKey: string): boolean =>
  authorizedKeys.some((key) => key.toLowerCase() === publicKey.toLowerCase());

/**
 * The authid of the principal with this public key, for a peer that names no authid. Only a table of principals is
 * searched. An authenticator is instead asked about the empty authid and finds the key in `authextra`. If it names no
 * authid, the key becomes the authid.
 */
const byKey = (principals: Principals<CryptosignCredential, never>, key: string): string | undefined =>
  typeof principals === 'function'
    ? undefined
    : Object.entries(principals).find(([, credential]) => isAuthorized(credential, key))?.[0];

const create = (principals: Principals<CryptosignCredential, PrincipalRequest<'cryptosign'>>): Method => {
  const { find, isDynamic } = toFinder(principals, credential);
  const start = (request: AuthRequest, found: CryptosignCredential | undefined, authid: string): AuthStart => {
    const publicKey = request.authextra.pubkey as string;
    const channel = channelOf(request);
    const channelId = channel && Buffer.from(channel.id);
    const challenge = createCryptosignChallenge(randomFillSync);
    const isKnown = found !== undefined && isAuthorized(found, publicKey);
    return {
      challenge: {
        extra: { challenge, channel_binding: channel?.type ?? null },
        verify: (signature) => {
          const isRight = verifyCryptosign({ publicKey, challenge, signature, channelId });
          return isKnown && isRight ? { credential: found, authid: authid || publicKey.toLowerCase() } : undefined;
        },
      },
    };
  };
  return {
    name: 'cryptosign',
    isDynamic,
    begin: (request) => {
      const { pubkey } = request.authextra;
      if (typeof pubkey !== 'string') return refuse('cryptosign needs authextra.pubkey');
      const authid = request.authid || byKey(principals, pubkey) || '';
      return whenFound(find(requestOf('cryptosign', request, authid)), (found) => start(request, found, authid));
    },
  };
};

/** See `MethodDescription`. */
export const cryptosign = { credential, create } satisfies MethodDescription;
