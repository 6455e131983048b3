/** Denials: the errors for a peer that is not admitted, and the handling of a denial by the application's authenticator. */

import { WampError } from '../wamp/error.ts';
import { reasons } from '../wamp/reasons.ts';

/** A denial. The default description is the one for every wrong answer. */
export const denial = (description = 'the authentication was not accepted'): WampError =>
  new WampError(reasons.authenticationDenied, { description });

/** Whether an error says that the peer is not admitted, and not that something failed. */
export const isDenial = (error: unknown): boolean =>
  error instanceof WampError && error.uri === reasons.authenticationDenied;

/**
 * Thrown if too many logins already wait for their keys. It says nothing about the credentials. It is compared by identity,
 * so that no error of the application is mistaken for it.
 */
export const overloaded = new WampError(reasons.unavailable, { description: 'too many logins are waiting already' });

/** Whether an error may be sent to the peer. All others are only logged. */
export const isForPeer = (error: unknown): boolean => isDenial(error) || error === overloaded;

/**
 * Turns a denial by an authenticator into "no such principal": it returns undefined. A denial before any proof would reveal
 * that the principal exists. Throws every other error again.
 */
export const noPrincipalIfDenied = (error: unknown): undefined => {
  if (!isDenial(error)) throw error;
  return undefined;
};
