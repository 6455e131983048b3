/** The payload of a message, between its list and the rest of the router. */

import { isDict, isEmpty, isMissing } from '../base/dict.ts';
import { messageTable } from '../wamp/message.ts';
import type { Args, Kwargs, Payload } from '../wamp/payload.ts';
import { MessagePayload } from '../wamp/payload.ts';
import type { Serializer } from './serializer.ts';
import { CannotHold } from './translate/output.ts';

/** By message code, which element of the list a payload begins with; 0 if the message has none. */
const places = new Uint8Array(128);
for (const { code, fields } of Object.values(messageTable)) {
  if (fields.at(-1) === 'payload:payload') places[code] = fields.length;
}

/** The element with which the payload of a message begins; 0 if messages of this code have none. */
export const placeOfPayload = (code: number): number => places[code] ?? 0;

/** The payload that the values of its one or two elements are. Throws if a key of the kwargs is no text. */
export const toPayload = ([args, kwargs]: readonly unknown[]): Payload => {
  if (kwargs instanceof Map) throw new CannotHold('keyword arguments with keys that are not texts');
  return { args: args instanceof Uint8Array ? [args] : (args as Args), kwargs: kwargs as Kwargs | undefined };
};

/** Whether two elements of a decoded list are args and kwargs. Null counts as missing. */
export const isPayload = (args: unknown, kwargs: unknown): boolean =>
  (isMissing(args) || Array.isArray(args)) && (isMissing(kwargs) || isDict(kwargs));

/** Whether an element of a decoded list is no args and no kwargs: they are missing, null, or empty. */
export const isNothing = (value: unknown): boolean =>
  isMissing(value) || (Array.isArray(value) ? value.length === 0 : isEmpty(value as Kwargs));

/** Whether the options or details of a message allow that its payload, element `at`, is a binary value in the place of args. */
const mayBeTransparent = (list: readonly unknown[], at: number): boolean => {
  const options = isDict(list[at - 1]) ? list[at - 1] : list[at - 2];
  return isDict(options) && typeof options.enc_algo === 'string' && options.enc_algo !== '';
};

/** A list as it came: a serializer has decoded it from `data`, but for its payload. */
export interface Source {
  readonly serializer: Serializer;
  readonly data: Uint8Array;
}

/**
 * The payload that begins with element `at` of a list. Without a source the list has been decoded whole. Null in the place of args or kwargs counts as missing, and an
 * empty dictionary of kwargs as well. Undefined if it is no payload.
 */
export const payloadOf = (
  list: readonly unknown[],
  at: number,
  source: Source | undefined,
): MessagePayload | undefined => {
  if (source) {
    const payload = source.serializer.payloadOf(source.data, list, at);
    return payload?.isTransparent && !mayBeTransparent(list, at) ? undefined : payload;
  }
  const args = list[at];
  const kwargs = list[at + 1];
  if (!isPayload(args, kwargs)) return undefined;
  return MessagePayload.of(isMissing(args) ? [] : (args as Args), isNothing(kwargs) ? undefined : (kwargs as Kwargs));
};
