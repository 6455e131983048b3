/**
 * Values of JavaScript as octets, for what the encoders of the serializers do not know: bigints of any size, Dates as points in
 * time, Maps. It is slower than they are, and asked where one of them has failed.
 */

import { fromText } from '#platform/octets';
import { isMissing } from '../../base/dict.ts';
import { beginOutput, endOutput, freeOutput } from './output.ts';
import type { OctetWriter } from './writer.ts';

/** A value, or part of one, that is there in octets of the serializer. */
export class EncodedValue {
  readonly octets: Uint8Array;

  constructor(octets: Uint8Array) {
    this.octets = octets;
  }
}

const putText = (text: string, to: OctetWriter): void => {
  const octets = fromText(text);
  to.text(octets, 0, octets.length);
};

const putNumber = (value: number, to: OctetWriter): void => {
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) to.integer(value);
  else to.float(value, 8);
};

const putBigInteger = (value: bigint, to: OctetWriter): void => {
  if (Number.isSafeInteger(Number(value))) to.integer(Number(value));
  else to.bigInteger(value);
};

const putDate = (value: Date, to: OctetWriter): void => {
  const milliseconds = value.getTime();
  if (Number.isNaN(milliseconds)) return to.null();
  const seconds = Math.floor(milliseconds / 1000);
  to.time(seconds, (milliseconds - seconds * 1000) * 1e6);
};

/** As deep as the encoders of the serializers go. What contains itself ends here. */
const deepest = 1024;
let depth = 0;

const putDictionary = (entries: readonly (readonly [unknown, unknown])[], to: OctetWriter): void => {
  const given = entries.filter(([, value]) => value !== undefined && typeof value !== 'function');
  to.open(true, given.length);
  for (const [key, value] of given) {
    putValue(key, to);
    putValue(value, to);
  }
  to.close(given.length);
};

const putObject = (value: object, to: OctetWriter): void => {
  if (value instanceof EncodedValue) return to.encoded(value.octets);
  if (value instanceof Uint8Array) return to.binary(value, 0, value.length);
  if (value instanceof Date) return putDate(value, to);
  if (value instanceof Map) return putDictionary([...value], to);
  if ('toJSON' in value && typeof value.toJSON === 'function') return putValue(value.toJSON(), to);
  if (!Array.isArray(value)) return putDictionary(Object.entries(value), to);
  to.open(false, value.length);
  for (const inner of value) putValue(inner, to);
  to.close(value.length);
};

const putValue = (value: unknown, to: OctetWriter): void => {
  if (isMissing(value)) return to.null();
  switch (typeof value) {
    case 'string':
      return putText(value, to);
    case 'number':
      return putNumber(value, to);
    case 'bigint':
      return putBigInteger(value, to);
    case 'boolean':
      return to.boolean(value);
    case 'object':
      depth += 1;
      if (depth > deepest) throw new TypeError('a value contains itself, or is nested too deeply');
      putObject(value, to);
      depth -= 1;
      return;
    default:
      throw new TypeError(`a ${typeof value} is no value of a payload`);
  }
};

/**
 * The octets of values, one behind the other, as `writer` writes them. Throws what its serializer has no place for; the recursion
 * is that of the values.
 */
export const fromValues = (values: readonly unknown[], writer: OctetWriter): Uint8Array => {
  beginOutput(0, Number.POSITIVE_INFINITY);
  writer.begin();
  depth = 0;
  try {
    for (const value of values) putValue(value, writer);
    return endOutput();
  } finally {
    freeOutput();
  }
};
