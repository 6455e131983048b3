/** JSON. */

import { concat, fromBase64, fromText, toBase64, toText } from '#platform/octets';
import { isMissing, noDetails } from '../base/dict.ts';
import { ProtocolViolation } from '../wamp/error.ts';
import type { Args, EncodedPayload, Kwargs, PayloadReader } from '../wamp/payload.ts';
import { MessagePayload } from '../wamp/payload.ts';
import { binaryMarker, isBase64 } from './binary-text.ts';
import { tooDeep, tooMany } from './bounds.ts';
import { isNestedWithin } from './depth.ts';
import { endOfElements, endOfValue, hasMoreElements, startOfElement } from './json-walk.ts';
import { isNothing, isPayload, placeOfPayload, toPayload } from './payload.ts';
import { rewrite } from './rewrite.ts';
import type { Serializer } from './serializer.ts';
import { surveyOf, trouble } from './survey.ts';
import { readText } from './text.ts';
import { fromValues } from './translate/from-values.ts';
import { readJson } from './translate/json-reader.ts';
import { jsonWriter } from './translate/json-writer.ts';
import { toValues } from './translate/to-values.ts';
import type { OctetWriter } from './translate/writer.ts';

/** The marker as JSON text has it, where U+0000 must be escaped. */
const escapedMarker = '\\u0000';

const isBinary = (value: unknown): value is string =>
  typeof value === 'string' && value.startsWith(binaryMarker) && isBase64(value.slice(1));

const toBinary = (value: unknown): unknown => (isBinary(value) ? fromBase64(value.slice(1)) : value);

const fromBinary = (value: unknown): unknown => {
  if (!(value instanceof Uint8Array)) return value;
  return binaryMarker + toBase64(value);
};

/** Parses a message within the limits. Binary values are still texts. */
const parse = (data: Uint8Array, maxDepth: number, maxElements: number): unknown => {
  if (hasMoreElements(data, maxElements)) throw new ProtocolViolation(tooMany);
  const text = readText(data);
  const value: unknown = JSON.parse(text);
  // The shortest text with n levels has 2n characters, so short texts are not checked.
  if (text.length > 2 * maxDepth && !isNestedWithin(value, maxDepth)) throw new ProtocolViolation(tooDeep);
  mayHaveBinary = text.includes(escapedMarker);
  return value;
};
/** Whether the text that was parsed last may have a binary value. */
let mayHaveBinary = false;

/** Writes what the encoder of the engine does not know, and all else as that does. */
const valueWriter: OctetWriter = {
  ...jsonWriter,
  float: (value, size) => (Number.isFinite(value) ? jsonWriter.float(value, size) : jsonWriter.null()),
  time: (seconds, nanoseconds) => {
    const text = fromText(new Date(seconds * 1000 + nanoseconds / 1e6).toISOString());
    jsonWriter.text(text, 0, text.length);
  },
};

const encode = (list: readonly unknown[]): string => {
  const found = surveyOf(list);
  if (found & trouble.special) return toText(fromValues([list], valueWriter));
  try {
    return JSON.stringify(found & trouble.binary ? rewrite(list, fromBinary) : list);
  } catch {
    // A bigint that a toJSON returned, for example.
    return toText(fromValues([list], valueWriter));
  }
};

/**
 * The text that a message begins with. Nearly all of it is ids, and details without entries, which are written here: the engine
 * would take three times as long.
 */
const encodeHead = (list: readonly unknown[]): string => {
  let head = '[';
  for (const element of list) {
    if (typeof element === 'number') head += `${element},`;
    else if (element === noDetails) head += '{},';
    else head += `${encode([element]).slice(1, -1)},`;
  }
  return head;
};

const decode: Serializer['decode'] = (data, maxDepth, maxElements = Number.POSITIVE_INFINITY) => {
  const value = parse(data, maxDepth, maxElements);
  return mayHaveBinary ? rewrite(value, toBinary) : value;
};

