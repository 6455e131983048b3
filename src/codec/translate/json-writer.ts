/** Writes JSON without white space, with commas between the values. */

import { toBase64 } from '#platform/octets';
import { formatDecimal } from './numbers.ts';
import { CannotHold, putAscii, putOctet, putOctets, putWhole, room } from './output.ts';
import { formatTime } from './time.ts';
import type { OctetWriter } from './writer.ts';

const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const minus = 0x2d;
/** What stands for an octet in a text, where it cannot stand for itself. */
const escapes: readonly (string | undefined)[] = Array.from({ length: 256 }, (_, octet) => {
  const isEscaped = octet < 0x20 || octet === quote || octet === 0x5c;
  return isEscaped ? JSON.stringify(String.fromCharCode(octet)).slice(1, -1) : undefined;
});
const isEscaped = Uint8Array.from(escapes, (text) => (text === undefined ? 0 : 1));
/** How a binary value begins (Advanced Profile, "Binary support in JSON"). */
const binaryStart = '"\\u0000';

/** Bits for the keys of a dictionary: whether it has integers, and texts that might be the same in JSON. */
const keys = { integer: 1, digits: 2 } as const;

/** For each open container, and for the outermost level: whether it is a dictionary, its values up to now, bits of `keys`. */
const areDictionaries: boolean[] = [false];
const counts: number[] = [0];
const keysSeen: number[] = [0];
let depth = 0;

/** Writes what stands before a value. Returns whether that value is a key. */
const beginValue = (): boolean => {
  const count = counts[depth] as number;
  counts[depth] = count + 1;
  const isDictionary = areDictionaries[depth] as boolean;
  if (count > 0) {
    room(1);
    putOctet(isDictionary && count % 2 === 1 ? colon : comma);
  }
  return isDictionary && count % 2 === 0;
};

/** The same for a value that cannot be a key. */
const beginPlain = (): void => {
  if (beginValue()) throw new CannotHold('a key that is neither a text nor an integer');
};

const putPlain = (text: string): void => {
  beginPlain();
  putAscii(text);
};

/** Integers and texts of digits in one dictionary might become the same key. */
const noteKey = (is: number): void => {
  const seen = (keysSeen[depth] as number) | is;
  keysSeen[depth] = seen;
  if (seen === (keys.integer | keys.digits))
    throw new CannotHold('integers and their digits as keys of one dictionary');
};

const isDigit = (octet: number | undefined): boolean => octet !== undefined && octet >= 0x30 && octet <= 0x39;

const areDigits = (data: Uint8Array, from: number, to: number): boolean => {
  let at = data[from] === minus ? from + 1 : from;
  if (at === to) return false;
  while (at < to && isDigit(data[at])) at += 1;
  return at === to;
};

const putInteger = (digits: string): void => {
  if (!beginValue()) return putAscii(digits);
  noteKey(keys.integer);
  putAscii(`"${digits}"`);
};

const putEscaped = (data: Uint8Array, from: number, to: number): void => {
  let copied = from;
  for (let at = from; at < to; at += 1) {
    if (isEscaped[data[at] as number] === 0) continue;
    putOctets(data, copied, at);
    putAscii(escapes[data[at] as number] as string);
    copied = at + 1;
  }
  putOctets(data, copied, to);
};

const putQuote = (): void => {
  room(1);
  putOctet(quote);
};

const putText = (data: Uint8Array, from: number, to: number): void => {
  if (beginValue() && areDigits(data, from, to)) noteKey(keys.digits);
  putQuote();
  putEscaped(data, from, to);
  putQuote();
};

const nameOf = (value: number): string => (Number.isNaN(value) ? 'NaN' : 'an infinite number');

const open = (isDictionary: boolean): void => {
  beginPlain();
  depth += 1;
  areDictionaries[depth] = isDictionary;
  counts[depth] = 0;
  keysSeen[depth] = 0;
  room(1);
  putOctet(isDictionary ? 0x7b : 0x5b);
};

/** The writer of JSON. */
export const jsonWriter: OctetWriter = {
  name: 'json',
  begin: () => {
    depth = 0;
    counts[0] = 0;
  },
  null: () => putPlain('null'),
  undefined: () => putPlain('null'),
  boolean: (value) => putPlain(value ? 'true' : 'false'),
  integer: (value) => putInteger(String(value)),
  bigInteger: (value) => putInteger(String(value)),
  // A point or an exponent says that the number is no integer.
  float: (value) => {
    if (!Number.isFinite(value)) throw new CannotHold(nameOf(value));
    const text = Object.is(value, -0) ? '-0' : String(value);
    putPlain(Number.isInteger(value) && Math.abs(value) < 1e21 ? `${text}.0` : text);
  },
  decimal: (mantissa, exponent) => putPlain(formatDecimal(mantissa, exponent)),
  text: putText,
  binary: (data, from, to) => {
    beginPlain();
    putAscii(binaryStart);
    putAscii(toBase64(data, from, to));
    putQuote();
  },
  time: (seconds, nanoseconds) => {
    const text = formatTime(seconds, nanoseconds);
    putText(text, 0, text.length);
  },
  timeText: putText,
  open,
  close: () => {
    room(1);
    putOctet(areDictionaries[depth] ? 0x7d : 0x5d);
    depth -= 1;
  },
  encoded: (octets) => {
    beginPlain();
    putWhole(octets);
  },
};
