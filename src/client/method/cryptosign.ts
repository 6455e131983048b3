/** Cryptosign: the challenge is signed with a private key, for any connection or for this TLS connection alone. */

import type { ChannelBinding } from '../../auth/channel-id.ts';
import { publicKeyOf, signCryptosign } from '../../auth/cryptosign.ts';
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

/** Authenticates by a private key. Throws a TypeError for an invalid one. */
export const cryptosign = (
  { privateKey, channelBinding }: CryptosignAuth,
  { channelId }: AttemptContext,
): MethodAttempt => {
  const sign = ({ challenge, channel_binding: binding }: Dict): string => {
    if (typeof challenge !== 'string') return refuse('the challenge must be a string');
    if ((binding ?? undefined) !== channelBinding) {
      return refuse('the channel binding is not the one that was asked for');
    }
    if (!channelBinding) return signCryptosign({ privateKey, challenge });
    const id = channelId(channelBinding);
    return typeof id === 'string' ? refuse(id) : signCryptosign({ privateKey, challenge, channelId: id });
  };
  return {
    authextra: { pubkey: publicKeyOf(privateKey), channel_binding: channelBinding ?? null },
    answer: (extra) => ({ signature: sign(extra), extra: {} }),
  };
};
