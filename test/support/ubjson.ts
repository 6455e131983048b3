/**
 * UBJSON (Draft 12) as a serializer in one file, for the test that a new serializer needs no more than that. It has what makes
 * it unlike the others: a binary list without a count, an end behind lists and dictionaries, and keys that are no texts. It writes no
 * containers with types or counts but binary values, reads no others, and does not check what it reads, so it is not for use.
 */

import { isNothing, isPayload, toPayload } from '../../src/codec/payload.ts';
import type { Serializer } from '../../src/codec/serializer.ts';
import { fromValues } from '../../src/codec/translate/from-values.ts';
import { floatAt, longAt, writeInteger } from '../../src/codec/translate/numbers.ts';
import {
  CannotHold,
  putAscii,
  putFloat,
  putHalves,
  putNumber,
  putOctet,
  putWhole,
  room,
} from '../../src/codec/translate/output.ts';
import { toValues } from '../../src/codec/translate/to-values.ts';
import type { OctetWriter, Reader, Writer } from '../../src/codec/translate/writer.ts';
import { endless } from '../../src/codec/walk.ts';
import type { Args, Kwargs } from '../../src/wamp/payload.ts';
import { MessagePayload } from '../../src/wamp/payload.ts';

const sizes: Readonly<Record<string, number>> = { i: 1, U: 1, I: 2, l: 4, L: 8, d: 4, D: 8 };
const markerAt = (data: Uint8Array, at: number): string => String.fromCharCode(data[at]!);

/** The integer whose marker is at `at`. */
const integerAt = (data: Uint8Array, at: number): bigint => {
  const size = sizes[markerAt(data, at)]!;
  const bits = size === 8 ? longAt(data, at + 1) : BigInt(Buffer.from(data).readUIntBE(at + 1, size));
  return markerAt(data, at) === 'U' ? bits : BigInt.asIntN(size * 8, bits);
};

/** Where the octets begin and end whose length has its marker at `at`. */
const spanAt = (data: Uint8Array, at: number): readonly [from: number, to: number] => {
  const from = at + 1 + sizes[markerAt(data, at)]!;
  return [from, from + Number(integerAt(data, at))];
};

const binaryHead = '[$U#';
const isBinaryAt = (data: Uint8Array, at: number): boolean =>
  Buffer.from(data.subarray(at, at + binaryHead.length)).toString('latin1') === binaryHead;

/** Reads octets whose length has its marker at `at`. Returns where they end. */
const readSpan = (
  data: Uint8Array,
  at: number,
  write: (data: Uint8Array, from: number, to: number) => void,
): number => {
  const [from, end] = spanAt(data, at);
  write(data, from, end);
  return end;
};

const readContainer = (data: Uint8Array, begin: number, to: Writer): number => {
  const isDictionary = markerAt(data, begin) === '{';
  let [at, count] = [begin + 1, 0];
  to.open(isDictionary, endless);
  for (; !']}'.includes(markerAt(data, at)); count += 1) {
    if (isDictionary) at = readSpan(data, at, to.text);
    at = readValue(data, at, to);
  }
  to.close(count);
  return at + 1;
};

/** Reads the value at `at`. Returns where it ends. */
const readValue = (data: Uint8Array, at: number, to: Writer): number => {
  const marker = markerAt(data, at);
  const size = sizes[marker];
  if (marker === 'S') return readSpan(data, at + 1, to.text);
  if (isBinaryAt(data, at)) return readSpan(data, at + binaryHead.length, to.binary);
  if (marker === '[' || marker === '{') return readContainer(data, at, to);
  if (marker === 'H') {
    return readSpan(data, at + 1, (_, from, end) =>
      writeInteger(BigInt(Buffer.from(data.subarray(from, end)).toString('latin1')), to),
    );
  }
  if (size === undefined) {
    if (marker === 'Z') to.null();
    else to.boolean(marker === 'T');
    return at + 1;
  }
  if (marker === 'd' || marker === 'D') to.float(floatAt(data, at + 1, size), size as 4 | 8);
  else writeInteger(integerAt(data, at), to);
  return at + 1 + size;
};

