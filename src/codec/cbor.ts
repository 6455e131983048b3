/** CBOR by cborg: strict, without tags except the one that merely says "this is CBOR" (RFC 8949, 3.4.6). */

import type { EncodeOptions } from 'cborg';
import { decode, encode } from 'cborg';
import { isNestedWithin } from './depth.ts';
import { rewrite, toPlain } from './rewrite.ts';
import type { Serializer } from './serializer.ts';

const selfDescribed = 55_799;

const decodeOptions = {
  allowBigInt: true,
  // JSON and MessagePack have one value for nothing, and it is read in one way.
  coerceUndefinedToNull: true,
  tags: { [selfDescribed]: (inner: () => unknown) => inner() },
};
// Entries stay in the order in which they are.
const encodeOptions = { ignoreUndefinedProperties: true, mapSorter: undefined } as unknown as EncodeOptions;

/** A CBOR serializer. */
export const createCborSerializer = (): Serializer => ({
  name: 'cbor',
  isBinary: true,
  encode: (value) => {
    try {
      return encode(value, encodeOptions);
    } catch {
      return encode(rewrite(value, toPlain), encodeOptions);
    }
  },
  decode: (data, maxDepth) => {
    const value: unknown = decode(data, decodeOptions);
    if (data.length > maxDepth && !isNestedWithin(value, maxDepth)) throw new Error('nested too deeply');
    return value;
  },
});
