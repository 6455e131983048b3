/**
 * What an interceptor emits, checked whole before it goes on: an operator is free to make anything, and what is no publication of its
 * realm, or is for an audience that nobody named, must reach nobody.
 */

import { isDict } from '../wamp/dict.ts';
import { isId } from '../wamp/id.ts';
import type { Publication } from '../wamp/message.ts';
import { audienceFault } from '../wamp/options.ts';
import { defaultUriLimit, exceedsOctets, isReserved } from '../wamp/uri.ts';

const isOptional = (is: (value: unknown) => boolean) => (value: unknown) => value === undefined || is(value);

const isTopic = (value: unknown): boolean =>
  typeof value === 'string' && value !== '' && !isReserved(value) && !exceedsOctets(value, defaultUriLimit);

const checks: { readonly [Name in Exclude<keyof Publication, 'realm' | 'audience'>]-?: (value: unknown) => boolean } = {
  id: isId,
  topic: isTopic,
  args: Array.isArray,
  kwargs: isOptional(isDict),
  publisher: isOptional(isId),
  time: Number.isFinite,
  details: isOptional(isDict),
  retain: isOptional((value) => typeof value === 'boolean'),
};

const missingAudience =
  'it has no audience: pass the publication on or copy it, or make a new one with postmaster.publication(topic, payload, audience)';

/** Why `value` cannot be sent to subscribers of `realm`, in a few words; undefined when it can. */
export const emissionFault = (value: unknown, realm: string): string | undefined => {
  if (!isDict(value)) return 'it is no publication';
  if (value.audience === undefined) return missingAudience;
  for (const [name, is] of Object.entries(checks)) if (!is(value[name])) return `its ${name} is not valid`;
  return value.realm === realm ? audienceFault(value.audience) : 'it is of another realm';
};

const frozenList = <Item>(list: readonly Item[]): readonly Item[] =>
  Object.isFrozen(list) ? list : Object.freeze([...list]);

/** A copy that nobody can change, so that it stays what was checked; what lies deeper in its payload is shared. */
export const frozenCopy = (publication: Publication): Publication => {
  const { id, topic, args, kwargs, realm, time, publisher, audience, details, retain } = publication;
  const lists = Object.entries(audience).map(([name, held]) => [name, Array.isArray(held) ? frozenList(held) : held]);
  return Object.freeze({
    id,
    topic,
    args: frozenList(args),
    kwargs: kwargs && Object.freeze({ ...kwargs }),
    realm,
    time,
    ...(publisher !== undefined && { publisher }),
    audience: Object.isFrozen(audience) ? audience : Object.freeze(Object.fromEntries(lists)),
    ...(details && { details: Object.freeze({ ...details }) }),
    ...(retain !== undefined && { retain }),
  });
};
