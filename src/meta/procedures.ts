/**
 * The meta procedures: what a peer may ask the router about sessions, subscriptions and registrations, and how it may end
 * them. Registered like any procedure, so the rules about calls bind them. Arguments are taken by position or by name.
 *
 * Sources: Advanced Profile, "Session Meta API", "Subscription Meta API", "Registration Meta API", "Session Testament",
 * "Event History".
 */

import type { Dict } from '../base/dict.ts';
import { isDict } from '../base/dict.ts';
import { chain } from '../base/thenable.ts';
import type { Broker } from '../broker/broker.ts';
import type { Found, History } from '../broker/history.ts';
import type { Callee, ProcedureRegistration } from '../dealer/call.ts';
import type { Procedure, ProcedureCall } from '../dealer/callee.ts';
import type { Registrations } from '../dealer/registrations.ts';
import type { Routes } from '../dealer/routes.ts';
import type { Topic } from '../session/attachment.ts';
import type { Allowed, Authorization, Verdict } from '../session/authorization.ts';
import { noRoom, weightOf } from '../session/held.ts';
import type { Revocation } from '../session/revocation.ts';
import { revocationFor } from '../session/revocation.ts';
import type { Session } from '../session/session.ts';
import type { TestamentScope } from '../session/testament.ts';
import { testamentScopes } from '../session/testament.ts';
import { WampError } from '../wamp/error.ts';
import type { Id } from '../wamp/id.ts';
import { isId } from '../wamp/id.ts';
import type { Match } from '../wamp/message.ts';
import { checkOptions } from '../wamp/options.ts';
import { reasons } from '../wamp/reasons.ts';
import { WampResult } from '../wamp/result.ts';
import { exceedsOctets, isUri, reservedRefusal } from '../wamp/uri.ts';
import { describeRegistration, describeTopic } from './events.ts';
import { sessionDetails } from './session-details.ts';

/** What the meta procedures look at, and what they can do. */
export interface MetaOptions {
  /** Sessions that are established. */
  readonly sessions: ReadonlyMap<Id, Session>;
  readonly broker: Broker;
  readonly registrations: Registrations;
  readonly routes: Routes;
  readonly history: History;
  readonly authorization: Authorization;
  readonly revokeSubscription: (session: Session, topic: Topic, revocation: Revocation | undefined) => void;
  readonly revokeCallee: (callee: Callee, revocation: Revocation | undefined) => void;
  readonly maxUriLength: number;
  /** Testaments of one session. */
  readonly maxTestaments: number;
  /** Octets, roughly, of a history that one answer may have. */
  readonly maxMessageSize: number;
}

const invalid = (name: string, expected: string): WampError =>
  new WampError(reasons.invalidArgument, { description: `${name} must be ${expected}` });

/** An argument, by its place or by one of its names; undefined when it is not given, or null. */
const argument = ({ args, kwargs }: ProcedureCall, at: number, name: string): unknown =>
  args[at] ?? kwargs?.[name] ?? undefined;

/** An id, or 0, which is nobody's, for everything that is none: what it names is not there. */
const idOf = (call: ProcedureCall, at: number, name: string): Id => {
  const value = argument(call, at, name);
  return isId(value) ? value : 0;
};
const textOf = (call: ProcedureCall, at: number, name: string): string => {
  const value = argument(call, at, name);
  if (typeof value !== 'string') throw invalid(name, 'a string');
  return value;
};

/** Octets of a sentence that a peer has others told: it may go to all of them, and waits in the outbox of each. */
const mostWords = 1024;

const wordsOf = (name: string, value: unknown): string => {
  if (typeof value === 'string' && !exceedsOctets(value, mostWords)) return value;
  throw invalid(name, `a string of at most ${mostWords} octets`);
};
const revocationOf = (call: ProcedureCall, maxUriLength: number): Revocation | undefined => {
  const given = argument(call, 2, 'reason');
  return given === undefined ? undefined : revocationFor(wordsOf('reason', given), maxUriLength);
};
const optionalDict = (call: ProcedureCall, at: number, name: string): Dict | undefined => {
  const value = argument(call, at, name);
  if (value !== undefined && !isDict(value)) throw invalid(name, 'a dictionary');
  return value;
};
const matchOf = (call: ProcedureCall): Match => {
  const options = optionalDict(call, 1, 'options');
  return (options && checkOptions('SUBSCRIBE', options).match) ?? 'exact';
};

