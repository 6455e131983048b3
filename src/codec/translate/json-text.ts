/** Reads the texts of JSON, whose escapes are put together in one piece of memory for all of them. */

import { allocateKept, fromBase64, toAscii } from '#platform/octets';
import { isBase64 } from '../binary-text.ts';
import { endOfText } from '../json-walk.ts';
import type { Writer } from './writer.ts';

const quote = 0x22;
const backslash = 0x5c;
const u = 0x75;
const nine = 0x39;
const zero = 0x30;

/** The octets that an escaped letter stands for; 0 if it stands for itself. */
const escaped = new Uint8Array(256);
for (const [letter, octet] of Object.entries({ b: 8, t: 9, n: 10, f: 12, r: 13 }))
  escaped[letter.charCodeAt(0)] = octet;
const replacement = 0xfffd;

/** Memory of this size is kept; larger texts get their own. */
const kept = allocateKept(4096);
/** Where texts are put together that have escapes, and how long the present one is. */
let scratch = kept;
let length = 0;

const putCodePoint = (point: number): void => {
  if (point < 0x80) scratch[length++] = point;
  else if (point < 0x800) {
    scratch[length++] = 0xc0 | (point >> 6);
    scratch[length++] = 0x80 | (point & 0x3f);
  } else if (point < 0x10000) {
    scratch[length++] = 0xe0 | (point >> 12);
    scratch[length++] = 0x80 | ((point >> 6) & 0x3f);
    scratch[length++] = 0x80 | (point & 0x3f);
  } else {
    scratch[length++] = 0xf0 | (point >> 18);
    scratch[length++] = 0x80 | ((point >> 12) & 0x3f);
    scratch[length++] = 0x80 | ((point >> 6) & 0x3f);
    scratch[length++] = 0x80 | (point & 0x3f);
  }
};

/** The value of a hexadecimal digit. */
const digitOf = (octet: number): number => (octet <= nine ? octet - zero : (octet | 0x20) - 87);
const unitAt = (data: Uint8Array, at: number): number => {
  let unit = 0;
  for (let digit = at; digit < at + 4; digit += 1) unit = unit * 16 + digitOf(data[digit] as number);
  return unit;
};
const isHalf = (unit: number, first: number): boolean => unit >= first && unit < first + 0x400;

/** Puts the character of `\u` at `at` into the scratch, half a character as U+FFFD. Returns where its escapes end. */
const readUnicode = (data: Uint8Array, at: number): number => {
  const unit = unitAt(data, at + 2);
  const end = at + 6;
  if (!isHalf(unit, 0xd800) && !isHalf(unit, 0xdc00)) {
    putCodePoint(unit);
    return end;
  }
  const isPair = isHalf(unit, 0xd800) && data[end] === backslash && data[end + 1] === u;
  const other = isPair ? unitAt(data, end + 2) : 0;
  const isWhole = isHalf(other, 0xdc00);
  putCodePoint(isWhole ? 0x10000 + (unit - 0xd800) * 0x400 + (other - 0xdc00) : replacement);
  return isWhole ? end + 6 : end;
};

/** Puts the text that goes on at `at` into the scratch, behind `length` octets. Returns where its quote is. */
const readEscapes = (data: Uint8Array, from: number): number => {
  let at = from;
  while (at < data.length && data[at] !== quote) {
    if (data[at] !== backslash) scratch[length++] = data[at++] as number;
    else if (data[at + 1] === u) at = readUnicode(data, at);
    else {
      const letter = data[at + 1] as number;
      scratch[length++] = escaped[letter] || letter;
      at += 2;
    }
  }
  return at;
};

/** In longer texts the engine looks for the quote. */
const fewOctets = 64;

/** Where, at or behind `from`, the first quote or backslash of a long text is; at the end if there is none. */
const endOfPlain = (data: Uint8Array, from: number): number => {
  const end = data.indexOf(quote, from);
  const rest = data.subarray(from, end < 0 ? data.length : end);
  const first = rest.indexOf(backslash);
  return from + (first < 0 ? rest.length : first);
};

/**
 * Reads the text whose quote is at `at`, which is a binary value where it has the form of one and `mayBeBinary`. Returns where
 * it ends.
 */
export const readJsonText = (data: Uint8Array, at: number, mayBeBinary: boolean, to: Writer): number => {
  const from = at + 1;
  let end = from;
  const near = Math.min(from + fewOctets, data.length);
  while (end < near && data[end] !== quote && data[end] !== backslash) end += 1;
  if (end === near) end = endOfPlain(data, end);
  if (data[end] !== backslash) {
    to.text(data, from, end);
    return end + 1;
  }
  // No text is longer without its escapes.
  const longest = endOfText(data, at) - from;
  scratch = longest > kept.length ? allocateKept(longest) : kept;
  scratch.set(data.subarray(from, end));
  length = end - from;
  end = readEscapes(data, end);
  const base64 = mayBeBinary && scratch[0] === 0 ? toAscii(scratch, 1, length) : undefined;
  if (base64 !== undefined && isBase64(base64)) {
    const octets = fromBase64(base64);
    to.binary(octets, 0, octets.length);
  } else to.text(scratch, 0, length);
  scratch = kept;
  return end + 1;
};
