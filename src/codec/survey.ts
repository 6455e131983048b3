/** Looks through values before they are encoded, for what the encoders of the engine and the libraries do not write as it is meant. */

import { EncodedValue } from '../wamp/encoded-value.ts';

/** What there may be, one bit each. */
export const trouble = {
  /** A Uint8Array, which JSON has not. */
  binary: 1,
  /** An object that has a form for JSON, a Date for example, which only the encoder of JSON asks for. */
  toJson: 2,
  /** What no encoder writes as it is: `fromValue` does. */
  special: 4,
} as const;

/** What these are taken for otherwise: an empty dictionary, a dictionary of numbers, or the octets of this machine's memory. */
const isSpecial = (value: object): boolean =>
  ArrayBuffer.isView(value) ||
  value instanceof Map ||
  value instanceof Set ||
  value instanceof EncodedValue ||
  value instanceof ArrayBuffer;

/** What an object is that is neither a list nor of the class Object. */
const traitOf = (value: object): number => {
  if (value instanceof Uint8Array) return trouble.binary;
  if (isSpecial(value)) return trouble.special;
  return typeof (value as { toJSON?: unknown }).toJSON === 'function' ? trouble.toJson : 0;
};

// JSON has digits for larger numbers, which are read as integers.
const surveyOfNumber = (value: number): number =>
  value > Number.MAX_SAFE_INTEGER || value < -Number.MAX_SAFE_INTEGER ? trouble.special : 0;

/** What is deeper may contain itself: `fromValue` says so. */
const deepest = 1000;

const surveyOfObject = (value: object, depth: number): number => {
  if (depth > deepest) return trouble.special;
  let all = 0;
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at += 1) all |= surveyOf(value[at], depth + 1);
    return all;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    const trait = traitOf(value);
    if (trait !== 0) return trait;
  }
  for (const name in value) all |= surveyOf((value as Readonly<Record<string, unknown>>)[name], depth + 1);
  return all;
};

/**
 * Bits of `trouble` for what is in a value, `depth` levels deep in another. Called for every message, so it allocates nothing: `Object.values` takes two to four
 * times as long, depending on the objects that the process has written before.
 */
export const surveyOf = (value: unknown, depth = 0): number => {
  switch (typeof value) {
    case 'number':
      return surveyOfNumber(value);
    case 'object':
      return value === null ? 0 : surveyOfObject(value, depth);
    case 'bigint':
      return trouble.special;
    default:
      return 0;
  }
};
