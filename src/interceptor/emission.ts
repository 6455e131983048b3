/**
 * Reads what an interceptor emits into plain data and checks it completely before it goes on. An operator may emit
 * anything. A value that is not a publication of its realm, or that has no audience, must not be delivered.
 */

import { isDict } from '../base/dict.ts';
import { isId } from '../wamp/id.ts';
import type { Draft } from '../wamp/message.ts';
import { audienceFault, plainAudience } from '../wamp/options.ts';
import { MessagePayload } from '../wamp/payload.ts';
import type { Audience, Publication, RoutedPublication } from '../wamp/publication.ts';
import { routedOf } from '../wamp/publication.ts';
import { isReserved } from '../wamp/uri.ts';

const isOptional = (is: (value: unknown) => boolean) => (value: unknown) => value === undefined || is(value);

// The same topics as `publishEvent` accepts. The limit of a topic's length applies only to peers on the wire.
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
  return taken.realm === realm ? audienceFault(taken.audience) : 'it belongs to another realm';
};

const frozenList = <Item>(list: readonly Item[]): readonly Item[] =>
  Object.isFrozen(list) ? list : Object.freeze([...list]);

/** A copy, so that it stays as it was checked. Values deeper in the payload are shared. Its audience is frozen already. */
const routed = (publication: Publication): RoutedPublication => {
  const { id, topic, args, kwargs, realm, time, publisher, audience, details, retain } = publication;
  const payload = MessagePayload.of(frozenList(args), kwargs && Object.freeze({ ...kwargs }));
  const copy: Draft<RoutedPublication> = { id, topic, payload, realm, time, audience, view: undefined };
  if (publisher !== undefined) copy.publisher = publisher;
  if (details) copy.details = Object.freeze({ ...details });
  if (retain !== undefined) copy.retain = retain;
  return copy;
};

/**
 * Reads `value` as a publication, or says in a few words why it cannot be sent to subscribers of `realm`. What the operator was
 * given goes on as it is; of anything else a copy is made. Every field is read only once, since a getter may answer differently
 * the second time. Throws what a getter throws. `known` is an audience that is known to be plain data and need not be copied.
 */
export const readEmission = (value: unknown, realm: string, known?: Audience): RoutedPublication | string => {
  const given = routedOf(value);
  if (given?.realm === realm && !isReserved(given.topic)) return given;
  if (!isDict(value)) return 'it is not a publication';
  const { id, topic, args, kwargs, realm: home, time, publisher, audience, details, retain } = value;
  const plain = audience === known ? known : plainAudience(audience);
  const taken = { id, topic, args, kwargs, realm: home, time, publisher, audience: plain, details, retain };
  return faultOf(taken, realm) ?? routed(taken as Publication);
};
