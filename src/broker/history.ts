/**
 * Event history: the publications to the topics that the operator has named, in the order of arrival, limited in number and
 * octets (Advanced Profile, "Event History"). A topic with a history exists from the start, with or without subscribers.
 */

import type { Dict } from '../base/dict.ts';
import { withoutNulls } from '../base/dict.ts';
import { all, chain } from '../base/thenable.ts';
import type { Topic } from '../session/attachment.ts';
import { WampError } from '../wamp/error.ts';
import type { Id } from '../wamp/id.ts';
import { isId } from '../wamp/id.ts';
import type { Match } from '../wamp/message.ts';
import type { PayloadRecord } from '../wamp/payload.ts';
import type { RoutedPublication } from '../wamp/publication.ts';
import { keptOf } from '../wamp/publication.ts';
import { reasons } from '../wamp/reasons.ts';
import type { Receiver } from './audience.ts';
import { isForSessions, mayReadLater } from './audience.ts';
import type { Broker } from './broker.ts';
import { sizeOf } from './publication-size.ts';

/** A topic whose publications are kept. */
export interface HistorySettings {
  /** The topic, or a pattern of topics. */
  readonly uri: string;
  /** Default: exact. */
  readonly match?: Match;
  /** The most events that are kept. Default: 1,000. */
  readonly limit?: number;
  /** The most octets that are kept, approximately. Default: 1 MiB. */
  readonly maxSize?: number;
}

/** The defaults of a topic's history. */
export const historyDefaults = { match: 'exact', limit: 1_000, maxSize: 1024 * 1024 } as const;

/** The session that reads a history, and the topics that it may subscribe to. */
export interface Reader {
  readonly receiver: Receiver;
  maySubscribe(topic: string): boolean | Promise<boolean>;
  /** The size limit of an answer, in approximate octets. */
  readonly room: number;
}

/** The result of a query. */
export interface Found {
  readonly events: readonly PayloadRecord[];
  /** Whether further events were left out because the answer would be too large. */
  readonly isCut: boolean;
}

interface Log {
  readonly topic: Topic;
  readonly events: RoutedPublication[];
}

type Condition = (publication: RoutedPublication, at: number) => boolean;

const refuse = (name: string, expected: string): never => {
  throw new WampError(reasons.invalidArgument, { description: `${name} must be ${expected}` });
};

const timeOf = (name: string, value: unknown): number => {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? refuse(name, 'a time as in RFC 3339') : time;
};

const byTime: Readonly<Record<string, (time: number, bound: number) => boolean>> = {
  from_time: (time, bound) => time >= bound,
  after_time: (time, bound) => time > bound,
  before_time: (time, bound) => time < bound,
  until_time: (time, bound) => time <= bound,
};
const byPlace: Readonly<Record<string, (at: number, bound: number) => boolean>> = {
  from_publication: (at, bound) => at >= bound,
  after_publication: (at, bound) => at > bound,
  before_publication: (at, bound) => at < bound,
  until_publication: (at, bound) => at <= bound,
};

/** The conditions in a query, all of which must hold. If a publication is unknown, no event meets its condition. */
const conditionsOf = (query: Dict, events: readonly RoutedPublication[]): readonly Condition[] => {
  const conditions: Condition[] = [];
  for (const [name, holds] of Object.entries(byTime)) {
    if (query[name] === undefined) continue;
    const bound = timeOf(name, query[name]);
    conditions.push(({ time }) => holds(time, bound));
  }
  for (const [name, holds] of Object.entries(byPlace)) {
    const id = query[name];
    if (id === undefined) continue;
    if (!isId(id)) refuse(name, 'the id of a publication');
    const bound = events.findIndex((event) => event.id === id);
    conditions.push((_, at) => bound >= 0 && holds(at, bound));
  }
  const { topic } = query;
  if (topic !== undefined) {
    if (typeof topic !== 'string') refuse('topic', 'a URI');
    conditions.push((event) => event.topic === topic);
  }
  return conditions;
};

