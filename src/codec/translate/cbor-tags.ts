/** What the tags of CBOR are for those who have none. */

import { fromText, toHex } from '#platform/octets';
import { readCborHead } from '../cbor-walk.ts';
import { createHead, endless, kind, readNumber } from '../walk.ts';
import { joinParts, notWellFormed } from './binary-reader.ts';
import { floatAt, halfOf, longAt, readBigInteger, writeInteger } from './numbers.ts';
import { CannotHold } from './output.ts';
import { formatTime } from './time.ts';
import { isTypedArray, writeTypedArray } from './typed-array.ts';
import type { Writer } from './writer.ts';

/**
 * Tags that say how their value came about or what it is good for, not which value it is: the value goes on without them.
 * Conversion hints and encodings (21 to 24, 33, 34), URI, regular expression and MIME message (32, 35, 36, 257), list of one
 * type, set and map (41, 258, 259), date as a text (1004), "this is CBOR" (55799).
 */
const saysNothing = new Set([21, 22, 23, 24, 32, 33, 34, 35, 36, 41, 257, 258, 259, 1004, 55_799]);

const tag = { bignum: 2, negativeBignum: 3 } as const;
const secondsPerDay = 86_400;
const dateOctets = 10;
const uuidOctets = 16;
const head = createHead();
/** Where what was read last ends. */
let end = 0;

/** Reads the head at `at`. Returns what it is the head of. */
const kindAt = (data: Uint8Array, at: number): number => {
  readCborHead(data, at, head);
  if (at + head.size > data.length) throw new CannotHold(notWellFormed);
  return head.kind;
};

const wrong = (number: number): CannotHold => new CannotHold(`the tag ${number} of what it is not for`);

/** The text or binary value at `at`. */
const octetsAt = (data: Uint8Array, at: number, is: number, number: number): Uint8Array => {
  if (kindAt(data, at) !== is) throw wrong(number);
  if (head.count !== endless) {
    end = at + head.size;
    return data.subarray(at + head.start, end);
  }
  const [whole, behind] = joinParts(data, at + head.size, readCborHead);
  end = behind;
  return whole;
};

/** The integer at `at`, of any size. */
const integerAt = (data: Uint8Array, at: number, number: number): bigint => {
  if (kindAt(data, at) === kind.tag && (head.count === tag.bignum || head.count === tag.negativeBignum)) {
    const isNegative = head.count === tag.negativeBignum;
    const magnitude = readBigInteger(octetsAt(data, at + head.size, kind.binary, number));
    return isNegative ? -1n - magnitude : magnitude;
  }
  const first = data[at] as number;
  if (first >= 0x40) throw wrong(number);
  end = at + head.size;
  const magnitude =
    head.kind === kind.longInteger
      ? longAt(data, at + 1)
      : BigInt(head.size === 1 ? first & 31 : readNumber(data, at + 1, head.size - 1));
  return first < 0x20 ? magnitude : -1n - magnitude;
};

const float = { half: 0xf9, single: 0xfa, double: 0xfb } as const;

/** The number at `at`, an integer or a floating-point number. */
const numberAt = (data: Uint8Array, at: number, number: number): number => {
  kindAt(data, at);
  end = at + head.size;
  if (data[at] === float.half) return halfOf(readNumber(data, at + 1, 2));
  if (data[at] === float.single || data[at] === float.double) return floatAt(data, at + 1, head.size - 1);
  return Number(integerAt(data, at, number));
};

/** The two integers in the list at `at`: an exponent and a mantissa. */
const pairAt = (data: Uint8Array, at: number, number: number): readonly [exponent: bigint, mantissa: bigint] => {
  const is = kindAt(data, at);
  const isEndless = head.count === endless;
  if (is !== kind.list || !(isEndless || head.count === 2)) throw wrong(number);
  const exponent = integerAt(data, at + head.size, number);
  const mantissa = integerAt(data, end, number);
  if (isEndless) {
    if (kindAt(data, end) !== kind.break) throw wrong(number);
    end += 1;
  }
  return [exponent, mantissa];
};

/** Seconds with a fraction are exact to the microsecond: a number of 64 bits tells no more of the present. */
const writeSeconds = (value: number, to: Writer): void => {
  const seconds = Math.floor(value);
  const microseconds = Math.round((value - seconds) * 1e6);
  if (!Number.isSafeInteger(seconds)) throw new CannotHold('a time that is none');
  if (microseconds === 1e6) to.time(seconds + 1, 0);
  else to.time(seconds, microseconds * 1000);
};

/** A number to the base of two becomes a floating-point number, where that is exact. */
const writeBigFloat = (exponent: bigint, mantissa: bigint, to: Writer): void => {
  const value = exponent >= -1074n && exponent <= 1023n ? Number(mantissa) * 2 ** Number(exponent) : Number.NaN;
  const isExact = Number.isSafeInteger(Number(mantissa)) && Number.isFinite(value);
  if (!isExact || value / 2 ** Number(exponent) !== Number(mantissa)) {
    throw new CannotHold('a number to the base of two that is not exact in 64 bits');
  }
  to.float(value, 8);
};

const writeAscii = (text: string, to: Writer): void => to.text(fromText(text), 0, text.length);

const writeUuid = (octets: Uint8Array, to: Writer): void => {
  if (octets.length !== uuidOctets) throw wrong(37);
  const digits = toHex(octets);
  writeAscii(digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'), to);
};

/** By number: reads what the tag is about, which begins at `at`, and writes the two as one value. */
const readers: Readonly<Record<number, (data: Uint8Array, at: number, to: Writer) => void>> = {
  0: (data, at, to) => {
    const text = octetsAt(data, at, kind.text, 0);
    to.timeText(text, 0, text.length);
  },
  1: (data, at, to) => writeSeconds(numberAt(data, at, 1), to),
  2: (data, at, to) => writeInteger(readBigInteger(octetsAt(data, at, kind.binary, 2)), to),
  3: (data, at, to) => writeInteger(-1n - readBigInteger(octetsAt(data, at, kind.binary, 3)), to),
  4: (data, at, to) => {
    const [exponent, mantissa] = pairAt(data, at, 4);
    to.decimal(mantissa, exponent);
  },
  5: (data, at, to) => writeBigFloat(...pairAt(data, at, 5), to),
  37: (data, at, to) => writeUuid(octetsAt(data, at, kind.binary, 37), to),
  100: (data, at, to) => {
    const days = Number(integerAt(data, at, 100));
    to.text(formatTime(days * secondsPerDay, 0), 0, dateOctets);
  },
};

/**
 * Reads what a tag is about, which begins at `at`, and writes it. Returns where it ends; `at` if the tag says nothing of its
 * own, so that its value is still to be read. Throws a CannotHold for a tag that is not known: its value may be
 * a reference, or part of something, and mean nothing by itself.
 */
export const readTagged = (data: Uint8Array, at: number, number: number, to: Writer): number => {
  if (saysNothing.has(number)) return at;
  const read = readers[number];
  if (read) read(data, at, to);
  else if (isTypedArray(number)) writeTypedArray(number, octetsAt(data, at, kind.binary, number), to);
  else throw new CannotHold(`the tag ${number}`);
  return end;
};
