/**
 * MessagePack by @msgpack/msgpack. Extension types are refused, except the one-octet extension by which msgpackr, and
 * clients that use it, write JavaScript's undefined.
 */

import type { ExtensionCodecType } from '@msgpack/msgpack';
import { Encoder } from '@msgpack/msgpack';
import { createNameDecoder } from '../../codec/msgpack-names.ts';
import { replaceHalves, withSpareMarks } from '../../codec/msgpack-walk.ts';
import { rewrite } from '../../codec/rewrite.ts';
import { surveyOf, trouble } from '../../codec/survey.ts';
import { fromValues } from '../../codec/translate/from-values.ts';
import { msgpackWriter } from '../../codec/translate/msgpack-writer.ts';
import { found, trait } from '../../codec/walk.ts';
import { ProtocolViolation } from '../../wamp/error.ts';

/** Lengths and counts have been checked before the decoder sees them. */
const unlimited = 2 ** 32;

const noExtensions: ExtensionCodecType<undefined> = {
  tryToEncode: () => null,
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

const encoder = new Encoder<undefined>(encoderOptions);
const decode = createNameDecoder(decoderBounds);
const decodeBig = createNameDecoder({ ...decoderBounds, useBigInt64: true });

/** The octets of a list. Throws what MessagePack has no place for. */
export const encodeMsgpack = (list: readonly unknown[]): Uint8Array => {
  if (surveyOf(list) & (trouble.toJson | trouble.special)) return fromValues([list], msgpackWriter);
  try {
    return replaceHalves(encoder.encode(list));
  } catch {
    return fromValues([list], msgpackWriter);
  }
};

/** Decodes what has been walked over last, or a part of it. The value shares no memory with `data`. */
export const decodeMsgpack = (data: Uint8Array): unknown => {
  const { traits } = found;
  const isLong = (traits & trait.longInteger) !== 0;
  const value = (isLong ? decodeBig : decode)(traits & trait.mark ? withSpareMarks(data) : data);
  return traits & (trait.longInteger | trait.binary) ? rewrite(value, normalise) : value;
};
