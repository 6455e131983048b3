/**
 * Puts payloads into another serializer, octets to octets. They never become values of JavaScript, which has one kind of
 * number where serializers have two. PROTOCOL.md, "Payloads between serializers", says what becomes of each kind of value.
 *
 * The reader of one serializer passes values to the writer of the other. Time is linear in the octets that are read and
 * written, and nothing of a payload recurses.
 */

import { beginOutput, CannotHold, endOutput, freeOutput } from './output.ts';
import type { Format } from './writer.ts';

/** Most payloads are not longer than this many times what they were. */
const likelyGrowth = 1.5;

/**
 * The octets of `data`, a run of well-formed values in one serializer, in another; in JSON with commas between them. If the
 * target cannot hold a value, or not in `mostOctets`, a text that says so; it quotes nothing of the payload but numbers of
 * types. `data` itself if the serializers are the same.
 */
export const translate = (
  data: Uint8Array,
  from: Format,
  to: Format,
  mostOctets: number = Number.POSITIVE_INFINITY,
): Uint8Array | string => {
  if (from === to) return data;
  beginOutput(Math.ceil(data.length * likelyGrowth), mostOctets);
  to.writer.begin();
  try {
    from.read(data, to.writer);
    return endOutput();
  } catch (error) {
    if (error instanceof CannotHold) return `${to.name} cannot hold ${error.message}`;
    throw error;
  } finally {
    freeOutput();
  }
};
