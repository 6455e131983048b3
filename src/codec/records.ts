/**
 * Payloads within a payload: a list of dictionaries, each of which ends with args and kwargs of its own. Their octets are put
 * between those of everything else.
 */

import type { Dict } from '../base/dict.ts';
import { hasEntries } from '../base/dict.ts';
import type { EncodedPayload, Kwargs, PayloadRecord } from '../wamp/payload.ts';
import { encodeOne } from './encode-one.ts';
import type { Serializer } from './serializer.ts';
import { fromValues, KnownOctets } from './translate/from-values.ts';

type Octets = Uint8Array;

const isSame = (one: Octets, other: Octets): boolean =>
  one.length === other.length && one.every((octet, at) => octet === other[at]);

/** Args and kwargs in octets as entries of a dictionary, without args that are an empty list. */
const entriesOf = (encoded: EncodedPayload, serializer: Serializer): Dict => {
  const [args, kwargs] = serializer.elementsOf(encoded).map((octets) => new KnownOctets(octets));
  const isEmpty = args && isSame(args.octets, fromValues([[]], serializer.writer));
  return { ...(!isEmpty && { args }), ...(kwargs && { kwargs }) };
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
  const { writer } = serializer;
  const args = records.flatMap((record): readonly KnownOctets[] => {
    try {
      const { facts, payload } = record;
      const octets = octetsOf(record);
      const encoded = octets && { octets, count: payload.encoded?.count ?? 1, reader: serializer };
      const entries = encoded ? entriesOf(encoded, serializer) : encodedEntriesOf(record, serializer);
      return [new KnownOctets(fromValues([{ ...facts, ...entries }], writer))];
    } catch {
      return [];
    }
  });
  if (args.length === 0 && !hasEntries(kwargs)) return new Uint8Array();
  return fromValues(hasEntries(kwargs) ? [args, kwargs] : [args], writer);
};

/** The same of values, which are encoded as in any message. */
const encodedEntriesOf = ({ payload: { args, kwargs } }: PayloadRecord, serializer: Serializer): Dict => ({
  ...(args.length > 0 && { args: new KnownOctets(encodeOne(args, serializer)) }),
  ...(hasEntries(kwargs) && { kwargs: new KnownOctets(encodeOne(kwargs, serializer)) }),
});
