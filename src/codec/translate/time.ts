/** Points in time as text, as JSON and CBOR have them (RFC 3339, a profile of ISO 8601). */

import { CannotHold } from './output.ts';

/** The seconds since 1970 of the first and the last second that has a year of four digits. */
const first = -62_167_219_200;
const last = 253_402_300_799;
const form = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):([0-5]\d))$/;
/** Octets of the date and the time of day without their fraction. */
const wholeSeconds = 19;
const nanosecondDigits = 9;

/** The text of a time, in UTC, with as many groups of three digits behind the point as it needs. */
export const formatTime = (seconds: number, nanoseconds: number): string => {
  if (!(seconds >= first && seconds <= last)) throw new CannotHold('a time outside of the years 0 to 9999');
  const whole = new Date(seconds * 1000).toISOString().slice(0, wholeSeconds);
  if (nanoseconds === 0) return `${whole}Z`;
  const fraction = String(nanoseconds)
    .padStart(nanosecondDigits, '0')
    .replace(/(?:000){1,2}$/, '');
  return `${whole}.${fraction}Z`;
};

/** A text of more octets is no time. */
const longestText = 128;

/** Reads a time from text, in UTF-8: seconds since 1970, and nanoseconds after that. */
export const parseTime = (
  data: Uint8Array,
  from: number,
  to: number,
): readonly [seconds: number, nanoseconds: number] => {
  const text = Buffer.from(data.buffer, data.byteOffset + from, Math.min(to - from, longestText)).toString('latin1');
  const [, date = '', time = '', fraction = '', sign, hours, minutes] = form.exec(text) ?? [];
  const whole = `${date}T${time}`;
  const milliseconds = Date.parse(`${whole}Z`);
  // Date.parse takes the 30th of February for the 2nd of March, and 24:00 for the next day.
  if (Number.isNaN(milliseconds) || !new Date(milliseconds).toISOString().startsWith(whole)) {
    throw new CannotHold('a time that is none');
  }
  if (/[1-9]/.test(fraction.slice(nanosecondDigits))) throw new CannotHold('a time finer than a nanosecond');
  const ahead = sign === undefined ? 0 : Number(`${sign}1`) * (Number(hours) * 3600 + Number(minutes) * 60);
  return [milliseconds / 1000 - ahead, Number(fraction.slice(0, nanosecondDigits).padEnd(nanosecondDigits, '0'))];
};