/** Where element `at` of a list ends, white space behind it included. */
const endOfElement = (data: Uint8Array, { length }: readonly unknown[], at: number): number =>
  length > at + 1 ? data.lastIndexOf(comma, startOfElement(data, at + 1) - 1) : endOfElements(data);

/** The octets of a payload: those from its first element to its last that is not nothing, without the commas around them. */
const octetsOf = (data: Uint8Array, list: readonly unknown[], at: number): Uint8Array => {
  const hasKwargs = !isNothing(list[at + 1]);
  const end = endOfElement(data, list, hasKwargs ? at + 1 : at);
  if (!isMissing(list[at])) return data.subarray(startOfElement(data, at), end);
  return concat([noArgs, data.subarray(startOfElement(data, at + 1), end)]);
};
/** A payload of a message that was parsed. Where its octets are is looked for when they are to be sent or kept. */
class ParsedPayload implements EncodedPayload {
  readonly count: 1 | 2;
  readonly reader: PayloadReader;
  readonly #data: Uint8Array;
  readonly #list: readonly unknown[];
  readonly #at: number;
  #octets: Uint8Array | undefined;

  /** `list` is what `data` was parsed to, and the payload begins with its element `at`. */
  constructor(reader: PayloadReader, data: Uint8Array, list: readonly unknown[], at: number, count: 1 | 2) {
    this.reader = reader;
    this.count = count;
    this.#data = data;
    this.#list = list;
    this.#at = at;
  }

  get octets(): Uint8Array {
    this.#octets ??= octetsOf(this.#data, this.#list, this.#at);
    return this.#octets;
  }
}

/**
 * What the parser of the engine may read otherwise than the readers of this router, so that a program would see one thing at
 * once and another later: numbers of so many digits or with such an exponent, and halves of characters.
 */
const readOtherwise = /\d{16}|e\+?\d{3}|\\ud[89a-f]/i;
const unlimited = Number.POSITIVE_INFINITY;
const comma = 0x2c;
const noArgs = fromText('[],');

/** A JSON serializer. */
export const createJsonSerializer = (): Serializer => ({
  name: 'json',
  read: readJson,
  writer: jsonWriter,
  check: (octets) => void JSON.parse(readText(octets)),
  rawSocketNumber: 1,
  isBinary: false,
  tail: ']',
  encode,
  encodeHead,
  decode,
  decodeEnvelope: (data, maxDepth, maxElements) => {
    const list = parse(data, maxDepth, maxElements);
    if (!mayHaveBinary || !Array.isArray(list)) return list;
    const at = placeOfPayload(list[0]) || list.length;
    return list.map((element, index) => (index < at ? rewrite(element, toBinary) : element));
  },
  payloadOf(data, list, at) {
    const args = list[at];
    const kwargs = list[at + 1];
    if (mayHaveBinary && list.length === at + 1 && isBinary(args)) {
      return MessagePayload.encoded({ octets: octetsOf(data, list, at), count: 1, reader: this, isTransparent: true });
    }
    if (!isPayload(args, kwargs)) return undefined;
    const isBare = isNothing(kwargs);
    if (isBare && isNothing(args)) return MessagePayload.of([]);
    const encoded = new ParsedPayload(this, data, list, at, isBare ? 1 : 2);
    if (mayHaveBinary) return MessagePayload.encoded(encoded);
    return MessagePayload.encoded(encoded, (args ?? []) as Args, isBare ? undefined : (kwargs as Kwargs));
  },
  nested({ octets }, at) {
    const args = octets.subarray(0, endOfValue(octets, 0));
    return this.payloadOf(args, parse(args, unlimited, unlimited) as readonly unknown[], at);
  },
  elementsOf: ({ octets, count }) => {
    if (count === 1) return [octets];
    const end = endOfValue(octets, 0);
    return [octets.subarray(0, end), octets.subarray(octets.indexOf(comma, end) + 1)];
  },
  readPayload: ({ octets }, known) => {
    if (known && !readOtherwise.test(readText(octets))) return known;
    return toPayload(toValues(octets, 'json', readJson));
  },
});
