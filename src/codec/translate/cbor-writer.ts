/** Writes CBOR in its preferred serialization (RFC 8949, 4.1), but floating-point numbers as wide as they come. */

import { octetsOf } from './numbers.ts';
import { putFloat, putHalves, putLong, putNumber, putOctet, putOctets, putWhole, room } from './output.ts';
import { formatTime } from './time.ts';
import type { OctetWriter } from './writer.ts';
import { createContainers } from './writer.ts';

const major = {
  unsigned: 0x00,
  negative: 0x20,
  binary: 0x40,
  text: 0x60,
  list: 0x80,
  dictionary: 0xa0,
  tag: 0xc0,
} as const;
const simple = { false: 0xf4, true: 0xf5, null: 0xf6, undefined: 0xf7, float32: 0xfa, float64: 0xfb } as const;
const tag = { timeText: 0, time: 1, bignum: 2, negativeBignum: 3, decimal: 4 } as const;
/** The most octets that a head and a number have. */
const longest = 16;

/** A head with the number that belongs to it. */
const putHead = (type: number, value: number): void => {
  room(longest);
  if (value < 24) return putOctet(type + value);
  if (value < 2 ** 8) {
    putOctet(type + 24);
    return putOctet(value);
  }
  if (value < 2 ** 32) {
    const isShort = value < 2 ** 16;
    putOctet(type + (isShort ? 25 : 26));
    return putNumber(value, isShort ? 2 : 4);
  }
  putOctet(type + 27);
  putLong(value);
};

const putCode = (octet: number): void => {
  room(1);
  putOctet(octet);
};

const putText = (data: Uint8Array, from: number, to: number): void => {
  putHead(major.text, to - from);
  putOctets(data, from, to);
};

const putInteger = (value: number): void => {
  if (value >= 0) putHead(major.unsigned, value);
  else putHead(major.negative, -1 - value);
};

const putBigInteger = (value: bigint): void => {
  const isNegative = value < 0n;
  const magnitude = isNegative ? -1n - value : value;
  if (magnitude < 2n ** 64n) {
    room(longest);
    putOctet((isNegative ? major.negative : major.unsigned) + 27);
    putHalves(magnitude);
    return;
  }
  const octets = octetsOf(magnitude);
  putHead(major.tag, isNegative ? tag.negativeBignum : tag.bignum);
  putHead(major.binary, octets.length);
  putOctets(octets, 0, octets.length);
};

const putAnyInteger = (value: bigint): void => {
  if (Number.isSafeInteger(Number(value))) putInteger(Number(value));
  else putBigInteger(value);
};

const putTime = (seconds: number, nanoseconds: number): void => {
  // A floating-point number of seconds is not exact to the nanosecond, so a time with a fraction becomes a text.
  if (nanoseconds === 0) {
    putHead(major.tag, tag.time);
    return putInteger(seconds);
  }
  const text = formatTime(seconds, nanoseconds);
  putHead(major.tag, tag.timeText);
  putText(text, 0, text.length);
};

/** The writer of CBOR. */
export const cborWriter: OctetWriter = {
  name: 'cbor',
  ...createContainers(
    (isDictionary, count) => putHead(isDictionary ? major.dictionary : major.list, count),
    (count) => (count < 24 ? 1 : count < 2 ** 8 ? 2 : count < 2 ** 16 ? 3 : 5),
  ),
  null: () => putCode(simple.null),
  undefined: () => putCode(simple.undefined),
  boolean: (value) => putCode(value ? simple.true : simple.false),
  integer: putInteger,
  bigInteger: putBigInteger,
  float: (value, size) => {
    room(longest);
    putOctet(size === 4 ? simple.float32 : simple.float64);
    putFloat(value, size);
  },
  decimal: (mantissa, exponent) => {
    putHead(major.tag, tag.decimal);
    putHead(major.list, 2);
    putAnyInteger(exponent);
    putAnyInteger(mantissa);
  },
  text: putText,
  binary: (data, from, to) => {
    putHead(major.binary, to - from);
    putOctets(data, from, to);
  },
  time: putTime,
  timeText: (data, from, to) => {
    putHead(major.tag, tag.timeText);
    putText(data, from, to);
  },
  encoded: putWhole,
};