const read: Reader = (data, to) => {
  for (let at = 0; at < data.length; ) at = readValue(data, at, to);
};

/** For each open container: whether it is a dictionary, and how many values it has got. */
const open: { isDictionary: boolean; values: number }[] = [];

/** Notes a value. Returns whether it is a key. */
const isKey = (): boolean => {
  const innermost = open.at(-1);
  if (!innermost) return false;
  innermost.values += 1;
  return innermost.isDictionary && innermost.values % 2 === 1;
};

const putPlain = (text: string): void => {
  if (isKey()) throw new CannotHold('a key that is no text');
  putAscii(text);
};

const putLength = (length: number): void => {
  room(5);
  putOctet(0x6c);
  putNumber(length, 4);
};

const putText = (data: Uint8Array, from: number, to: number): void => {
  if (!isKey()) putAscii('S');
  putLength(to - from);
  putWhole(data.subarray(from, to));
};

const putBigInteger = (value: bigint): void => {
  if (BigInt.asIntN(64, value) === value) {
    putPlain('L');
    room(8);
    putHalves(BigInt.asUintN(64, value));
    return;
  }
  putPlain('H');
  putLength(String(value).length);
  putAscii(String(value));
};

const cannotHold = (what: string) => (): never => {
  throw new CannotHold(what);
};

const writer: OctetWriter = {
  name: 'ubjson',
  begin: () => {
    open.length = 0;
  },
  null: () => putPlain('Z'),
  undefined: () => putPlain('Z'),
  boolean: (value) => putPlain(value ? 'T' : 'F'),
  integer: (value) => putBigInteger(BigInt(value)),
  bigInteger: putBigInteger,
  float: (value, size) => {
    putPlain(size === 4 ? 'd' : 'D');
    room(size);
    putFloat(value, size);
  },
  decimal: cannotHold('a decimal'),
  text: putText,
  binary: (data, from, to) => {
    putPlain(binaryHead);
    putLength(to - from);
    putWhole(data.subarray(from, to));
  },
  time: cannotHold('a time'),
  timeText: putText,
  open: (isDictionary) => {
    putPlain(isDictionary ? '{' : '[');
    open.push({ isDictionary, values: 0 });
  },
  close: () => putAscii(open.pop()!.isDictionary ? '}' : ']'),
  encoded: (octets) => {
    isKey();
    putWhole(octets);
  },
};

const nothing = { ...writer, ...Object.fromEntries(Object.keys(writer).map((name) => [name, () => {}])) };
const endOf = (data: Uint8Array, at: number): number => readValue(data, at, nothing);

const encode = (list: readonly unknown[]): Uint8Array => fromValues([list], writer);
const decode = (data: Uint8Array): unknown => toValues(data, 'ubjson', read)[0];

/** The serializer. */
export const createUbjsonSerializer = (): Serializer => ({
  name: 'ubjson',
  rawSocketNumber: 4,
  isBinary: true,
  tail: ']',
  read,
  writer,
  check: () => {},
  encode,
  encodeHead: (list) => encode(list).subarray(0, -1),
  decode,
  decodeEnvelope: decode,
  payloadOf(data, list, at) {
    const [args, kwargs] = [list[at] as Args, list[at + 1] as Kwargs | undefined];
    if (!isPayload(args, kwargs)) return undefined;
    if (isNothing(args) && isNothing(kwargs)) return MessagePayload.of([]);
    let from = 1;
    for (let element = 0; element < at; element += 1) from = endOf(data, from);
    const count = isNothing(kwargs) ? 1 : 2;
    const end = count === 1 ? endOf(data, from) : endOf(data, endOf(data, from));
    return MessagePayload.encoded({ octets: data.subarray(from, end), count, reader: this });
  },
  nested({ octets }, at) {
    return this.payloadOf(octets, (toValues(octets, 'ubjson', read) as readonly unknown[][])[0]!, at);
  },
  elementsOf: ({ octets, count }) => {
    const end = endOf(octets, 0);
    return count === 1 ? [octets.subarray(0, end)] : [octets.subarray(0, end), octets.subarray(end)];
  },
  readPayload: ({ octets }) => toPayload(toValues(octets, 'ubjson', read)),
});
