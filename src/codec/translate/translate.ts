/**
 * Puts payloads into another serializer, octets to octets. They never become values of JavaScript, which has one kind of
 * number where serializers have two. PROTOCOL.md, "Payloads between serializers", says what becomes of each kind of value.
 *
 * The reader of one serializer passes values to the writer of the other. Time is linear in the octets that are read and
 * written, and nothing of a payload recurses.
 */

import type { SerializerName } from '../serializers.ts';
import { readCbor } from './cbor-reader.ts';
import { cborWriter } from './cbor-writer.ts';
import { readJson } from './json-reader.ts';
import { jsonWriter } from './json-writer.ts';
import { readMsgpack } from './msgpack-reader.ts';
import { msgpackWriter } from './msgpack-writer.ts';
import { beginOutput, CannotHold, endOutput, freeOutput } from './output.ts';
import type { Reader, Writer } from './writer.ts';

const table: Readonly<Record<SerializerName, { readonly read: Reader; readonly writer: Writer }>> = {
  json: { read: readJson, writer: jsonWriter },
  msgpack: { read: readMsgpack, writer: msgpackWriter },
  cbor: { read: readCbor, writer: cborWriter },
};

/** Most payloads are not longer than this many times what they were. */
const likelyGrowth = 1.5;

/**
 * The octets of `data`, a run of well-formed values in one serializer, in another; in JSON with commas between them. If the
 * target cannot hold a value, or not in `mostOctets`, a text that says so; it quotes nothing of the payload but numbers of
 * types. `data` itself if the serializers are the same.
 */
export const translate = (
  data: Uint8Array,
  from: SerializerName,
  to: SerializerName,
  mostOctets: number = Number.POSITIVE_INFINITY,
): Uint8Array | string => {
  if (from === to) return data;
  const { writer } = table[to];
  beginOutput(Math.ceil(data.length * likelyGrowth), mostOctets);
  writer.begin();
  try {
    table[from].read(data, writer);
    return endOutput();
  } catch (error) {
    if (error instanceof CannotHold) return `${to} cannot hold ${error.message}`;
    throw error;
  } finally {
    freeOutput();
  }
};
