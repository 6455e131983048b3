/**
 * MessagePack by @msgpack/msgpack. Extension types are refused, except the one-octet extension by which msgpackr, and
 * clients that use it, write JavaScript's undefined. Declared lengths are checked before anything is allocated.
 */

import type { ExtensionCodecType } from '@msgpack/msgpack';
import { Encoder } from '@msgpack/msgpack';
import { ProtocolViolation } from '../wamp/error.ts';
import { createNameDecoder } from './msgpack-names.ts';
import { readMsgpackHead, replaceHalves, withSpareMarks } from './msgpack-walk.ts';
import { rewrite, toPlain } from './rewrite.ts';
import type { Serializer } from './serializer.ts';
import { found, refusalOf, trait } from './walk.ts';

const longest = 16 * 1024 * 1024;
const mostItems = 65_536;

const noExtensions: ExtensionCodecType<undefined> = {
  // The encoder would turn an object with toJSON, such as a Date, into an empty map.
  tryToEncode: (object) => {
    if (typeof (object as { toJSON?: unknown }).toJSON === 'function' && !(object instanceof Uint8Array)) {
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
  maxStrLength: longest,
  maxBinLength: longest,
  maxArrayLength: mostItems,
  maxMapLength: mostItems,
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

/** For payloads with a bigint: once bigints are enabled, the encoder writes large numbers as floats, so they become bigints too. */
const toBigInts = (value: unknown): unknown => {
  const plain = toPlain(value);
  return Number.isInteger(plain) && Math.abs(plain as number) >= 2 ** 32 ? BigInt(plain as number) : plain;
};

/** A MessagePack serializer. */
export const createMsgpackSerializer = (): Serializer => {
  const encoder = new Encoder<undefined>(encoderOptions);
  const bigEncoder = new Encoder<undefined>({ ...encoderOptions, useBigInt64: true });
  const decode = createNameDecoder(decoderBounds);
  const decodeBig = createNameDecoder({ ...decoderBounds, useBigInt64: true });
  return {
    name: 'msgpack',
    rawSocketNumber: 2,
    isBinary: true,
    encode: (value) => {
      try {
        return replaceHalves(encoder.encode(value));
      } catch {
        return replaceHalves(bigEncoder.encode(rewrite(value, toBigInts)));
      }
    },
    decode: (data, maxDepth, maxElements = Number.POSITIVE_INFINITY) => {
      const refusal = refusalOf(data, readMsgpackHead, maxDepth, maxElements);
      if (refusal !== undefined) throw new ProtocolViolation(refusal);
      const traits = found.traits;
      const isLong = (traits & trait.longInteger) !== 0;
      const value = (isLong ? decodeBig : decode)(traits & trait.mark ? withSpareMarks(data) : data);
      return traits & (trait.longInteger | trait.binary) ? rewrite(value, normalise) : value;
    },
  };
};
