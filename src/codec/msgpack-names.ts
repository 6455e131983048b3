/**
 * The key `__proto__`, which the decoder of MessagePack refuses, as who assigns to it sets a prototype. JSON and CBOR have it as a key
 * like any other, and what a peer publishes in one serializer is for the peers of all.
 */

import type { DecoderOptions } from '@msgpack/msgpack';
import { DecodeError, Decoder } from '@msgpack/msgpack';
import { isDict } from '../base/dict.ts';

const name = '__proto__';
/** Stands in for the name while a message is decoded. A lone surrogate is in no text that comes from the wire. */
const standIn = `\ud800${name}`;
const octets = Buffer.from(name);

/** Reads the one name that the decoder must not see; other keys are its own affair. */
const keyDecoder: DecoderOptions['keyDecoder'] = {
  canBeCached: (length) => length === octets.length,
  decode: (bytes, at, length) => {
    const key = Buffer.from(bytes.buffer, bytes.byteOffset + at, length);
    return key.equals(octets) ? standIn : key.toString();
  },
};

/** A copy in which the name stands for its stand-in; as an own entry, which `fromEntries` makes of any key. */
const withName = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withName);
  if (!isDict(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key === standIn ? name : key, withName(inner)]),
  );
};

/**
 * A decoder that takes every key. What has none of that name, as good as every message, is decoded once, as before.
 */
export const createNameDecoder = (options: DecoderOptions): ((data: Uint8Array) => unknown) => {
  const decoder = new Decoder<undefined>(options);
  const careful = new Decoder<undefined>({ ...options, keyDecoder });
  return (data) => {
    try {
      return decoder.decode(data);
    } catch (error) {
      if (error instanceof DecodeError && error.message.includes(name)) return withName(careful.decode(data));
      throw error;
    }
  };
};
