/**
 * Payloads between WAMP v1, whose events and results are one value and whose calls have a row of them, and the rest of the
 * router. As in v2, octets are copied: the values are JSON in both.
 */

import { hasEntries, isMissing } from '../base/dict.ts';
import type { Args, Payload } from '../wamp/payload.ts';
import { emptyPayload, MessagePayload } from '../wamp/payload.ts';
import { endOfElements, startOfElement } from './json-walk.ts';
import { serializers } from './serializers.ts';
import { toV1 } from './translate/v1.ts';
import { octetsFor } from './write-payload.ts';

const { json } = serializers;
const [listStart, comma, listEnd] = [0x5b, 0x2c, 0x5d];
const escapedMarker = '\\u0000';

const asBuffer = (data: Uint8Array): Buffer => Buffer.from(data.buffer, data.byteOffset, data.length);

/** A payload whose args are the octets of `data` from one place to another. `args` are their values. */
const payloadOfRange = (data: Uint8Array, from: number, to: number, args: Args): MessagePayload => {
  const octets = Buffer.allocUnsafe(to - from + 2);
  octets[0] = listStart;
  octets.set(data.subarray(from, to), 1);
  octets[octets.length - 1] = listEnd;
  // A text with the marker is a binary value, which is decoded when somebody asks.
  const mayHaveBinary = asBuffer(data).includes(escapedMarker);
  return MessagePayload.encoded({ octets, count: 1, reader: json }, mayHaveBinary ? undefined : args);
};

/** The payload of a PUBLISH of v1, whose octets are `data`: the event is the only argument. */
export const payloadOfPublish = (data: Uint8Array, { length, 2: event }: readonly unknown[]): MessagePayload => {
  const end = length > 3 ? data.lastIndexOf(comma, startOfElement(data, 3) - 1) : endOfElements(data);
  return payloadOfRange(data, startOfElement(data, 2), end, [event]);
};

/** The payload of a CALL of v1, whose octets are `data`. */
export const payloadOfCall = (data: Uint8Array, args: Args): MessagePayload =>
  args.length === 0 ? MessagePayload.of([]) : payloadOfRange(data, startOfElement(data, 3), endOfElements(data), args);

/** How v1 carries a v2 payload: a single argument as it is, anything else as an object with `args` and `kwargs`. */
const singleOf = ({ args, kwargs }: Payload): unknown =>
  args.length === 1 && !hasEntries(kwargs) ? args[0] : { args, kwargs: kwargs ?? {} };

/**
 * A payload as the last element of a message of v1, in JSON. Throws what JSON cannot hold. An empty one is an object, too;
 * where v1 has another form for none, its caller knows.
 */
export const toV1Json = (payload: MessagePayload): string | Uint8Array => {
  const octets = octetsFor(payload, json);
  return octets?.length ? toV1(octets) : writeJson(singleOf(octets ? emptyPayload : payload));
};

/** JSON of one value; of what is none, null. */
const writeJson = (value: unknown): string => json.encode([value ?? null]).slice(1, -1) as string;

/**
 * What v1 carries of an ERROR: where it has no description, the text that its arguments begin with, as callees of v2 have no other place
 * for a sentence to people; and whether its payload is to follow as details, since that text, or null, is not all of it.
 */
export const toV1Error = (
  given: string,
  payload: MessagePayload,
): { readonly description: string; readonly hasDetails: boolean } => {
  const { args, kwargs } = payload;
  const [first] = args;
  const description = given === '' && typeof first === 'string' ? first : given;
  const isTold = args.length === (description === given ? 0 : 1) || (args.length === 1 && isMissing(first));
  return { description, hasDetails: !isTold || hasEntries(kwargs) };
};
