/** Ticket: a secret that the peer sends in clear text (Advanced Profile, "Ticket-based Authentication"). */

import { required } from '../../kind/kind.ts';
import { text } from '../../kind/plain.ts';
import type { Credential, Method, Proof } from '../authentication.ts';
import type { CredentialShape } from '../credential.ts';
import type { MethodContext, MethodDescription } from '../method-description.ts';
import type { PrincipalRequest, Principals } from '../principals.ts';
import { requestOf, toFinder, whenFound } from '../principals.ts';
import { isSameSecret } from '../wampcra.ts';

/** A principal with its ticket. If an authenticator leaves `ticket` out, it has compared the ticket itself. */
export interface TicketCredential extends Credential {
  readonly ticket?: string;
}

/** The request to an authenticator for tickets, which is made once the peer has answered. */
export interface TicketRequest extends PrincipalRequest<'ticket'> {
  /** The answer of the peer. */
  readonly ticket: string;
}

const credential: CredentialShape = {
  evidence: {
    /** The ticket that the peer must send. */
    ticket: required(text),
  },
  // A `ticket` that is null, as an empty database column, does not mean that the authenticator has compared it itself.
  fault: (given) =>
    !('ticket' in given) || typeof given.ticket === 'string' ? undefined : 'a string as ticket, or no key of that name',
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
            // For an unknown authid a comparison is made as well, so that the time does not reveal it.
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
