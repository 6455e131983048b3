/** CBOR. What a message declares of lengths is checked before anything is allocated. */

import { decodeCbor, encodeCbor } from '#platform/cbor';
import { ProtocolViolation } from '../wamp/error.ts';
import type { BinaryHeads } from './binary-envelope.ts';
import { writePlain } from './binary-envelope.ts';
import { decodeWithoutPayload, elementsOfOctets, endOfArgs, payloadOfOctets } from './binary-payload.ts';
import { readCborHead } from './cbor-walk.ts';
import { toPayload } from './payload.ts';
import type { Serializer } from './serializer.ts';
import { readCbor } from './translate/cbor-reader.ts';
import { cborWriter } from './translate/cbor-writer.ts';
import { toValues } from './translate/to-values.ts';
import { refusalOf } from './walk.ts';

const heads: BinaryHeads = {
  firstLong: 0x18,
  octetNumber: 0x18,
  emptyList: 0x80,
  emptyDictionary: 0xa0,
  readHead: readCborHead,
};

const check = (data: Uint8Array, maxDepth: number, maxElements: number): void => {
  const refusal = refusalOf(data, readCborHead, maxDepth, maxElements);
  if (refusal !== undefined) throw new ProtocolViolation(refusal);
};

/** A CBOR serializer. */
export const createCborSerializer = (): Serializer => ({
  name: 'cbor',
  read: readCbor,
  writer: cborWriter,
  check: (octets) => check(octets, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY),
  rawSocketNumber: 3,
  isBinary: true,
  tail: '',
  encode: encodeCbor,
  encodeHead: (list, more) => {
    const plain = writePlain(list, more, heads);
    if (plain) return plain;
    const data = encodeCbor(list);
    data[0] = heads.emptyList + list.length + more;
    return data;
  },
  decode: (data, maxDepth, maxElements = Number.POSITIVE_INFINITY) => {
    check(data, maxDepth, maxElements);
    return decodeCbor(data);
  },
  decodeEnvelope: (data, maxDepth, maxElements) => {
    check(data, maxDepth, maxElements);
    return decodeWithoutPayload(data, heads, decodeCbor);
  },
  payloadOf(data, _, at) {
    return payloadOfOctets(data, at, this, heads);
  },
  nested({ octets }, at) {
    endOfArgs(octets, readCborHead);
    return payloadOfOctets(octets, at, this, heads);
  },
  elementsOf: (encoded) => elementsOfOctets(encoded, readCborHead),
  readPayload: ({ octets }) => toPayload(toValues(octets, 'cbor', readCbor)),
});
