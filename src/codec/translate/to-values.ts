/**
 * Payloads as values of JavaScript, for programs. Every integer is exact: what a number cannot hold is a bigint. A dictionary
 * whose keys are not all texts is a Map, a point in time a Date, a binary value octets (in Node a Buffer), and undefined is null. What
 * JavaScript has no value for is an EncodedValue.
 */

import { copyOf, toText } from '#platform/octets';
import { EncodedValue } from '../../wamp/encoded-value.ts';
import { CannotHold } from './output.ts';
import { parseTime } from './time.ts';
import type { Reader, Writer } from './writer.ts';

type Plain = Record<string, unknown>;

/** A list or dictionary that is being built, and the one around it. */
interface Open {
  readonly outer: Open | undefined;
  readonly isDictionary: boolean;
  built: unknown[] | Plain | Map<unknown, unknown>;
  /** Whether the next value of a dictionary is the one of `key`. */
  hasKey: boolean;
  key: unknown;
}

const opened = (outer: Open | undefined, isDictionary: boolean): Open => ({
  outer,
  isDictionary,
  built: isDictionary ? {} : [],
  hasKey: false,
  key: undefined,
});

let open = opened(undefined, false);
/** The serializer that is read. */
let serializer = '';

const setEntry = (key: unknown, value: unknown): void => {
  if (!(open.built instanceof Map) && typeof key !== 'string') open.built = new Map(Object.entries(open.built));
  const { built } = open;
  if (built instanceof Map) built.set(key, value);
  // Plain assignment to this name would set the prototype.
  else if (key === '__proto__')
    Object.defineProperty(built, key, { value, enumerable: true, configurable: true, writable: true });
  else (built as Plain)[key as string] = value;
};

const put = (value: unknown): void => {
  if (!open.isDictionary) (open.built as unknown[]).push(value);
  else if (open.hasKey) {
    open.hasKey = false;
    setEntry(open.key, value);
  } else {
    open.hasKey = true;
    open.key = value;
  }
};

const putTime = (seconds: number, nanoseconds: number): void => {
  const date = new Date(seconds * 1000 + Math.floor(nanoseconds / 1e6));
  if (Number.isNaN(date.getTime())) throw new CannotHold('a time beyond those of JavaScript');
  put(date);
};

const valueWriter: Writer = {
  begin: () => {
    open = opened(undefined, false);
  },
  null: () => put(null),
  undefined: () => put(null),
  boolean: put,
  integer: put,
  bigInteger: put,
  float: (value) => put(value),
  decimal: (mantissa, exponent) => put(Number(`${mantissa}e${exponent}`)),
  text: (data, from, to) => put(toText(data, from, to)),
  binary: (data, from, to) => put(copyOf(data, from, to)),
  time: putTime,
  timeText: (data, from, to) => putTime(...parseTime(data, from, to)),
  open: (isDictionary) => {
    open = opened(open, isDictionary);
  },
  close: () => {
    const { outer, built } = open;
    open = outer as Open;
    put(built);
  },
  foreign: (octets) => put(new EncodedValue(serializer, copyOf(octets))),
};

/** The values of a run of well-formed octets of the serializer `name`, which `read` reads. They share no memory with it. */
export const toValues = (data: Uint8Array, name: string, read: Reader): readonly unknown[] => {
  serializer = name;
  valueWriter.begin();
  read(data, valueWriter);
  const values = open.built as unknown[];
  open = opened(undefined, false);
  return values;
};
