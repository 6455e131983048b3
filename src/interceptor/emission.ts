/**
 * What an interceptor emits, read once into plain data and checked whole before it goes on: an operator is free to make anything, and what
 * is no publication of its realm, or is for an audience that nobody named, must reach nobody.
 */

import { isDict } from '../base/dict.ts';
import { isId } from '../wamp/id.ts';
import type { Audience, Draft, Publication } from '../wamp/message.ts';
import { audienceFault, plainAudience } from '../wamp/options.ts';
import { isReserved } from '../wamp/uri.ts';

const isOptional = (is: (value: unknown) => boolean) => (value: unknown) => value === undefined || is(value);

// What `publishEvent` takes: how long a topic may be binds peers on the wire alone.
const isTopic = (value: unknown): boolean => typeof value === 'string' && value !== '' && !isReserved(value);

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

const faultOf = (taken: Readonly<Record<keyof Publication, unknown>>, realm: string): string | undefined => {
  if (taken.audience === undefined) return missingAudience;
  for (const [name, is] of Object.entries(checks)) {
    if (!is(taken[name as keyof typeof checks])) return `its ${name} is not valid`;
  }
  return taken.realm === realm ? audienceFault(taken.audience) : 'it is of another realm';
};

const frozenList = <Item>(list: readonly Item[]): readonly Item[] =>
  Object.isFrozen(list) ? list : Object.freeze([...list]);

/**
 * Makes a publication that the router has made itself, lists and dictionaries of its payload included, one that nobody can change:
 * an interceptor is shown it, and it goes on. What lies deeper in the payload can be changed as before; the audience is frozen.
 */
export const freeze = (publication: Publication): Publication => {
  const { args, kwargs } = publication;
  Object.freeze(args);
  if (kwargs) Object.freeze(kwargs);
  return Object.freeze(publication);
};

/**
 * A copy that nobody can change, so that it stays what was checked; what lies deeper in its payload is shared. Its audience is
 * frozen already.
 */
const frozenCopy = (publication: Publication): Publication => {
  const { id, topic, args, kwargs, realm, time, publisher, audience, details, retain } = publication;
  const copy: Draft<Publication> = {
    id,
    topic,
    args: frozenList(args),
    kwargs: kwargs && Object.freeze({ ...kwargs }),
    realm,
    time,
    audience,
  };
  if (publisher !== undefined) copy.publisher = publisher;
  if (details) copy.details = Object.freeze({ ...details });
  if (retain !== undefined) copy.retain = retain;
  return Object.freeze(copy);
};

/**
 * The publication that `value` is, as a copy that nobody can change; or why it cannot be sent to subscribers of `realm`, in a few words.
 * Every field is read once, as a getter may answer differently the second time. Throws what a getter throws.
 * `known` is an audience that is plain data already, for which nothing need be copied.
 */
export const readEmission = (value: unknown, realm: string, known?: Audience): Publication | string => {
  if (!isDict(value)) return 'it is no publication';
  const { id, topic, args, kwargs, realm: home, time, publisher, audience, details, retain } = value;
  const plain = audience === known ? known : plainAudience(audience);
  const taken = { id, topic, args, kwargs, realm: home, time, publisher, audience: plain, details, retain };
  return faultOf(taken, realm) ?? frozenCopy(taken as Publication);
};
