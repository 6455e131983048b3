/**
 * Who may hear a publication. Its audience is plain data and goes wherever a copy of the publication goes; here it is made of the
 * publisher's options, and prepared once per publication for being asked about each subscriber. An audience that is none lets nobody hear.
 */

import type { Id } from '../wamp/id.ts';
import type { Audience, HearerFilter, Hearers, Publication } from '../wamp/message.ts';
import type { PublishOptions } from '../wamp/options.ts';
import { audienceFault, noPublishOptions } from '../wamp/options.ts';

/** What is asked of a subscriber. */
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

/** The audience of a publication that anybody may hear. */
export const everyone: Audience = Object.freeze({});

/**
 * The audience that `options` describe. The publisher is left out unless `exclude_me` is false (Basic Profile, "Publishing and
 * Events").
 */
export const audienceOf = (publisher: Id | undefined, options: PublishOptions): Audience => {
  const excluded = options.exclude_me === false ? undefined : publisher;
  if (excluded === undefined && options === noPublishOptions) return everyone;
  const lists = listNames.filter((name) => options[name]);
  if (excluded === undefined && lists.length === 0) return everyone;
  return Object.freeze({
    ...(excluded !== undefined && { publisher: excluded }),
    // Copies: whoever gave the lists may go on using them.
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

/** The audience of a publication, prepared once however many ask. */
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

/** Whether `hearer` is one of the hearers. */
export const mayHear = ({ publisher, filters }: Hearers, hearer: Hearer): boolean =>
  publisher !== hearer.id && passesAll(filters, hearer);

/** Whether `hearer` may read it in a history: its publisher may, who did not want to hear it back. */
export const mayReadLater = (publication: Publication, hearer: Hearer): boolean =>
  passesAll(hearersOf(publication).filters, hearer);

/** Whether only some may hear it. `exclude_me` alone is no restriction: later sessions are all others. */
export const isRestricted = (publication: Publication): boolean => hearersOf(publication).filters.length > 0;

/** Whether it is addressed by session ids, which mean nothing to later sessions. */
export const isForSessions = (publication: Publication): boolean =>
  hearersOf(publication).filters.some(({ key }) => key === 'id');
