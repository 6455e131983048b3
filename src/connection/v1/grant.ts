/** The grant of a v1 peer that has authenticated by WAMP-CRA, or has joined without authentication. */

import type { V1Grant } from '../../auth/wampcra-v1.ts';
import type { Grant } from '../dialect.ts';

/** The role of peers that authenticated, and of those that did not. */
const roles = { authenticated: 'authenticated', anonymous: 'anonymous' } as const;

/** Makes the grant that the chart and the realm know from that of the authenticator. */
export const toGrant = (v1: V1Grant): Grant & { readonly v1: V1Grant } => ({
  principal: {
    authid: v1.authKey,
    authrole: v1.authKey === null ? roles.anonymous : roles.authenticated,
    authmethod: v1.authKey === null ? 'anonymous' : 'wampcra',
    authprovider: 'dynamic',
    permissions: v1.permissions,
  },
  authKey: v1.authKey,
  authExtra: v1.authExtra,
  permissionsInput: v1.permissionsInput,
  v1,
});
