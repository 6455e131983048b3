/** The meta procedure that reads the history of a topic (Advanced Profile, "Event History"). */

import { chain } from '../base/thenable.ts';
import type { Found } from '../broker/history.ts';
import type { Procedure } from '../dealer/procedure.ts';
import { emptyPayload, MessagePayload } from '../wamp/payload.ts';
import { argument, ifAllowed } from './arguments.ts';
import type { MetaOptions } from './meta-options.ts';
import { topicOf } from './subscription-procedures.ts';

// The chapter puts "additional general information about the query" into the keyword arguments.
const toResult = ({ events, isCut }: Found): MessagePayload =>
  MessagePayload.ofRecords(events, isCut ? { more: true } : undefined);

/** `wamp.subscription.get_events`. */
export const historyProcedures = ({
  broker,
  sessions,
  history,
  authorization,
  maxMessageSize,
}: MetaOptions): Readonly<Record<string, Procedure>> => ({
  'wamp.subscription.get_events': (call) => {
    const { id, uri, match } = topicOf(call, broker);
    const session = sessions.get(call.session.id);
    if (!session) return emptyPayload;
    const query = { ...call.kwargs, limit: argument(call, 1, 'limit') };
    // For an exact subscription the permission for the topic is checked below.
    const maySubscribe = (topic: string): boolean | Promise<boolean> =>
      match === 'exact' || authorization.holds(session, 'subscribe', topic);
    return ifAllowed(authorization.check(session, 'subscribe', uri, match), () => {
      const { maxMessage } = session.peer;
      const room = maxMessage === undefined ? Number.POSITIVE_INFINITY : Math.min(maxMessageSize, maxMessage);
      return chain(history.find(id, query, { receiver: session, maySubscribe, room }), toResult);
    });
  },
});
