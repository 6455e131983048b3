/** Numbers of binary serializers, and those that JavaScript has no reader for. */

import { fromHex, toHex } from '#platform/octets';
import { readNumber } from '../walk.ts';
import { CannotHold } from './output.ts';
import type { Writer } from './writer.ts';

const view = new DataView(new ArrayBuffer(8));

/** The floating-point number in the 4 or 8 octets at `at`. A DataView for each would cost more than all the rest. */
export const floatAt = (data: Uint8Array, at: number, size: number): number => {
  view.setUint32(0, readNumber(data, at, 4));
  if (size === 4) return view.getFloat32(0);
  view.setUint32(4, readNumber(data, at + 4, 4));
  return view.getFloat64(0);
};

/** The unsigned integer in the eight octets at `at`. */
export const longAt = (data: Uint8Array, at: number): bigint =>
  BigInt(readNumber(data, at, 4)) * 2n ** 32n + BigInt(readNumber(data, at + 4, 4));

/** Passes on the integer of 64 bits with these halves, of which the upper one has the sign. */
export const writeLong = (upper: number, lower: number, to: Writer): void => {
  const value = upper * 2 ** 32 + lower;
  if (Number.isSafeInteger(value)) to.integer(value);
  else to.bigInteger(BigInt(upper) * 2n ** 32n + BigInt(lower));
};

/** Passes an integer on as a number, if a number holds it exactly. */
export const writeInteger = (value: bigint, to: Writer): void => {
  const number = Number(value);
  if (Number.isSafeInteger(number)) to.integer(number);
  else to.bigInteger(value);
};

const mostOctets = 1024;
/** As many digits as an integer of so many octets can have. */
export const mostDigits = Math.ceil(mostOctets * Math.log10(256));

/** The unsigned integer in big-endian octets. Those of more than 1,024 are refused: converting them takes longer than their length says. */
export const readBigInteger = (octets: Uint8Array): bigint => {
  if (octets.length > mostOctets) throw new CannotHold(`an integer of ${octets.length} octets`);
  return BigInt(`0x0${toHex(octets)}`);
};

/** The big-endian octets of an unsigned integer, as few as it needs. */
export const octetsOf = (value: bigint): Uint8Array => {
  const digits = value.toString(16);
  return fromHex(digits.length % 2 === 0 ? digits : `0${digits}`);
};

/** A floating-point number of two octets (IEEE 754, binary16). */
export const halfOf = (bits: number): number => {
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  const sign = bits & 0x8000 ? -1 : 1;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
};

/** The farthest that the point of a decimal is written instead of an exponent. */
const farthest = 30n;

/** The text of `mantissa` times ten to the power of `exponent`, as JSON has numbers; never that of an integer. */
export const formatDecimal = (mantissa: bigint, exponent: bigint): string => {
  if (exponent >= 0n || exponent < -farthest) return `${mantissa}e${exponent}`;
  const sign = mantissa < 0n ? '-' : '';
  const places = Number(-exponent);
  const digits = String(mantissa < 0n ? -mantissa : mantissa).padStart(places + 1, '0');
  return `${sign}${digits.slice(0, -places)}.${digits.slice(-places)}`;
};
