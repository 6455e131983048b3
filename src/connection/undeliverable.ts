/**
 * Replies that cannot be sent to their peer, because it does not accept as much, or because its serializer cannot encode
 * them. Calls that wait for such a reply are ended.
 */

import type { SessionCalls } from '../session/session-calls.ts';
import { routerFailure } from '../session/session-calls.ts';
import type { Id } from '../wamp/id.ts';
import type { SessionReply } from '../wamp/message.ts';

/**
 * Ends what waits for `reply` among the `calls` of its session. Returns what the peer is sent instead, if anything: an ERROR
 * with the URI `error` in place of an answer; the message without its reason if a subscription or registration was revoked.
 */
export const giveUpOn = (
  reply: SessionReply,
  calls: SessionCalls,
  error: string,
  description: string,
): SessionReply | undefined => {
  const failure = routerFailure(error, description);
  switch (reply.type) {
    case 'INVOCATION':
      calls.invocations.get(reply.request as Id)?.partFailed(failure);
      return undefined;
    case 'RESULT':
      if (!reply.details.progress) return { type: 'ERROR', requestType: 'CALL', request: reply.request, ...failure };
      calls.find(reply.request)?.giveUp(failure);
      return undefined;
    case 'ERROR':
      return { type: 'ERROR', requestType: reply.requestType, request: reply.request, ...failure };
    case 'UNSUBSCRIBED':
    case 'UNREGISTERED':
      return withoutReason(reply);
    case 'SUBSCRIBED':
    case 'PUBLISHED':
    case 'REGISTERED':
    case 'INTERRUPT':
    case 'EVENT':
      return undefined;
  }
};

type Revoked = Extract<SessionReply, { readonly type: 'UNSUBSCRIBED' | 'UNREGISTERED' }>;

const withoutReason = ({ details, ...reply }: Revoked): SessionReply | undefined => {
  if (details?.reason === undefined) return undefined;
  const { reason: _, message: __, ...id } = details;
  return { ...reply, details: id };
};
