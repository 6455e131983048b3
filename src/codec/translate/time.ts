/** Points in time as text, as JSON and CBOR have them (RFC 3339, a profile of ISO 8601). */

import { fromText, toAscii } from '#platform/octets';
import { CannotHold } from './output.ts';

/** The seconds since 1970 of the first and the last second that has a year of four digits. */
const first = -62_167_219_200;
const last = 253_402_300_799;
const form = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):([0-5]\d))$/;
const nanosecondDigits = 9;

const secondsPerDay = 86_400;
/** Days from March of the year 0, as this calendar counts backwards, to 1970; and in 400 years. */
const daysTo1970 = 719_468;
const daysPerEra = 146_097;

/** Where the text of a time is put together. */
const text = fromText('0000-00-00T00:00:00.000000000Z');
/** Octets up to the seconds, with a fraction that is empty. */
const whole = 19;
const point = 0x2e;
const z = 0x5a;

/** Puts a number into the digits that end before `end`. */
const putDigits = (value: number, digits: number, end: number): void => {
  let rest = value;
  for (let at = end - 1; at >= end - digits; at -= 1) {
    const tenth = Math.floor(rest / 10);
    text[at] = 0x30 + rest - tenth * 10;
    rest = tenth;
  }
};

/** Puts the date of a day since 1970, which is in the years 0 to 9999. Date takes ten times as long. */
const putDay = (day: number): void => {
  const era = Math.floor((day + daysTo1970) / daysPerEra);
  const dayOfEra = day + daysTo1970 - era * daysPerEra;
  const leapDays = Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096);
  const yearOfEra = Math.floor((dayOfEra - leapDays) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  // Years begin in March, so that the day that some have more is their last.
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  putDigits(yearOfEra + era * 400 + (month <= 2 ? 1 : 0), 4, 4);
  putDigits(month, 2, 7);
  putDigits(dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1, 2, 10);
};

/**
 * The text of a time in ASCII, in UTC, with as many groups of three digits behind the point as it needs. Its memory is used
 * again for the next.
 */
export const formatTime = (seconds: number, nanoseconds: number): Uint8Array => {
  if (!(seconds >= first && seconds <= last)) throw new CannotHold('a time outside of the years 0 to 9999');
  const day = Math.floor(seconds / secondsPerDay);
  const second = seconds - day * secondsPerDay;
  putDay(day);
  putDigits(Math.floor(second / 3600), 2, 13);
  putDigits(Math.floor(second / 60) % 60, 2, 16);
  putDigits(second % 60, 2, whole);
  let end = whole;
  if (nanoseconds > 0) {
    text[end] = point;
    putDigits(nanoseconds, nanosecondDigits, whole + 1 + nanosecondDigits);
    end += nanoseconds % 1e6 === 0 ? 4 : nanoseconds % 1e3 === 0 ? 7 : 10;
  }
  text[end] = z;
  return text.subarray(0, end + 1);
};

/** A text of more octets is no time. */
const longestText = 128;

/** Reads a time from text, in UTF-8: seconds since 1970, and nanoseconds after that. */
export const parseTime = (
  data: Uint8Array,
  from: number,
  to: number,
): readonly [seconds: number, nanoseconds: number] => {
  const given = toAscii(data, from, Math.min(to, from + longestText));
  const [, date = '', time = '', fraction = '', sign, hours, minutes] = form.exec(given) ?? [];
  const instant = `${date}T${time}`;
  const milliseconds = Date.parse(`${instant}Z`);
  // Date.parse takes the 30th of February for the 2nd of March, and 24:00 for the next day.
  if (Number.isNaN(milliseconds) || !new Date(milliseconds).toISOString().startsWith(instant)) {
    throw new CannotHold('a time that is none');
  }
  if (/[1-9]/.test(fraction.slice(nanosecondDigits))) throw new CannotHold('a time finer than a nanosecond');
  const ahead = sign === undefined ? 0 : Number(`${sign}1`) * (Number(hours) * 3600 + Number(minutes) * 60);
  return [milliseconds / 1000 - ahead, Number(fraction.slice(0, nanosecondDigits).padEnd(nanosecondDigits, '0'))];
};
