/** CBOR by cborg: strict, without tags except the one that merely says "this is CBOR" (RFC 8949, 3.4.6). */

import type { EncodeOptions } from 'cborg';
import { encode, Tokenizer, Type, tokensToObject } from 'cborg';
import { ProtocolViolation } from '../wamp/error.ts';
import type { BinaryHeads } from './binary-envelope.ts';
import { writePlain } from './binary-envelope.ts';
import { decodeWithoutPayload, elementsOfOctets, endOfArgs, payloadOfOctets } from './binary-payload.ts';
import { readCborHead } from './cbor-walk.ts';
import { toPayload } from './payload.ts';
import type { Serializer } from './serializer.ts';
import { readText } from './text.ts';
import { readCbor } from './translate/cbor-reader.ts';
import { cborWriter } from './translate/cbor-writer.ts';
import { fromValues } from './translate/from-values.ts';
import { toValues } from './translate/to-values.ts';
import { found, refusalOf, trait } from './walk.ts';

const heads: BinaryHeads = {
  firstLong: 0x18,
  octetNumber: 0x18,
  emptyList: 0x80,
  emptyDictionary: 0xa0,
  readHead: readCborHead,
};
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

const check = (data: Uint8Array, maxDepth: number, maxElements: number): void => {
  const refusal = refusalOf(data, readCborHead, maxDepth, maxElements);
  if (refusal !== undefined) throw new ProtocolViolation(refusal);
};

/** Decodes what has been checked, or a part of it. */
const decodeChecked = (data: Uint8Array): unknown => {
  if (found.traits & (trait.mark | trait.binary)) return decodeWith(new MarkKeepingTokenizer(data, decodeOptions));
  // A plain Uint8Array: slicing a Buffer is slower.
  return decodeWith(new Tokenizer(new Uint8Array(data.buffer, data.byteOffset, data.length), decodeOptions));
};

const encodeList = (list: readonly unknown[]): Uint8Array => {
  try {
    return encode(list, encodeOptions);
  } catch {
    return fromValues([list], cborWriter);
  }
};

/** A CBOR serializer. */
export const createCborSerializer = (): Serializer => ({
  name: 'cbor',
  read: readCbor,
  writer: cborWriter,
  rawSocketNumber: 3,
  isBinary: true,
  tail: '',
  encode: encodeList,
  encodeHead: (list, more) => {
    const plain = writePlain(list, more, heads);
    if (plain) return plain;
    const data = encodeList(list);
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
    endOfArgs(octets, readCborHead);
    return payloadOfOctets(octets, at, this, heads);
  },
  elementsOf: (encoded) => elementsOfOctets(encoded, readCborHead),
  readPayload: ({ octets }) => toPayload(toValues(octets, readCbor)),
});
