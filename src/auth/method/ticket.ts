/** Ticket: a secret that the peer shows as it is (Advanced Profile, "Ticket-based Authentication"). */

import { required } from '../../kind/kind.ts';
import { text } from '../../kind/plain.ts';
import type { Credential, Method, Proof } from '../authentication.ts';
import type { CredentialShape } from '../credential.ts';
import type { MethodContext, MethodDescription } from '../method-description.ts';
import type { PrincipalRequest, Principals } from '../principals.ts';
import { requestOf, toFinder, whenFound } from '../principals.ts';
import { isSameSecret } from '../wampcra.ts';

/** A principal with its ticket. Where there is no key `ticket`, the authenticator has compared it itself. */
export interface TicketCredential extends Credential {
  readonly ticket?: string;
}

/** What an authenticator for tickets is asked, once the peer has answered. */
export interface TicketRequest extends PrincipalRequest<'ticket'> {
  /** What the peer answered. */
  readonly ticket: string;
}

const credential: CredentialShape = {
  evidence: {
    /** What the peer has to show. */
    ticket: required(text),
  },
  // The empty column of a row is no authenticator's own comparison.
  fault: (given) =>
    !('ticket' in given) || typeof given.ticket === 'string' ? undefined : 'a text as ticket, or no such key',
};

const create = (
  principals: Principals<TicketCredential, TicketRequest>,
  { createText }: Pick<MethodContext, 'createText'>,
): Method => {
  const { find, isDynamic } = toFinder(principals, credential);
  return {
    name: 'ticket',
    isDynamic,
    begin: (request) => ({
      challenge: {
        extra: {},
        verify: (ticket) =>
          whenFound(find({ ...requestOf('ticket', request), ticket }), (found): Proof | undefined => {
            // For an unknown authid something is compared as well, so that the time it takes does not tell.
            const expected = found ? (isDynamic ? (found.ticket ?? ticket) : found.ticket) : createText();
            const isRight = isSameSecret(expected ?? createText(), ticket);
            return found && isRight && ticket !== '' ? { credential: found, authid: request.authid } : undefined;
          }),
      },
    }),
  };
};

/** See `MethodDescription`. */
export const ticket = { credential, create } satisfies MethodDescription;
