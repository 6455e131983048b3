/** Cryptosign: the challenge is signed with a private key, for any connection or for this TLS connection alone. */

import { readSigningKey } from '#platform/proof';
import type { ChannelBinding } from '../../auth/channel-binding.ts';
import type { Dict } from '../../base/dict.ts';
import type { AttemptContext, MethodAttempt } from '../attempt.ts';
import { refuse } from '../attempt.ts';

/**
 * The parameters of cryptosign. `privateKey` has 64 hexadecimal digits. `channelBinding` makes the signature valid for this
 * TLS connection alone: `tls-exporter` in every version of TLS, `tls-unique` in TLS 1.2, for routers that know no other.
 */
export interface CryptosignAuth {
  readonly method: 'cryptosign';
  readonly privateKey: string;
  readonly channelBinding?: ChannelBinding;
}

/** Authenticates by a private key. Rejects with a TypeError for an invalid one. */
export const cryptosign = async (
  { privateKey, channelBinding }: CryptosignAuth,
  { channelId }: AttemptContext,
): Promise<MethodAttempt> => {
  const key = await readSigningKey(privateKey);
  const sign = ({ challenge, channel_binding: binding }: Dict): string | Promise<string> => {
    if (typeof challenge !== 'string') return refuse('the challenge must be a string');
    if ((binding ?? undefined) !== channelBinding) {
      return refuse('the channel binding is not the one that was asked for');
    }
    if (!channelBinding) return key.sign(challenge);
    const id = channelId(channelBinding);
    return typeof id === 'string' ? refuse(id) : key.sign(challenge, id);
  };
  return {
    authextra: { pubkey: key.publicKey, channel_binding: channelBinding ?? null },
    answer: async (extra) => ({ signature: await sign(extra), extra: {} }),
  };
};
