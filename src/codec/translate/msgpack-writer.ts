/** Writes MessagePack, each value in as few octets as it can have. */

import { formatDecimal } from './numbers.ts';
import {
  CannotHold,
  putAscii,
  putFloat,
  putHalves,
  putLong,
  putNumber,
  putOctet,
  putOctets,
  putWhole,
  room,
} from './output.ts';
import { parseTime } from './time.ts';
import type { OctetWriter } from './writer.ts';
import { createContainers } from './writer.ts';

const code = {
  nil: 0xc0,
  false: 0xc2,
  true: 0xc3,
  binary8: 0xc4,
  extension8: 0xc7,
  float32: 0xca,
  float64: 0xcb,
  uint8: 0xcc,
  uint16: 0xcd,
  uint32: 0xce,
  uint64: 0xcf,
  int8: 0xd0,
  int16: 0xd1,
  int32: 0xd2,
  int64: 0xd3,
  fixedExtension4: 0xd6,
  fixedExtension8: 0xd7,
  text8: 0xd9,
  list16: 0xdc,
  dictionary16: 0xde,
  fixedText: 0xa0,
  fixedList: 0x90,
  fixedDictionary: 0x80,
} as const;
/** The most octets that a head and a number have. */
const longest = 16;
const timestamp = 0xff;

/** A head with a length in 1, 2 or 4 octets; the codes of the three follow each other. */
const putLength = (code8: number, count: number): void => {
  room(longest);
  if (count < 2 ** 8) {
    putOctet(code8);
    putOctet(count);
  } else {
    putOctet(code8 + (count < 2 ** 16 ? 1 : 2));
    putNumber(count, count < 2 ** 16 ? 2 : 4);
  }
};

const putTextHead = (count: number): void => {
  if (count >= 32) return putLength(code.text8, count);
  room(1);
  putOctet(code.fixedText + count);
};

const putPositive = (value: number): void => {
  if (value < 0x80) return putOctet(value);
  if (value < 2 ** 8) {
    putOctet(code.uint8);
    return putOctet(value);
  }
  if (value < 2 ** 32) {
    const isShort = value < 2 ** 16;
    putOctet(isShort ? code.uint16 : code.uint32);
    return putNumber(value, isShort ? 2 : 4);
  }
  putOctet(code.uint64);
  putLong(value);
};

const putNegative = (value: number): void => {
  if (value >= -32) return putOctet(value);
  if (value >= -(2 ** 7)) {
    putOctet(code.int8);
    return putOctet(value);
  }
  if (value >= -(2 ** 31)) {
    const isShort = value >= -(2 ** 15);
    putOctet(isShort ? code.int16 : code.int32);
    return putNumber(value, isShort ? 2 : 4);
  }
  putOctet(code.int64);
  putLong(value);
};

/** The three forms of a timestamp, the shortest that fits (MessagePack specification, "Timestamp extension type"). */
const putTime = (seconds: number, nanoseconds: number): void => {
  room(longest);
  const isPlain = seconds >= 0 && seconds < 2 ** 34;
  if (isPlain && nanoseconds === 0 && seconds < 2 ** 32) {
    putOctet(code.fixedExtension4);
    putOctet(timestamp);
    putNumber(seconds, 4);
  } else if (isPlain) {
    putOctet(code.fixedExtension8);
    putOctet(timestamp);
    putNumber(nanoseconds * 4 + Math.floor(seconds / 2 ** 32), 4);
    putNumber(seconds % 2 ** 32, 4);
  } else {
    putOctet(code.extension8);
    putOctet(12);
    putOctet(timestamp);
    putNumber(nanoseconds, 4);
    putLong(seconds);
  }
};

const putCode = (octet: number): void => {
  room(1);
  putOctet(octet);
};

/** The writer of MessagePack. */
export const msgpackWriter: OctetWriter = {
  name: 'msgpack',
  ...createContainers(
    (isDictionary, count) => {
      if (count < 16) return putOctet((isDictionary ? code.fixedDictionary : code.fixedList) + count);
      const isShort = count < 2 ** 16;
      putOctet((isDictionary ? code.dictionary16 : code.list16) + (isShort ? 0 : 1));
      putNumber(count, isShort ? 2 : 4);
    },
    (count) => (count < 16 ? 1 : count < 2 ** 16 ? 3 : 5),
  ),
  null: () => putCode(code.nil),
  undefined: () => putCode(code.nil),
  boolean: (value) => putCode(value ? code.true : code.false),
  integer: (value) => {
    room(longest);
    if (value >= 0) putPositive(value);
    else putNegative(value);
  },
  bigInteger: (value) => {
    if (value >= 2n ** 64n || value < -(2n ** 63n)) throw new CannotHold('an integer of more than 64 bits');
    room(longest);
    putOctet(value < 0n ? code.int64 : code.uint64);
    putHalves(BigInt.asUintN(64, value));
  },
  float: (value, size) => {
    room(longest);
    putOctet(size === 4 ? code.float32 : code.float64);
    putFloat(value, size);
  },
  decimal: (mantissa, exponent) => {
    const text = formatDecimal(mantissa, exponent);
    putTextHead(text.length);
    putAscii(text);
  },
  text: (data, from, to) => {
    putTextHead(to - from);
    putOctets(data, from, to);
  },
  binary: (data, from, to) => {
    putLength(code.binary8, to - from);
    putOctets(data, from, to);
  },
  time: putTime,
  timeText: (data, from, to) => putTime(...parseTime(data, from, to)),
  encoded: putWhole,
};
