/**
 * Why a subscription or registration is revoked, as sent to its holder (Advanced Profile, "Registration Revocation",
 * "Subscription Revocation"). The chapters allow any string as the reason. Some clients close their connection if it is not
 * a URI, so the reason is always a URI, and text for people is sent beside it.
 */

import type { Reason } from '../wamp/reasons.ts';
import { reasons } from '../wamp/reasons.ts';
import { isUri } from '../wamp/uri.ts';

/** The details of an UNSUBSCRIBED or UNREGISTERED with request 0, besides the id. */
export interface Revocation {
  /** A URI. */
  readonly reason: Reason;
  /** A sentence for people. */
  readonly message?: string;
}

/** The revocation for a given reason `text`. Text that is not a URI of at most `maxUriLength` octets becomes the message. */
export const revocationFor = (text: string, maxUriLength: number): Revocation =>
  isUri(text, 'exact', 'loose', maxUriLength) ? { reason: text } : { reason: reasons.removed, message: text };

/** The revocation of a callee whose procedure another session has taken over. */
export const replaced: Revocation = {
  reason: reasons.replaced,
  message: 'another session has taken over the registration',
};
