/** The principals that may log in at the router of the soak, with their secrets. */

import { publicKeyOf } from '../../src/auth/cryptosign.ts';

/** The one principal, by ticket, WAMP-CRA and WAMP-SCRAM. */
export const alice = { authid: 'alice', secret: 'secret' } as const;

const privateKey = '5a'.repeat(32);

/** Hers by cryptosign. */
export const keyPair = { privateKey, publicKey: publicKeyOf(privateKey) } as const;
