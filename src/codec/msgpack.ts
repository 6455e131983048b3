/**
 * MessagePack by @msgpack/msgpack. Extension types are refused, except the one-octet extension by which msgpackr, and
 * clients that use it, write JavaScript's undefined. Declared lengths are checked before anything is allocated.
 */

import type { ExtensionCodecType } from '@msgpack/msgpack';
import { Encoder } from '@msgpack/msgpack';
import { ProtocolViolation } from '../wamp/error.ts';
import type { BinaryHeads } from './binary-envelope.ts';
import { writePlain } from './binary-envelope.ts';
import { decodeWithoutPayload, elementsOfOctets, endOfArgs, payloadOfOctets } from './binary-payload.ts';
import { createNameDecoder } from './msgpack-names.ts';
import { readMsgpackHead, replaceHalves, withSpareMarks } from './msgpack-walk.ts';
import { toPayload } from './payload.ts';
import { rewrite } from './rewrite.ts';
import type { Serializer } from './serializer.ts';
import { fromValues } from './translate/from-values.ts';
import { readMsgpack } from './translate/msgpack-reader.ts';
import { msgpackWriter } from './translate/msgpack-writer.ts';
import { toValues } from './translate/to-values.ts';
import { found, refusalOf, trait } from './walk.ts';

const heads: BinaryHeads = {
  firstLong: 0x80,
  octetNumber: 0xcc,
  emptyList: 0x90,
  emptyDictionary: 0x80,
  readHead: readMsgpackHead,
};

/** Lengths and counts have been checked before the decoder sees them. */
const unlimited = 2 ** 32;

const noExtensions: ExtensionCodecType<undefined> = {
  // The encoder would turn a Map, and an object with toJSON, such as a Date, into an empty map.
  tryToEncode: (object) => {
    const isPlain = object instanceof Uint8Array || typeof (object as { toJSON?: unknown }).toJSON !== 'function';
    if (!isPlain || object instanceof Map) {
      throw new TypeError('not a plain value');
    }
    return null;
  },
  decode: (data, type) => {
    if (type === 0 && data.length === 1 && data[0] === 0) return undefined;
    throw new ProtocolViolation('extension types are not supported');
  },
};

const decoderBounds = {
  extensionCodec: noExtensions,
  maxStrLength: unlimited,
  maxBinLength: unlimited,
  maxArrayLength: unlimited,
  maxMapLength: unlimited,
} as const;
const encoderOptions = { extensionCodec: noExtensions, ignoreUndefined: true, maxDepth: 1024 } as const;

/**
 * Turns integers that a number holds exactly into numbers, and copies binary values so that they do not share the memory of
 * the message.
 */
const normalise = (value: unknown): unknown => {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  return value instanceof Uint8Array ? Buffer.from(value) : value;
};

/** A MessagePack serializer. */
export const createMsgpackSerializer = (): Serializer => {
  const encoder = new Encoder<undefined>(encoderOptions);
  const decode = createNameDecoder(decoderBounds);
  const decodeBig = createNameDecoder({ ...decoderBounds, useBigInt64: true });
  const encode = (value: readonly unknown[]): Uint8Array => {
    try {
      return replaceHalves(encoder.encode(value));
    } catch {
      return fromValues([value], msgpackWriter);
    }
  };
  const check = (data: Uint8Array, maxDepth: number, maxElements: number): void => {
    const refusal = refusalOf(data, readMsgpackHead, maxDepth, maxElements);
    if (refusal !== undefined) throw new ProtocolViolation(refusal);
  };
  /** Decodes what has been checked, or a part of it. */
  const decodeChecked = (data: Uint8Array): unknown => {
    const { traits } = found;
    const isLong = (traits & trait.longInteger) !== 0;
    const value = (isLong ? decodeBig : decode)(traits & trait.mark ? withSpareMarks(data) : data);
    return traits & (trait.longInteger | trait.binary) ? rewrite(value, normalise) : value;
  };
  return {
    name: 'msgpack',
    read: readMsgpack,
    writer: msgpackWriter,
    rawSocketNumber: 2,
    isBinary: true,
    tail: '',
    encode,
    encodeHead: (list, more) => {
      const plain = writePlain(list, more, heads);
      if (plain) return plain;
      const data = encode(list);
      data[0] = heads.emptyList + list.length + more;
      return data;
    },
    decode: (data, maxDepth, maxElements = Number.POSITIVE_INFINITY) => {
      check(data, maxDepth, maxElements);
      return decodeChecked(data);
    },
    decodeEnvelope: (data, maxDepth, maxElements) => {
      check(data, maxDepth, maxElements);
      return decodeWithoutPayload(data, heads, decodeChecked);
    },
    payloadOf(data, _, at) {
      return payloadOfOctets(data, at, this, heads);
    },
    nested({ octets }, at) {
      endOfArgs(octets, readMsgpackHead);
      return payloadOfOctets(octets, at, this, heads);
    },
    elementsOf: (encoded) => elementsOfOctets(encoded, readMsgpackHead),
    readPayload: ({ octets }) => toPayload(toValues(octets, readMsgpack)),
  };
};
