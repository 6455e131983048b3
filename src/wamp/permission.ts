/** What a session may do. The rules are compiled in `src/auth`; the core only asks about them. */

import type { Match } from './message.ts';

/** The actions that rules allow. */
export type Action = 'call' | 'register' | 'publish' | 'subscribe';

/** The permissions of a session. They are asked on the hot path, so an implementation answers from a cache. */
export interface Permissions {
  /** Whether `action` is allowed on `uri`; with a `match` that is a pattern, on every URI that it covers. Default: exact. */
  allows(action: Action, uri: string, match?: Match): boolean;
  /** Whether a rule discloses the identity of the session to subscribers and callees of `uri`. */
  discloses(action: Action, uri: string): boolean;
}

/** The permissions of a connection that has not authenticated. */
export const nothingAllowed: Permissions = { allows: () => false, discloses: () => false };

/** The permissions of the embedding program. */
export const everythingAllowed: Permissions = { allows: () => true, discloses: () => false };
