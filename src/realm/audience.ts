/**
 * Who may hear a publication, and what its EVENT says beside the payload. Both travel with the publication under a symbol, so
 * that interceptors which emit copies (`{ ...publication, args }`) keep them without knowing them.
 */

import type { Id } from '../wamp/id.ts';
import type { Dict, Publication } from '../wamp/message.ts';
import type { PublishOptions } from '../wamp/options.ts';

/** What is asked of a subscriber. */
export interface Listener {
  readonly id: Id;
  readonly authid: string | null;
  readonly authrole: string | null;
}

type Key = 'id' | 'authid' | 'authrole';

/** Values of a subscriber that hear nothing, and the only ones that may hear anything. */
interface Filter {
  readonly key: Key;
  readonly exclude: ReadonlySet<unknown> | undefined;
  readonly eligible: ReadonlySet<unknown> | undefined;
}

/** Who is left out. */
interface Audience {
  readonly publisher: Id | undefined;
  readonly filters: readonly Filter[];
}

/** What a publication carries beside what everybody sees. */
export interface Delivery {
  readonly audience: Audience | undefined;
  readonly details: Dict | undefined;
  readonly retain: boolean;
}

const deliveryKey: unique symbol = Symbol('delivery');

/** A publication with its delivery. */
interface AddressedPublication extends Publication {
  readonly [deliveryKey]?: Delivery;
}

const filterOf = (
  key: Key,
  exclude: readonly unknown[] | undefined,
  eligible: readonly unknown[] | undefined,
): readonly Filter[] =>
  exclude || eligible ? [{ key, exclude: exclude && new Set(exclude), eligible: eligible && new Set(eligible) }] : [];

/** The audience that `options` describe, undefined when that is everyone. Every list that is there must let a subscriber pass. */
const audienceOf = (publisher: Id | undefined, options: PublishOptions): Audience | undefined => {
  const excluded = options.exclude_me === false ? undefined : publisher;
  const { exclude, exclude_authid, exclude_authrole, eligible, eligible_authid, eligible_authrole } = options;
  const filters =
    exclude || eligible || exclude_authid || eligible_authid || exclude_authrole || eligible_authrole
      ? [
          ...filterOf('id', exclude, eligible),
          ...filterOf('authid', exclude_authid, eligible_authid),
          ...filterOf('authrole', exclude_authrole, eligible_authrole),
        ]
      : none;
  return excluded === undefined && filters.length === 0 ? undefined : { publisher: excluded, filters };
};

const none: readonly Filter[] = [];

/**
 * Gives a new publication its audience and `details`, what EVENT.Details is to say of it. The publisher is left out unless
 * `exclude_me` is false (Basic Profile, "Publishing and Events").
 */
export const address = (publication: Publication, options: PublishOptions, details: Dict | undefined): Publication => {
  const audience = audienceOf(publication.publisher, options);
  const retain = options.retain === true;
  if (!audience && !details && !retain) return publication;
  const addressed: AddressedPublication = { ...publication, [deliveryKey]: { audience, details, retain } };
  return addressed;
};

/** What a publication of `publisher` carries that has no options: it is left out, and nothing else. One for all of them. */
export const plainDelivery = ({ id }: Listener): Delivery => ({
  audience: { publisher: id, filters: none },
  details: undefined,
  retain: false,
});

/** A publication whose publisher is left out, and nobody else, made at once with its delivery. */
export const addressPlainly = (
  { id, topic, args, kwargs, realm, time, publisher }: Required<Publication>,
  delivery: Delivery,
): Publication => {
  const addressed: AddressedPublication = { id, topic, args, kwargs, realm, time, publisher, [deliveryKey]: delivery };
  return addressed;
};

const deliveryOf = (publication: Publication): Delivery | undefined =>
  (publication as AddressedPublication)[deliveryKey];

const passes = ({ key, exclude, eligible }: Filter, listener: Listener): boolean => {
  const value = listener[key];
  return !exclude?.has(value) && (eligible === undefined || eligible.has(value));
};

const passesAll = ({ filters }: Audience, listener: Listener): boolean => {
  for (const filter of filters) if (!passes(filter, listener)) return false;
  return true;
};

/** Whether `listener` is in the audience of `publication`. */
export const mayHear = (publication: Publication, listener: Listener): boolean => {
  const audience = deliveryOf(publication)?.audience;
  return audience === undefined || (audience.publisher !== listener.id && passesAll(audience, listener));
};

/** Whether `listener` may read it in a history: its publisher may, who did not want to hear it back. */
export const mayReadLater = (publication: Publication, listener: Listener): boolean => {
  const audience = deliveryOf(publication)?.audience;
  return audience === undefined || passesAll(audience, listener);
};

/** What EVENT.Details says of a publication, besides what depends on the subscription. */
export const detailsOf = (publication: Publication): Dict | undefined => deliveryOf(publication)?.details;

/** Whether its publisher asked the broker to keep it for later subscribers. */
export const isRetained = (publication: Publication): boolean => deliveryOf(publication)?.retain === true;

/** Whether only some may hear it. `exclude_me` alone is no restriction: later sessions are all others. */
export const isRestricted = (publication: Publication): boolean =>
  (deliveryOf(publication)?.audience?.filters.length ?? 0) > 0;

/** Whether it is addressed by session ids, which mean nothing to later sessions. */
export const isForSessions = (publication: Publication): boolean =>
  deliveryOf(publication)?.audience?.filters.some(({ key }) => key === 'id') === true;