/** Does `proceed` if the verdict allows it, at once unless the authorizer takes its time; throws the refusal. */
const ifAllowed = <Result>(
  verdict: Verdict | Promise<Verdict>,
  proceed: (allowed: Allowed) => Result | Promise<Result>,
): Result | Promise<Result> =>
  chain(verdict, (decided) => {
    if (!decided.isAllowed) throw new WampError(decided.error, { description: decided.description });
    return proceed(decided);
  });

const byMatch = <Item>(
  items: Iterable<Item>,
  look: (item: Item) => { readonly id: Id; readonly match: Match },
): Readonly<Record<Match, readonly Id[]>> => {
  const lists: Record<Match, Id[]> = { exact: [], prefix: [], wildcard: [] };
  for (const item of items) {
    const { id, match } = look(item);
    lists[match].push(id);
  }
  return lists;
};

const sessionProcedures = ({ sessions, maxUriLength }: MetaOptions): Readonly<Record<string, Procedure>> => {
  const filtered = (call: ProcedureCall): readonly Session[] => {
    const roles = argument(call, 0, 'filter_authroles');
    if (roles !== undefined && !(Array.isArray(roles) && roles.every((role) => typeof role === 'string'))) {
      throw invalid('filter_authroles', 'a list of strings');
    }
    return [...sessions.values()].filter(
      ({ authrole }) => roles === undefined || (authrole !== null && roles.includes(authrole)),
    );
  };
  const endingOf = (call: ProcedureCall): readonly [reason: string, message: string | undefined] => {
    const reason = call.kwargs?.reason ?? reasons.killed;
    if (typeof reason !== 'string' || !isUri(reason, 'exact', 'loose', maxUriLength)) {
      throw new WampError(reasons.invalidUri, { description: 'the reason must be a URI' });
    }
    const message = call.kwargs?.message ?? undefined;
    return [reason, message === undefined ? undefined : wordsOf('message', message)];
  };
  // Whoever asks for it is never among the killed.
  const killAll = (call: ProcedureCall, isMeant: (session: Session) => boolean, isSilent = false): readonly Id[] => {
    const [reason, message] = endingOf(call);
    const meant = [...sessions.values()].filter((session) => session.id !== call.session.id && isMeant(session));
    for (const session of meant) session.kill(reason, message, { isSilent });
    return meant.map(({ id }) => id);
  };
  const noSuchSession = (): WampError =>
    new WampError(reasons.noSuchSession, { description: 'there is no such session' });
  return {
    'wamp.session.count': (call) => filtered(call).length,
    'wamp.session.list': (call) => filtered(call).map(({ id }) => id),
    'wamp.session.get': (call) => {
      const session = sessions.get(idOf(call, 0, 'session'));
      if (!session) throw noSuchSession();
      return sessionDetails(session);
    },
    'wamp.session.kill': (call) => {
      const id = idOf(call, 0, 'session');
      const ending = endingOf(call);
      const session = id === call.session.id ? undefined : sessions.get(id);
      if (!session) throw noSuchSession();
      session.kill(...ending);
    },
    'wamp.session.kill_by_authid': (call) => {
      const authid = textOf(call, 0, 'authid');
      return killAll(call, (session) => session.authid === authid);
    },
    'wamp.session.kill_by_authrole': (call) => {
      const authrole = textOf(call, 0, 'authrole');
      return killAll(call, (session) => session.authrole === authrole).length;
    },
    'wamp.session.kill_all': (call) => killAll(call, () => true, true).length,
  };
};

const scopeOf = ({ kwargs }: ProcedureCall): TestamentScope => {
  const scope = kwargs?.scope ?? 'destroyed';
  if (!testamentScopes.includes(scope as TestamentScope))
    throw invalid('scope', `one of ${testamentScopes.join(', ')}`);
  return scope as TestamentScope;
};

const testamentProcedures = (options: MetaOptions): Readonly<Record<string, Procedure>> => ({
  'wamp.session.add_testament': (call) => {
    const { sessions, authorization, maxTestaments } = options;
    const topic = textOf(call, 0, 'topic');
    const args = argument(call, 1, 'args') ?? [];
    if (!Array.isArray(args)) throw invalid('args', 'a list');
    const kwargs = optionalDict(call, 2, 'kwargs');
    const publishOptions = checkOptions('PUBLISH', optionalDict(call, Number.NaN, 'publish_options') ?? {});
    const scope = scopeOf(call);
    const session = sessions.get(call.session.id);
    const refusal = session?.uriRefusal(topic) ?? reservedRefusal(topic);
    if (refusal) throw new WampError(reasons.invalidUri, { description: refusal });
    if (!session) return;
    const octets = weightOf([args, kwargs, publishOptions], session.arrived);
    return ifAllowed(authorization.check(session, 'publish', topic), ({ disclosure }) => {
      if (publishOptions.disclose_me && disclosure === 'never') {
        throw new WampError(reasons.disclosureDisallowed, { description: 'this realm does not disclose publishers' });
      }
      const { testaments } = session;
      if (testaments.size >= maxTestaments) {
        throw new WampError(reasons.unavailable, { description: `the session has ${maxTestaments} testaments` });
      }
      // Its caller has been told that it was not added, or has left.
      if (call.signal.aborted || session.hasLeft) return;
      // Copies, for a program as caller: it may go on using what it gave.
      const payload = { args: [...args], kwargs: kwargs && { ...kwargs } };
      const isTaken = testaments.add(scope, { topic, ...payload, options: publishOptions, disclosure, octets });
      if (!isTaken) throw noRoom;
    });
  },
  'wamp.session.flush_testaments': (call) => {
    options.sessions.get(call.session.id)?.testaments.flush(scopeOf(call));
  },
});

