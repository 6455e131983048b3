/**
 * Finds the payload of a message of a binary serializer by what the walk over its heads has found. Only what stands before it
 * is decoded.
 */

import type { PayloadReader } from '../wamp/payload.ts';
import { MessagePayload } from '../wamp/payload.ts';
import { placeOfPayload } from './payload.ts';
import type { ReadHead } from './walk.ts';
import { found, kind, refusalOf } from './walk.ts';

/** What a binary serializer has in common with the others, as its first octets say it. */
export interface BinaryHeads {
  /** The first octet of a number in the octet behind it. */
  readonly octetNumber: number;
  /** The first octet of an empty list. That of a list of a few elements is as many more. */
  readonly emptyList: number;
}

/** The message `data` without its payload, as a message of its own. Undefined if it has none. */
const envelopeOf = (data: Uint8Array, { octetNumber, emptyList }: BinaryHeads): Uint8Array | undefined => {
  if (found.elements === 0) return undefined;
  const start = found.starts[0] as number;
  const code = data[start] === octetNumber ? data[start + 1] : data[start];
  const at = placeOfPayload(code as number);
  if (at === 0 || found.elements <= at) return undefined;
  const end = found.starts[at] as number;
  const envelope = Buffer.allocUnsafe(1 + end - start);
  envelope[0] = emptyList + at;
  for (let from = start; from < end; from += 1) envelope[1 + from - start] = data[from] as number;
  return envelope;
};

/** Decodes the message `data`, which was walked over last, without its payload. */
export const decodeWithoutPayload = (
  data: Uint8Array,
  heads: BinaryHeads,
  decode: (data: Uint8Array) => unknown,
): unknown => {
  const envelope = envelopeOf(data, heads);
  if (!envelope) return decode(data);
  const list = decode(envelope) as unknown[];
  list.length = found.elements;
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
    : Buffer.concat([Uint8Array.of(emptyList), data.subarray(second, last)]);
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
