/** CBOR by cborg: strict, without tags except the one that merely says "this is CBOR" (RFC 8949, 3.4.6). */

import type { EncodeOptions } from 'cborg';
import { decode, encode, Tokenizer, Type } from 'cborg';
import { isNestedWithin } from './depth.ts';
import { rewrite, toPlain } from './rewrite.ts';
import type { Serializer } from './serializer.ts';
import { isText, notUtf8 } from './text.ts';

const selfDescribed = 55_799;

const decodeOptions = {
  allowBigInt: true,
  // JSON and MessagePack have one value for nothing, and it is read in one way.
  coerceUndefinedToNull: true,
  tags: { [selfDescribed]: (inner: () => unknown) => inner() },
};
const replacement = '\u{fffd}';

/** Octets before the payload of a string that begins with the octet `first` (RFC 8949, 3). */
const headLength = (first: number): number => (first % 32 < 24 ? 1 : 1 + 2 ** ((first % 32) - 24));

/** cborg puts U+FFFD where a text is no UTF-8; this refuses it. A text in which it stands of right is looked at once more. */
class StrictTokenizer extends Tokenizer {
  override next(): ReturnType<Tokenizer['next']> {
    const start = this.pos();
    const token = super.next();
    if (Type.equals(token.type, Type.string) && token.value.includes(replacement)) {
      if (!isText(this.data, start + headLength(this.data[start] ?? 0), this.pos())) throw new TypeError(notUtf8);
    }
    return token;
  }
}

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
    const value: unknown = decode(data, { ...decodeOptions, tokenizer: new StrictTokenizer(data, decodeOptions) });
    if (data.length > maxDepth && !isNestedWithin(value, maxDepth)) throw new Error('nested too deeply');
    return value;
  },
});
