/**
 * Values of JavaScript as octets, for what the encoders of the engine and the libraries do not know, or take for something else:
 * bigints of any size, Dates as points in time, Maps, Sets, typed arrays, values that are octets already. It is slower than they
 * are, and asked where there is one of these.
 */

import { fromText } from '#platform/octets';
import { isMissing } from '../../base/dict.ts';
import { EncodedValue } from '../../wamp/encoded-value.ts';
import { formatOf } from './formats.ts';
import { beginOutput, endOutput, freeOutput } from './output.ts';
import type { OctetWriter } from './writer.ts';

/** A value, or part of one, in octets of the serializer that is written, which are known to be well-formed. */
export class KnownOctets {
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
  // The encoders of the libraries make no difference between 0 and -0, either.
  if (Number.isSafeInteger(value)) to.integer(value === 0 ? 0 : value);
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

const putList = (values: readonly unknown[], to: OctetWriter): void => {
  to.open(false, values.length);
  for (const inner of values) putValue(inner, to);
  to.close(values.length);
};

/** Octets that a program may have made, or written into. */
const putEncoded = ({ serializer, octets }: EncodedValue, to: OctetWriter): void => {
  const { read, check } = formatOf(serializer);
  check(octets);
  if (serializer === to.name) to.encoded(octets);
  else read(octets, formatOf(to.name).writer);
};

/** Values of the kinds that no encoder writes as they are. Returns whether it is one. */
const putSpecial = (value: object, to: OctetWriter): boolean => {
  if (value instanceof EncodedValue) putEncoded(value, to);
  else if (value instanceof KnownOctets) to.encoded(value.octets);
  else if (value instanceof Uint8Array) to.binary(value, 0, value.length);
  else if (value instanceof ArrayBuffer) to.binary(new Uint8Array(value), 0, value.byteLength);
  else if (value instanceof DataView || value instanceof Uint8ClampedArray) {
    to.binary(new Uint8Array(value.buffer, value.byteOffset, value.byteLength), 0, value.byteLength);
  } else if (value instanceof Date) putDate(value, to);
  else if (value instanceof Map) putDictionary([...value], to);
  else if (value instanceof Set || ArrayBuffer.isView(value)) putList([...(value as Set<unknown>)], to);
  else return false;
  return true;
};

const putObject = (value: object, to: OctetWriter): void => {
  if (Array.isArray(value)) putList(value, to);
  else if (putSpecial(value, to)) return;
  else if ('toJSON' in value && typeof value.toJSON === 'function') putValue(value.toJSON(), to);
  else putDictionary(Object.entries(value), to);
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
