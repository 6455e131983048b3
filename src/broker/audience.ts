/**
 * Who may receive a publication. An audience is plain data, and every copy of the publication keeps it. This file makes it
 * from the publisher's options and prepares it once per publication for testing subscribers. An invalid audience lets no
 * subscriber receive the publication.
 */

import type { Id } from '../wamp/id.ts';
import type { AudienceFilter, PreparedAudience } from '../wamp/message.ts';
import type { PublishOptions } from '../wamp/options.ts';
import { audienceFault, noPublishOptions } from '../wamp/options.ts';
import type { Audience, RoutedPublication } from '../wamp/publication.ts';

/** The properties of a subscriber that an audience tests. */
export interface Receiver {
  readonly id: Id;
  readonly authid: string | null;
  readonly authrole: string | null;
  /** Whether it takes payloads that are one binary value without a list around it. */
  readonly takesTransparent: boolean;
}

const listNames = [
  'exclude',
  'exclude_authid',
  'exclude_authrole',
  'eligible',
  'eligible_authid',
  'eligible_authrole',
] as const;

/** The audience of a publication that every session may receive. */
export const everyone: Audience = Object.freeze({});

/**
 * The audience that `options` describe. The publisher is excluded unless `exclude_me` is false (Basic Profile, "Publishing
 * and Events").
 */
export const audienceOf = (publisher: Id | undefined, options: PublishOptions): Audience => {
  const excluded = options.exclude_me === false ? undefined : publisher;
  if (excluded === undefined && options === noPublishOptions) return everyone;
  const lists = listNames.filter((name) => options[name]);
  if (excluded === undefined && lists.length === 0) return everyone;
  return Object.freeze({
    ...(excluded !== undefined && { publisher: excluded }),
    // The lists are copied, since the caller may change them later.
    ...Object.fromEntries(lists.map((name) => [name, Object.freeze([...(options[name] ?? [])])])),
  });
};

const none: readonly AudienceFilter[] = [];
const noReceiver: PreparedAudience = {
  publisher: undefined,
  filters: [{ key: 'id', exclude: undefined, eligible: new Set() }],
};

const filterOf = (
  key: AudienceFilter['key'],
  exclude: readonly unknown[] | undefined,
  eligible: readonly unknown[] | undefined,
): readonly AudienceFilter[] =>
  exclude || eligible ? [{ key, exclude: exclude && new Set(exclude), eligible: eligible && new Set(eligible) }] : none;

const prepare = (audience: Audience): PreparedAudience => {
  if (audienceFault(audience) !== undefined) return noReceiver;
  const filters = [
    ...filterOf('id', audience.exclude, audience.eligible),
    ...filterOf('authid', audience.exclude_authid, audience.eligible_authid),
    ...filterOf('authrole', audience.exclude_authrole, audience.eligible_authrole),
  ];
  return { publisher: audience.publisher, filters };
};

const prepared = new WeakMap<Audience, PreparedAudience>();

/** What the publisher has said of the audience. It is computed only once. */
const wishedAudience = ({ audience }: RoutedPublication): PreparedAudience => {
  const known = prepared.get(audience);
  if (known) return known;
  const made = prepare(audience);
  if (made !== noReceiver) prepared.set(audience, made);
  return made;
};

const takers: AudienceFilter = { key: 'takesTransparent', exclude: undefined, eligible: new Set([true]) };

/** The prepared audience of a publication. A transparent payload would be no message for those who have not announced it. */
export const preparedAudience = (publication: RoutedPublication): PreparedAudience => {
  const wished = wishedAudience(publication);
  if (!publication.payload.isTransparent) return wished;
  return { ...wished, filters: [...wished.filters, takers] };
};

const passes = ({ key, exclude, eligible }: AudienceFilter, receiver: Receiver): boolean => {
  const value = receiver[key];
  return !exclude?.has(value) && (eligible === undefined || eligible.has(value));
};

const passesAll = (filters: readonly AudienceFilter[], receiver: Receiver): boolean => {
  for (const filter of filters) if (!passes(filter, receiver)) return false;
  return true;
};

/** Whether `receiver` may receive the publication. */
export const mayReceive = ({ publisher, filters }: PreparedAudience, receiver: Receiver): boolean =>
  publisher !== receiver.id && passesAll(filters, receiver);

/** Whether `receiver` may read the publication in a history. Its publisher may, even if it was excluded from the event. */
export const mayReadLater = (publication: RoutedPublication, receiver: Receiver): boolean =>
  passesAll(wishedAudience(publication).filters, receiver);

/** Whether only some sessions may receive it. `exclude_me` alone is not a restriction, since every later session is another. */
export const isRestricted = (publication: RoutedPublication): boolean => wishedAudience(publication).filters.length > 0;

/** Whether its audience lists session ids, which mean nothing to later sessions. */
export const isForSessions = (publication: RoutedPublication): boolean =>
  wishedAudience(publication).filters.some(({ key }) => key === 'id');
