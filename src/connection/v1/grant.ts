/** Who a peer is that WAMP-CRA v1 vouches for, or that came in without. */

import type { V1Grant } from '../../auth/wampcra-v1.ts';
import type { Grant } from '../dialect.ts';

/** The role of peers that authenticated, and of those that did not. */
const roles = { authenticated: 'authenticated', anonymous: 'anonymous' } as const;

/** The grant of the authenticator, as the chart and the realm know it. */
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
