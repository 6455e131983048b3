/** Whether, and by what, publishers and callers are named to the other side. */

import type { CallerInfo } from './peer.ts';

/** Whether the identity of publishers and callers is told: not at all, when they or the callee ask for it, or always. */
export type Disclosure = 'never' | 'on-request' | 'always';

/** What is told of a session that is disclosed, with the names that `prefix` begins. */
export const identityOf = (
  { id, authid, authrole }: CallerInfo,
  prefix: 'publisher' | 'caller',
): Readonly<Record<string, unknown>> => ({
  [prefix]: id,
  ...(authid !== null && { [`${prefix}_authid`]: authid }),
  ...(authrole !== null && { [`${prefix}_authrole`]: authrole }),
});

/**
 * Whether a session is named under `disclosure`: what it says itself (`disclose_me`) goes before what the other side wants, and
 * is not asked where it is decided already.
 */
export const isDisclosed = (disclosure: Disclosure, says: boolean | undefined, isWanted = false): boolean =>
  disclosure === 'always' || (disclosure === 'on-request' && (says ?? isWanted));