const topicOf = (call: ProcedureCall, broker: Broker): Topic => {
  const topic = broker.get(idOf(call, 0, 'subscription'));
  if (!topic) throw new WampError(reasons.noSuchSubscription, { description: 'there is no such subscription' });
  return topic;
};

const subscriptionProcedures = (options: MetaOptions): Readonly<Record<string, Procedure>> => {
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

// "Additional general information about the query" goes into the keyword arguments, says the chapter.
const tell = ({ events, isCut }: Found): WampResult => new WampResult(events, isCut ? { more: true } : undefined);

const historyProcedures = ({
  broker,
  sessions,
  history,
  authorization,
  maxMessageSize,
}: MetaOptions): Readonly<Record<string, Procedure>> => ({
  'wamp.subscription.get_events': (call) => {
    const { id, uri, match } = topicOf(call, broker);
    const session = sessions.get(call.session.id);
    if (!session) return new WampResult();
    const query = { ...call.kwargs, limit: argument(call, 1, 'limit') };
    // What is no pattern has been asked about when it comes to its topic.
    const mayHear = (topic: string): boolean | Promise<boolean> =>
      match === 'exact' || authorization.holds(session, 'subscribe', topic);
    return ifAllowed(authorization.check(session, 'subscribe', uri, match), () => {
      const { maxMessage } = session.peer;
      const room = maxMessage === undefined ? Number.POSITIVE_INFINITY : Math.min(maxMessageSize, maxMessage);
      return chain(history.find(id, query, { listener: session, mayHear, room }), tell);
    });
  },
});

const registrationProcedures = ({
  registrations,
  routes,
  revokeCallee,
  maxUriLength,
}: MetaOptions): Readonly<Record<string, Procedure>> => {
  const shown = (registration: ProcedureRegistration | undefined): ProcedureRegistration | undefined =>
    registration?.options.isHidden ? undefined : registration;
  const registrationOf = (call: ProcedureCall): ProcedureRegistration => {
    const registration = shown(registrations.get(idOf(call, 0, 'registration')));
    if (!registration)
      throw new WampError(reasons.noSuchRegistration, { description: 'there is no such registration' });
    return registration;
  };
  const sessionsOf = ({ callees }: ProcedureRegistration): readonly Id[] =>
    callees.flatMap(({ session }) => session?.id ?? []);
  return {
    'wamp.registration.list': () => byMatch(registrations.list(), ({ options }) => options),
    'wamp.registration.lookup': (call) =>
      shown(registrations.find(textOf(call, 0, 'procedure'), matchOf(call)))?.id ?? null,
    'wamp.registration.match': async (call) => shown(await routes.match(textOf(call, 0, 'procedure')))?.id ?? null,
    'wamp.registration.get': (call) => describeRegistration(registrationOf(call)),
    'wamp.registration.list_callees': (call) => sessionsOf(registrationOf(call)),
    'wamp.registration.count_callees': (call) => sessionsOf(registrationOf(call)).length,
    'wamp.registration.remove_callee': (call) => {
      const { callees } = registrationOf(call);
      const id = idOf(call, 1, 'session');
      const revocation = revocationOf(call, maxUriLength);
      const callee = callees.find(({ session }) => session?.id === id);
      if (!callee) throw new WampError(reasons.noSuchSession, { description: 'the session is none of its callees' });
      revokeCallee(callee, revocation);
    },
  };
};

/** Every meta procedure by its URI. */
export const metaProcedures = (options: MetaOptions): Readonly<Record<string, Procedure>> => ({
  ...sessionProcedures(options),
  ...testamentProcedures(options),
  ...subscriptionProcedures(options),
  ...historyProcedures(options),
  ...registrationProcedures(options),
});
