/**
 * Why a subscription or a registration is taken back, as its holder is told (Advanced Profile, "Registration Revocation",
 * "Subscription Revocation"). The chapters allow any string as reason; clients exist that end their link over one that is no
 * URI, so the reason is always a URI and sentences travel beside it.
 */

import type { Reason } from '../wamp/reasons.ts';
import { reasons } from '../wamp/reasons.ts';
import { isUri } from '../wamp/uri.ts';

/** What the details of an UNSUBSCRIBED or UNREGISTERED with request 0 say besides the id. */
export interface Revocation {
  /** A URI. */
  readonly reason: Reason;
  /** A sentence for people. */
  readonly message?: string;
}

/** The revocation that somebody gave `text` as reason for. What is no URI of at most `maxUriLength` octets becomes the message. */
export const revocationFor = (text: string, maxUriLength: number): Revocation =>
  isUri(text, 'exact', 'loose', maxUriLength) ? { reason: text } : { reason: reasons.removed, message: text };

/** Of a callee whose procedure another session took over. */
export const replaced: Revocation = { reason: reasons.replaced, message: 'the procedure was registered anew' };
