/** Numbers that JavaScript has no reader for. */

import { CannotHold } from './output.ts';

const mostOctets = 1024;
/** As many digits as an integer of so many octets can have. */
export const mostDigits = Math.ceil(mostOctets * Math.log10(256));

/** The unsigned integer in big-endian octets. Those of more than 1,024 are refused: converting them takes longer than their length says. */
export const readBigInteger = (octets: Uint8Array): bigint => {
  if (octets.length > mostOctets) throw new CannotHold(`an integer of ${octets.length} octets`);
  return BigInt(`0x0${Buffer.from(octets).toString('hex')}`);
};

/** The big-endian octets of an unsigned integer, as few as it needs. */
export const octetsOf = (value: bigint): Uint8Array => {
  const digits = value.toString(16);
  return Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex');
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
