/** Ticket: a secret that is sent as it is. */

import type { MethodAttempt } from '../attempt.ts';

/** Authenticates by a ticket. */
export const ticket = (auth: { readonly method: 'ticket'; readonly ticket: string }): MethodAttempt => ({
  answer: () => ({ signature: auth.ticket, extra: {} }),
});
