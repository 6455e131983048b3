/** The router of the matrix: one realm, a user for every method. */

import { onTestFinished } from 'vitest';
import { publicKeyOf } from '../../src/auth/cryptosign.ts';
import type { RealmSettings } from '../../src/index.ts';
import { Postmaster } from '../../src/index.ts';
import { everythingAndMeta } from '../support/v2-router.ts';

/** The private key of the cryptosign user, hexadecimal. */
export const privateKey = '3c'.repeat(32);
/** Ticket and secret of the others. */
export const secret = 'correct horse';

/** Starts it; `realm` is what the realm is given besides. */
export const startMatrixRouter = async (
  realm: Partial<RealmSettings> = {},
): Promise<{
  readonly postmaster: Postmaster;
  readonly url: string;
  readonly port: number;
}> => {
  const postmaster = new Postmaster({
    logger: false,
    realms: [
      {
        ...realm,
        name: 'realm1',
        anonymous: everythingAndMeta,
        roles: { user: everythingAndMeta },
        authenticators: {
          ticket: { ticket: { ticket: secret, role: 'user' } },
          wampcra: {
            wampcra: { secret, role: 'user' },
            'wampcra salted': { secret: { secret, salt: 'salt', iterations: 100, keylen: 32 }, role: 'user' },
          },
          cryptosign: { cryptosign: { authorizedKeys: [publicKeyOf(privateKey)], role: 'user' } },
        },
      },
    ],
  });
  const { url, port } = await postmaster.listen({ port: 0, rawSocket: true });
  onTestFinished(() => postmaster.close({ drain: 0 }));
  return { postmaster, url, port };
};
