/** Denials: what a peer is told that is not let in, and what it means where an authenticator of the application denies. */

import { WampError } from '../wamp/error.ts';
import { reasons } from '../wamp/reasons.ts';

/** A denial. Without a description it is that of every wrong answer. */
export const denial = (description = 'the authentication was not accepted'): WampError =>
  new WampError(reasons.authenticationDenied, { description });

/** Whether an error says that somebody is not let in, rather than that something broke. */
export const isDenial = (error: unknown): boolean =>
  error instanceof WampError && error.uri === reasons.authenticationDenied;

/**
 * Thrown where too many logins wait for their keys already: nobody has been judged. It is one object, so that nothing an application
 * throws is taken for it.
 */
export const overloaded = new WampError(reasons.unavailable, { description: 'too many logins are waiting already' });

/** Whether an error is for the peer to hear, rather than for the log. */
export const isForPeer = (error: unknown): boolean => isDenial(error) || error === overloaded;

/**
 * An authenticator that denies knows nobody: told before any proof, a denial would show that there is somebody to deny.
 * Throws every other error again.
 */
export const nobodyIfDenied = (error: unknown): undefined => {
  if (!isDenial(error)) throw error;
  return undefined;
};
