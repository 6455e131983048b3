/** Reads the numbers of JSON. What has neither fraction nor exponent is an integer, of any size; all else is floating-point. */

import { toAscii } from '#platform/octets';
import { mostDigits } from './numbers.ts';
import { CannotHold } from './output.ts';
import type { Writer } from './writer.ts';

const sign = { minus: 0x2d, plus: 0x2b, point: 0x2e, zero: 0x30, nine: 0x39, upperE: 0x45, lowerE: 0x65 } as const;

/** Numbers of so many digits are exact as they are added up. */
const exactDigits = 15;
/** Powers of ten that are exact: a division by one of them, or a multiplication, rounds once, as reading the text does. */
const powers = Array.from({ length: 23 }, (_, power) => Number(`1e${power}`));

/** What has been read of the number up to now: its digits as one integer, how many they are, and where they end. */
let value = 0;
let digits = 0;
let end = 0;

const readDigits = (data: Uint8Array, from: number): void => {
  let at = from;
  for (let octet = data[at] as number; octet >= sign.zero && octet <= sign.nine; octet = data[at] as number) {
    value = value * 10 + octet - sign.zero;
    at += 1;
  }
  digits += at - from;
  end = at;
};

const textOf = (data: Uint8Array, from: number): string => toAscii(data, from, end);

const writeInteger = (data: Uint8Array, from: number, isNegative: boolean, to: Writer): void => {
  if (digits <= exactDigits) {
    // No integer has a sign at zero, but -0 in JSON does.
    if (isNegative && value === 0) to.float(-0, 8);
    else to.integer(isNegative ? -value : value);
    return;
  }
  if (digits > mostDigits) throw new CannotHold(`an integer of ${digits} digits`);
  const whole = BigInt(textOf(data, from));
  if (Number.isSafeInteger(Number(whole))) to.integer(Number(whole));
  else to.bigInteger(whole);
};

const writeFloat = (data: Uint8Array, from: number, isNegative: boolean, power: number, to: Writer): void => {
  const factor = powers[Math.abs(power)];
  if (digits <= exactDigits && factor !== undefined) {
    const magnitude = power < 0 ? value / factor : value * factor;
    return to.float(isNegative ? -magnitude : magnitude, 8);
  }
  const number = Number(textOf(data, from));
  if (!Number.isFinite(number)) throw new CannotHold('a number beyond the largest of 64 bits');
  to.float(number, 8);
};

const readExponent = (data: Uint8Array, at: number): number => {
  const [before, digitsBefore] = [value, digits];
  const isNegative = data[at] === sign.minus;
  value = 0;
  readDigits(data, isNegative || data[at] === sign.plus ? at + 1 : at);
  const exponent = isNegative ? -value : value;
  value = before;
  digits = digitsBefore;
  return exponent;
};

/** Reads the number at `at`. Returns where it ends. */
export const readJsonNumber = (data: Uint8Array, at: number, to: Writer): number => {
  const isNegative = data[at] === sign.minus;
  value = 0;
  digits = 0;
  readDigits(data, isNegative ? at + 1 : at);
  let power = 0;
  let isFloat = false;
  if (data[end] === sign.point) {
    const whole = digits;
    isFloat = true;
    readDigits(data, end + 1);
    power = whole - digits;
  }
  if (data[end] === sign.lowerE || data[end] === sign.upperE) {
    isFloat = true;
    power += readExponent(data, end + 1);
  }
  if (isFloat) writeFloat(data, at, isNegative, power, to);
  else writeInteger(data, at, isNegative, to);
  return end;
};