const limitOf = (value: unknown): number => {
  if (value === undefined) return Number.POSITIVE_INFINITY;
  // A payload has a bigint for an integer that a number may not hold exactly.
  const limit = typeof value === 'bigint' ? Number(value) : value;
  return Number.isInteger(limit) && (limit as number) > 0 ? (limit as number) : refuse('limit', 'a positive number');
};

/** Those of `events` whose topic the reader may receive. Each topic is asked about once. */
const readableBy = (
  maySubscribe: Reader['maySubscribe'],
  events: readonly RoutedPublication[],
): readonly RoutedPublication[] | Promise<readonly RoutedPublication[]> => {
  const topics = [...new Set(events.map(({ topic }) => topic))];
  const answers = topics.map(maySubscribe);
  const select = (isAllowed: readonly unknown[]): readonly RoutedPublication[] => {
    const allowed = new Set(topics.filter((_, at) => isAllowed[at] === true));
    return events.filter(({ topic }) => allowed.has(topic));
  };
  return chain(all(answers), select);
};

/** The first of `events` that fit into `room` together, but at least one. */
const within = (room: number, events: readonly RoutedPublication[]): readonly RoutedPublication[] => {
  let left = room;
  const end = events.findIndex((event, at) => {
    left -= sizeOf(event);
    return left < 0 && at > 0;
  });
  return end < 0 ? events : events.slice(0, end);
};

const describe = ({ id, match }: Topic, event: RoutedPublication): PayloadRecord => ({
  facts: {
    timestamp: new Date(event.time).toISOString(),
    subscription: id,
    publication: event.id,
    details: { ...event.details, ...(match !== 'exact' && { topic: event.topic }) },
  },
  payload: event.payload,
});

/** The histories of a realm. */
export class History {
  readonly #logs = new Map<Id, Log>();

  /** Starts to keep the events of the named topics. */
  constructor(broker: Broker, settings: readonly HistorySettings[]) {
    for (const {
      uri,
      match = historyDefaults.match,
      limit = historyDefaults.limit,
      maxSize = historyDefaults.maxSize,
    } of settings) {
      const events: RoutedPublication[] = [];
      let size = 0;
      const { topic } = broker.attach(uri, match, {
        next: ({ publication }) => {
          // Session ids mean nothing to later sessions: such an event would reach the wrong sessions, or none.
          if (isForSessions(publication)) return;
          const added = sizeOf(publication);
          // An event that is too large by itself does not displace others.
          if (added > maxSize) return;
          events.push(keptOf(publication));
          size += added;
          while (events.length > limit || size > maxSize) {
            const oldest = events.shift();
            if (oldest) size -= sizeOf(oldest);
          }
        },
      });
      this.#logs.set(topic.id, { topic, events });
    }
  }

  /** How many topics have a history. */
  get topics(): number {
    return this.#logs.size;
  }

  /**
   * The events of a subscription that meet all conditions in `filters` and that the reader may receive. Under a pattern
   * there may be topics that it may not receive; `limit` counts only events that it may. The result is a promise if the
   * authorizer has to be asked. It is cut off where the answer would be too large. Throws `wamp.error.invalid_argument` for
   * an invalid condition. A subscription without a history has no events.
   */
  find(subscription: Id, filters: Dict, { receiver, maySubscribe, room }: Reader): Found | Promise<Found> {
    const log = this.#logs.get(subscription);
    const query = withoutNulls(filters);
    const { reverse } = query;
    if (reverse !== undefined && typeof reverse !== 'boolean') refuse('reverse', 'true or false');
    const events = log?.events ?? [];
    const conditions = conditionsOf(query, events);
    const limit = limitOf(query.limit);
    if (!log) return { events: [], isCut: false };
    const found = events.filter(
      (event, at) => mayReadLater(event, receiver) && conditions.every((condition) => condition(event, at)),
    );
    if (reverse) found.reverse();
    const toFound = (readable: readonly RoutedPublication[]): Found => {
      const wanted = readable.slice(0, limit);
      const fitting = within(room, wanted);
      return { events: fitting.map((event) => describe(log.topic, event)), isCut: fitting.length < wanted.length };
    };
    return chain(readableBy(maySubscribe, found), toFound);
  }
}
