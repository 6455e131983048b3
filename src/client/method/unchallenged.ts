/** Methods for which the client has nothing to say: what counts is who the connection comes from, if anything does. */

import type { MethodAttempt } from '../attempt.ts';

/** Authenticates by a method that asks for nothing. */
export const unchallenged =
  <Name extends string>() =>
  (_: { readonly method: Name }): MethodAttempt => ({});
