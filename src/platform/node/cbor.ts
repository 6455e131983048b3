/** CBOR by cborg: strict, without tags except the one that merely says "this is CBOR" (RFC 8949, 3.4.6). */

import type { EncodeOptions } from 'cborg';
import { encode, Tokenizer, Type, tokensToObject } from 'cborg';
import { surveyOf, trouble } from '../../codec/survey.ts';
import { readText } from '../../codec/text.ts';
import { cborWriter } from '../../codec/translate/cbor-writer.ts';
import { fromValues } from '../../codec/translate/from-values.ts';
import { found, trait } from '../../codec/walk.ts';

const selfDescribed = 55_799;

const decodeOptions = {
  strict: false,
  allowIndefinite: true,
  allowUndefined: true,
  allowBigInt: true,
  // JSON and MessagePack have only null, so undefined is read as null too.
  coerceUndefinedToNull: true,
  tags: { [selfDescribed]: (inner: () => unknown) => inner() },
};
/** The length of a string's head, given its first octet (RFC 8949, 3), in octets. */
const headLength = (first: number): number => (first % 32 < 24 ? 1 : 1 + 2 ** ((first % 32) - 24));

/** Keeps U+FEFF at the start of a text, which cborg drops. It is given the Buffer itself, so binary values become Buffers. */
class MarkKeepingTokenizer extends Tokenizer {
  override next(): ReturnType<Tokenizer['next']> {
    const start = this.pos();
    const token = super.next();
    if (Type.equals(token.type, Type.string)) {
      const text = start + headLength(this.data[start] ?? 0);
      token.value = readText(this.data.subarray(text, this.pos()));
    }
    return token;
  }
}

/** Works as cborg's own `decode`, which allocates five more objects for each message. */
const decodeWith = (tokenizer: Tokenizer): unknown => {
  const value = tokensToObject(tokenizer, decodeOptions);
  // cborg returns a symbol for empty input and for a break.
  if (typeof value === 'symbol' || !tokenizer.done()) throw new TypeError('not one value of CBOR');
  return value;
};

// Entries keep their order.
const encodeOptions = { ignoreUndefinedProperties: true, mapSorter: undefined } as unknown as EncodeOptions;

/** The octets of a list. Throws what CBOR has no place for. */
export const encodeCbor = (list: readonly unknown[]): Uint8Array => {
  if (surveyOf(list) & (trouble.toJson | trouble.special)) return fromValues([list], cborWriter);
  try {
    return encode(list, encodeOptions);
  } catch {
    return fromValues([list], cborWriter);
  }
};

/** Decodes what has been walked over last, or a part of it. The value shares no memory with `data`. */
export const decodeCbor = (data: Uint8Array): unknown => {
  if (found.traits & (trait.mark | trait.binary)) return decodeWith(new MarkKeepingTokenizer(data, decodeOptions));
  // A plain Uint8Array: slicing a Buffer is slower.
  return decodeWith(new Tokenizer(new Uint8Array(data.buffer, data.byteOffset, data.length), decodeOptions));
};
