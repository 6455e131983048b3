/** The octets of a payload for one serializer. */

import { concat, fromText, toText } from '#platform/octets';
import { hasEntries } from '../base/dict.ts';
import type { Message } from '../wamp/message.ts';
import type { MessagePayload } from '../wamp/payload.ts';
import { encodeRecords } from './records.ts';
import type { Serializer } from './serializer.ts';
import { CannotHold } from './translate/output.ts';
import { translate } from './translate/translate.ts';
import { writeEnvelope, writeMessage } from './v2.ts';

/** How many elements the octets of a payload have. */
export const countOf = (payload: MessagePayload): 1 | 2 => {
  if (payload.encoded) return payload.encoded.count;
  return hasEntries(payload.kwargs) ? 2 : 1;
};

/** For a log: what a serializer cannot hold, or the error where a program is to blame. */
export const causeOf = (error: unknown): { readonly reason?: string; readonly err?: unknown } =>
  error instanceof CannotHold ? { reason: error.message } : { err: error };

/** The longest that a payload may become, in octets: no peer takes a longer message. */
const longest = 16 * 1024 * 1024;

/**
 * The octets of a payload in a serializer: as they came, or translated. Undefined if it has none, but values; empty if nothing
 * is left of its records. Throws a CannotHold that says what the serializer cannot hold.
 */
export const octetsFor = (payload: MessagePayload, serializer: Serializer): Uint8Array | undefined => {
  const { encoded, records } = payload;
  if (records) {
    return encodeRecords(records, payload.kwargs, serializer, (record) => octetsFor(record.payload, serializer));
  }
  if (!encoded || encoded.reader === serializer) return encoded?.octets;
  // Whoever reads payloads is a serializer.
  const octets = translate(encoded.octets, encoded.reader as Serializer, serializer, longest);
  if (typeof octets === 'string') throw new CannotHold(octets);
  return octets;
};

/** A message as octets, or as a text where the serializer makes text. Throws what the serializer cannot encode. */
export const encodeMessage = (message: Message, serializer: Serializer): string | Uint8Array => {
  const payload = 'payload' in message ? message.payload : undefined;
  const octets = payload && octetsFor(payload, serializer);
  if (!octets) return serializer.encode(writeMessage(message));
  const head = serializer.encodeHead(writeEnvelope(message), countOf(payload));
  if (typeof head !== 'string') return concat([head, octets, fromText(serializer.tail)]);
  return head + toText(octets) + serializer.tail;
};
