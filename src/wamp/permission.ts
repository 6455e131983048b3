/** What a session may do. The rules themselves are compiled in `src/auth`; the core only asks. */

/** What can be allowed. */
export type Action = 'call' | 'register' | 'publish' | 'subscribe';

/** Asked on the hot path, so an implementation answers from a cache. */
export interface Permissions {
  allows(action: Action, uri: string): boolean;
}

/** Nothing is allowed: a connection before it has authenticated. */
export const nothingAllowed: Permissions = { allows: () => false };

/** Everything is allowed: the embedding program itself. */
export const everythingAllowed: Permissions = { allows: () => true };
