/** The meta procedures that query and revoke subscriptions (Advanced Profile, "Subscription Meta API"). */

import type { Broker } from '../broker/broker.ts';
import type { Procedure, ProcedureCall } from '../dealer/procedure.ts';
import type { Topic } from '../session/attachment.ts';
import { WampError } from '../wamp/error.ts';
import { reasons } from '../wamp/reasons.ts';
import { byMatch, idOf, matchOf, revocationOf, textOf } from './arguments.ts';
import { describeTopic } from './events.ts';
import type { MetaOptions } from './meta-options.ts';

/** The topic whose subscription id is the first argument. Throws `wamp.error.no_such_subscription`. */
export const topicOf = (call: ProcedureCall, broker: Broker): Topic => {
  const topic = broker.get(idOf(call, 0, 'subscription'));
  if (!topic) throw new WampError(reasons.noSuchSubscription, { description: 'there is no such subscription' });
  return topic;
};

/** `wamp.subscription.*`, without the one about histories. */
export const subscriptionProcedures = (options: MetaOptions): Readonly<Record<string, Procedure>> => {
  const { broker, sessions, revokeSubscription, maxUriLength } = options;
  return {
    'wamp.subscription.list': () => byMatch(broker.list(), (topic) => topic),
    'wamp.subscription.lookup': (call) => broker.find(textOf(call, 0, 'topic'), matchOf(call))?.id ?? null,
    'wamp.subscription.match': (call) => {
      const ids = broker.matching(textOf(call, 0, 'topic')).map(({ id }) => id);
      return ids.length > 0 ? ids : null;
    },
    'wamp.subscription.get': (call) => describeTopic(topicOf(call, broker)),
    'wamp.subscription.list_subscribers': (call) => [...topicOf(call, broker).subscribers.keys()],
    'wamp.subscription.count_subscribers': (call) => topicOf(call, broker).subscribers.size,
    'wamp.subscription.remove_subscriber': (call) => {
      const topic = topicOf(call, broker);
      const session = sessions.get(idOf(call, 1, 'session'));
      const revocation = revocationOf(call, maxUriLength);
      if (!session) throw new WampError(reasons.noSuchSession, { description: 'there is no such session' });
      revokeSubscription(session, topic, revocation);
    },
  };
};
