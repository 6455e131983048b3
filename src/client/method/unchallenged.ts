/** Methods for which the client sends nothing of its own: the router looks at the connection, or lets anybody in. */

import type { MethodAttempt } from '../attempt.ts';

/** Authenticates by a method that asks for nothing. */
export const unchallenged =
  <Name extends string>() =>
  (_: { readonly method: Name }): MethodAttempt => ({});
