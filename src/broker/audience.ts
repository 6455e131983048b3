/**
 * Who may receive a publication. An audience is plain data, and every copy of the publication keeps it. This file makes it
 * from the publisher's options and prepares it once per publication for testing subscribers. An invalid audience lets no
 * subscriber receive the publication.
 */

import type { Id } from '../wamp/id.ts';
import type { Audience, HearerFilter, Hearers, Publication } from '../wamp/message.ts';
import type { PublishOptions } from '../wamp/options.ts';
import { audienceFault, noPublishOptions } from '../wamp/options.ts';

/** The properties of a subscriber that an audience tests. */
export interface Hearer {
  readonly id: Id;
  readonly authid: string | null;
  readonly authrole: string | null;
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

const none: readonly HearerFilter[] = [];
const nobody: Hearers = {
  publisher: undefined,
  filters: [{ key: 'id', exclude: undefined, eligible: new Set() }],
};

const filterOf = (
  key: HearerFilter['key'],
  exclude: readonly unknown[] | undefined,
  eligible: readonly unknown[] | undefined,
): readonly HearerFilter[] =>
  exclude || eligible ? [{ key, exclude: exclude && new Set(exclude), eligible: eligible && new Set(eligible) }] : none;

const prepare = (audience: Audience): Hearers => {
  if (audienceFault(audience) !== undefined) return nobody;
  const filters = [
    ...filterOf('id', audience.exclude, audience.eligible),
    ...filterOf('authid', audience.exclude_authid, audience.eligible_authid),
    ...filterOf('authrole', audience.exclude_authrole, audience.eligible_authrole),
  ];
  return { publisher: audience.publisher, filters };
};

const prepared = new WeakMap<Audience, Hearers>();

/** The prepared audience of a publication. It is computed only once. */
export const hearersOf = ({ audience }: Publication): Hearers => {
  const known = prepared.get(audience);
  if (known) return known;
  const hearers = prepare(audience);
  if (hearers !== nobody) prepared.set(audience, hearers);
  return hearers;
};

const passes = ({ key, exclude, eligible }: HearerFilter, hearer: Hearer): boolean => {
  const value = hearer[key];
  return !exclude?.has(value) && (eligible === undefined || eligible.has(value));
};

const passesAll = (filters: readonly HearerFilter[], hearer: Hearer): boolean => {
  for (const filter of filters) if (!passes(filter, hearer)) return false;
  return true;
};

/** Whether `hearer` may receive the publication. */
export const mayHear = ({ publisher, filters }: Hearers, hearer: Hearer): boolean =>
  publisher !== hearer.id && passesAll(filters, hearer);

/** Whether `hearer` may read the publication in a history. Its publisher may, even if it was excluded from the event. */
export const mayReadLater = (publication: Publication, hearer: Hearer): boolean =>
  passesAll(hearersOf(publication).filters, hearer);

/** Whether only some sessions may receive it. `exclude_me` alone is not a restriction, since every later session is another. */
export const isRestricted = (publication: Publication): boolean => hearersOf(publication).filters.length > 0;

/** Whether its audience lists session ids, which mean nothing to later sessions. */
export const isForSessions = (publication: Publication): boolean =>
  hearersOf(publication).filters.some(({ key }) => key === 'id');
