/**
 * Payloads within a payload: a list of dictionaries, each of which ends with args and kwargs of its own. Everything else of it is
 * encoded with null in their place, and their octets are put there. As entries keep their order, that place is at the end.
 */

import type { Dict } from '../base/dict.ts';
import { hasEntries } from '../base/dict.ts';
import type { Kwargs, PayloadRecord } from '../wamp/payload.ts';
import type { Serializer } from './serializer.ts';

type Octets = Uint8Array;

const bufferOf = (encoded: string | Octets): Buffer =>
  typeof encoded === 'string' ? Buffer.from(encoded) : Buffer.from(encoded.buffer, encoded.byteOffset, encoded.length);

/** Octets of a value by itself; the head of a list with one element is one octet. */
const encodeOne = (value: unknown, serializer: Serializer): Buffer => {
  const list = bufferOf(serializer.encode([value]));
  return list.subarray(1, list.length - serializer.tail.length);
};

/** The two halves of a payload, without a comma between them; undefined for one that is missing or an empty list. */
const halvesOf = (octets: Octets, count: 1 | 2, serializer: Serializer): readonly (Octets | undefined)[] => {
  const end = count === 1 ? octets.length : serializer.endOfArgs(octets);
  const args = octets.subarray(0, end);
  const isEmpty = encodeOne([], serializer).equals(args);
  const comma = serializer.isBinary ? 0 : octets.indexOf(0x2c, end) + 1 - end;
  return [isEmpty ? undefined : args, count === 2 ? octets.subarray(end + comma) : undefined];
};

/** A record with the octets of its payload. */
const encodeRecord = (facts: Dict, halves: readonly (Octets | undefined)[], serializer: Serializer): Octets => {
  const names = ['args', 'kwargs'].filter((_, at) => halves[at]);
  const given = halves.filter((half) => half !== undefined);
  const whole = encodeOne({ ...facts, ...Object.fromEntries(names.map((name) => [name, null])) }, serializer);
  if (given.length === 0) return whole;
  const hole = encodeOne(null, serializer).length;
  // Behind the last entry stands one bracket, or nothing.
  let end = whole.length - serializer.tail.length;
  const parts: Octets[] = [whole.subarray(end)];
  for (let at = given.length - 1; at >= 0; at -= 1) {
    const key = at === 0 ? end - hole : encodeKey(names[at] as string, serializer).length;
    parts.unshift(whole.subarray(at === 0 ? 0 : end - hole - key, end - hole), given[at] as Octets);
    end -= hole + key;
  }
  return Buffer.concat(parts);
};

/** The octets of a key behind another entry. */
const encodeKey = (name: string, serializer: Serializer): Octets =>
  serializer.isBinary ? encodeOne(name, serializer) : Buffer.from(`,"${name}":`);

/** The head of a list of `count` elements. */
const listHead = (count: number, serializer: Serializer): Octets => {
  if (!serializer.isBinary) return Buffer.from('[');
  // null is one octet in the binary serializers.
  const list = bufferOf(serializer.encode(Array(count).fill(null)));
  return list.subarray(0, list.length - count);
};

/**
 * Octets of a payload whose args are records: none if nothing is left. `octetsOf` has the octets of theirs; records for which it
 * throws are left out.
 */
export const encodeRecords = (
  records: readonly PayloadRecord[],
  kwargs: Kwargs | undefined,
  serializer: Serializer,
  octetsOf: (record: PayloadRecord) => Octets | undefined,
): Octets => {
  const encoded = records.flatMap((record): readonly Octets[] => {
    try {
      const { facts, payload } = record;
      const octets = octetsOf(record);
      const halves = octets ? halvesOf(octets, payload.encoded?.count ?? 1, serializer) : [];
      const values = octets ? {} : plainOf(record);
      return [encodeRecord({ ...facts, ...values }, halves, serializer)];
    } catch {
      return [];
    }
  });
  const comma = Buffer.from(serializer.isBinary ? '' : ',');
  const list = encoded.flatMap((one, at) => (at === 0 ? [one] : [comma, one]));
  if (list.length === 0 && !hasEntries(kwargs)) return new Uint8Array();
  const more = hasEntries(kwargs) ? [comma, encodeOne(kwargs, serializer)] : [];
  return Buffer.concat([listHead(encoded.length, serializer), ...list, Buffer.from(serializer.tail), ...more]);
};

const plainOf = ({ payload: { args, kwargs } }: PayloadRecord): Dict => ({
  ...(args.length > 0 && { args }),
  ...(hasEntries(kwargs) && { kwargs }),
});
