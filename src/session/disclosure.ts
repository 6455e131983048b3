/** Whether the identity of publishers and callers is disclosed to the other side, and in which fields. */

import type { CallerInfo } from './peer.ts';

/** When the identity of publishers and callers is disclosed: never, if they or the callee ask for it, or always. */
export type Disclosure = 'never' | 'on-request' | 'always';

/** The fields that disclose a session's identity. Their names begin with `prefix`. */
export const identityOf = (
  { id, authid, authrole }: CallerInfo,
  prefix: 'publisher' | 'caller',
): Readonly<Record<string, unknown>> => ({
  [prefix]: id,
  ...(authid !== null && { [`${prefix}_authid`]: authid }),
  ...(authrole !== null && { [`${prefix}_authrole`]: authrole }),
});

/**
 * Whether a session's identity is disclosed under `disclosure`. The option of the session itself (`discloseMe`) takes
 * precedence over that of the other side (`isWanted`). Neither counts if `disclosure` decides alone.
 */
export const isDisclosed = (disclosure: Disclosure, discloseMe: boolean | undefined, isWanted = false): boolean =>
  disclosure === 'always' || (disclosure === 'on-request' && (discloseMe ?? isWanted));
