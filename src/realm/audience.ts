/**
 * Who may hear a publication. The publisher's choice travels with the publication under a symbol, so that interceptors
 * which emit copies (`{ ...publication, args }`) keep it without knowing it.
 */

import type { Id } from '../wamp/id.ts';
import type { Publication, PublishOptions } from '../wamp/message.ts';

/** Sessions that hear nothing, and the only ones that may hear anything. */
export interface Audience {
  readonly excluded: Id | undefined;
  readonly exclude: ReadonlySet<Id> | undefined;
  readonly eligible: ReadonlySet<Id> | undefined;
}

const audienceKey: unique symbol = Symbol('audience');

/** A publication with its audience. */
export interface AddressedPublication extends Publication {
  readonly [audienceKey]?: Audience | undefined;
}

/** The audience that `options` describe, undefined when that is everyone. Exclusion wins over eligibility. */
export const audienceOf = (publisher: Id | undefined, options: PublishOptions): Audience | undefined => {
  const excluded = options.exclude_me ? publisher : undefined;
  if (excluded === undefined && !options.exclude && !options.eligible) return undefined;
  return {
    excluded,
    exclude: options.exclude && new Set(options.exclude),
    eligible: options.eligible && new Set(options.eligible),
  };
};

/** Gives a new publication its audience. */
export const address = (publication: Publication, audience: Audience | undefined): AddressedPublication =>
  audience ? { ...publication, [audienceKey]: audience } : publication;

/** Whether the session `id` is in the audience of `publication`. */
export const mayHear = (publication: AddressedPublication, id: Id): boolean => {
  const audience = publication[audienceKey];
  if (audience === undefined) return true;
  if (audience.excluded === id || audience.exclude?.has(id)) return false;
  return audience.eligible === undefined || audience.eligible.has(id);
};
