/** MessagePack. What a message declares of lengths is checked before anything is allocated. */

import { decodeMsgpack, encodeMsgpack } from '#platform/msgpack';
import { ProtocolViolation } from '../wamp/error.ts';
import type { BinaryHeads } from './binary-envelope.ts';
import { writePlain } from './binary-envelope.ts';
import { decodeWithoutPayload, elementsOfOctets, endOfArgs, payloadOfOctets } from './binary-payload.ts';
import { readMsgpackHead } from './msgpack-walk.ts';
import { toPayload } from './payload.ts';
import type { Serializer } from './serializer.ts';
import { readMsgpack } from './translate/msgpack-reader.ts';
import { msgpackWriter } from './translate/msgpack-writer.ts';
import { toValues } from './translate/to-values.ts';
import { refusalOf } from './walk.ts';

const heads: BinaryHeads = {
  firstLong: 0x80,
  octetNumber: 0xcc,
  emptyList: 0x90,
  emptyDictionary: 0x80,
  readHead: readMsgpackHead,
};

const check = (data: Uint8Array, maxDepth: number, maxElements: number): void => {
  const refusal = refusalOf(data, readMsgpackHead, maxDepth, maxElements);
  if (refusal !== undefined) throw new ProtocolViolation(refusal);
};

/** A MessagePack serializer. */
export const createMsgpackSerializer = (): Serializer => ({
  name: 'msgpack',
  read: readMsgpack,
  writer: msgpackWriter,
  check: (octets) => check(octets, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY),
  rawSocketNumber: 2,
  isBinary: true,
  tail: '',
  encode: encodeMsgpack,
  encodeHead: (list, more) => {
    const plain = writePlain(list, more, heads);
    if (plain) return plain;
    const data = encodeMsgpack(list);
    data[0] = heads.emptyList + list.length + more;
    return data;
  },
  decode: (data, maxDepth, maxElements = Number.POSITIVE_INFINITY) => {
    check(data, maxDepth, maxElements);
    return decodeMsgpack(data);
  },
  decodeEnvelope: (data, maxDepth, maxElements) => {
    check(data, maxDepth, maxElements);
    return decodeWithoutPayload(data, heads, decodeMsgpack);
  },
  payloadOf(data, _, at) {
    return payloadOfOctets(data, at, this, heads);
  },
  nested({ octets }, at) {
    endOfArgs(octets, readMsgpackHead);
    return payloadOfOctets(octets, at, this, heads);
  },
  elementsOf: (encoded) => elementsOfOctets(encoded, readMsgpackHead),
  readPayload: ({ octets }) => toPayload(toValues(octets, 'msgpack', readMsgpack)),
});
