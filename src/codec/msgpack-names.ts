/**
 * Decodes the key `__proto__`, which the MessagePack decoder refuses because assigning to it sets a prototype. In JSON and
 * CBOR it is a key like any other, and what a peer publishes in one serializer must reach the peers of all.
 */

import type { DecoderOptions } from '@msgpack/msgpack';
import { DecodeError, Decoder } from '@msgpack/msgpack';
import { isDict } from '../base/dict.ts';

const name = '__proto__';
/** Replaces the name while a message is decoded. No text from the wire contains a lone surrogate, so it cannot clash. */
const standIn = `\ud800${name}`;
const octets = Buffer.from(name);

/** Decodes a key, and replaces the one name that the decoder refuses. */
const keyDecoder: DecoderOptions['keyDecoder'] = {
  canBeCached: (length) => length === octets.length,
  decode: (bytes, at, length) => {
    const key = Buffer.from(bytes.buffer, bytes.byteOffset + at, length);
    return key.equals(octets) ? standIn : key.toString();
  },
};

/** A copy with the real name in place of the stand-in. `fromEntries` makes an own entry of any key. */
const withName = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withName);
  if (!isDict(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key === standIn ? name : key, withName(inner)]),
  );
};

/** A decoder that accepts every key. Messages without that name, nearly all, are decoded only once. */
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
