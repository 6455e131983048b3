/** What a session may do. The rules themselves are compiled in `src/auth`; the core only asks. */

import type { Match } from './message.ts';

/** What can be allowed. */
export type Action = 'call' | 'register' | 'publish' | 'subscribe';

/** Asked on the hot path, so an implementation answers from a cache. */
export interface Permissions {
  /** Whether `action` is allowed on `uri`; with a pattern (`match`), on every URI that it covers. Default: exact. */
  allows(action: Action, uri: string, match?: Match): boolean;
  /** Whether a rule says that the session is named to subscribers and callees of `uri`. */
  discloses(action: Action, uri: string): boolean;
}

/** Nothing is allowed: a connection before it has authenticated. */
export const nothingAllowed: Permissions = { allows: () => false, discloses: () => false };

/** Everything is allowed: the embedding program itself. */
export const everythingAllowed: Permissions = { allows: () => true, discloses: () => false };
