/**
 * Finds the payload of a message of a binary serializer by what the walk over its heads has found. Only what stands before it
 * is decoded.
 */

import { allocate, concat } from '#platform/octets';
import type { EncodedPayload, PayloadReader } from '../wamp/payload.ts';
import { MessagePayload } from '../wamp/payload.ts';
import type { BinaryHeads } from './binary-envelope.ts';
import { readPlain } from './binary-envelope.ts';
import { placeOfPayload } from './payload.ts';
import type { ReadHead } from './walk.ts';
import { found, kind, refusalOf } from './walk.ts';

/** With which element the payload of the message `data` begins; 0 if it has none. */
const placeIn = (data: Uint8Array, { octetNumber }: BinaryHeads): number => {
  const start = found.starts[0] as number;
  const code = data[start] === octetNumber ? data[start + 1] : data[start];
  const at = placeOfPayload(code as number);
  return found.elements > at ? at : 0;
};

/** The first `count` elements of the message `data` as a message of their own. */
const envelopeOf = (data: Uint8Array, count: number, { emptyList }: BinaryHeads): Uint8Array => {
  const start = found.starts[0] as number;
  const envelope = allocate(1 + (found.starts[count] as number) - start);
  envelope[0] = emptyList + count;
  envelope.set(data.subarray(start, found.starts[count]), 1);
  return envelope;
};

/** Decodes the message `data`, which was walked over last, without its payload. */
export const decodeWithoutPayload = (
  data: Uint8Array,
  heads: BinaryHeads,
  decode: (data: Uint8Array) => unknown,
): unknown => {
  const at = placeIn(data, heads);
  if (at === 0) return decode(data);
  const list = readPlain(data, at, heads) ?? (decode(envelopeOf(data, at, heads)) as unknown[]);
  while (list.length < found.elements) list.push(undefined);
  return list;
};

/** The payload that begins with element `at` of the message `data`, which was walked over last. Undefined if it is none. */
export const payloadOfOctets = (
  data: Uint8Array,
  at: number,
  reader: PayloadReader,
  { emptyList }: BinaryHeads,
): MessagePayload | undefined => {
  const { elements, starts, kinds, areEmpty, end } = found;
  if (elements <= at) return MessagePayload.of([]);
  const hasSecond = elements > at + 1;
  if (kinds[at] === kind.binary && !hasSecond) {
    return MessagePayload.encoded({ octets: data.subarray(starts[at], end), count: 1, reader, isTransparent: true });
  }
  const isList = kinds[at] === kind.list;
  const isDictionary = hasSecond && kinds[at + 1] === kind.dictionary;
  if (!isList && kinds[at] !== kind.nothing) return undefined;
  if (hasSecond && !isDictionary && kinds[at + 1] !== kind.nothing) return undefined;
  const second = hasSecond ? (starts[at + 1] as number) : end;
  const last = elements > at + 2 ? (starts[at + 2] as number) : end;
  if (!isDictionary || areEmpty[at + 1] === 1) {
    if (!isList || areEmpty[at] === 1) return MessagePayload.of([]);
    return MessagePayload.encoded({ octets: data.subarray(starts[at], second), count: 1, reader });
  }
  const octets = isList
    ? data.subarray(starts[at], last)
    : concat([Uint8Array.of(emptyList), data.subarray(second, last)]);
  return MessagePayload.encoded({ octets, count: 2, reader });
};

/** Only a list of CBOR can be without a length. */
const endlessList = 0x9f;

/** Where the first element of a payload ends. The walk has found its elements then. */
export const endOfArgs = (octets: Uint8Array, readHead: ReadHead): number => {
  // What is behind the args is no fault here.
  refusalOf(octets, readHead, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
  return octets[0] === endlessList && octets[found.end] === endOfEndless ? found.end + 1 : found.end;
};
const endOfEndless = 0xff;

/** The elements of a payload, each in octets. */
export const elementsOfOctets = ({ octets, count }: EncodedPayload, readHead: ReadHead): readonly Uint8Array[] => {
  if (count === 1) return [octets];
  const end = endOfArgs(octets, readHead);
  return [octets.subarray(0, end), octets.subarray(end)];
};
