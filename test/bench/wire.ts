/** What is spoken in a row of the table: a serializer, and the messages of WAMP v1 or v2. */

import { Decoder, Encoder } from '@msgpack/msgpack';
import { decode as decodeCbor, encode as encodeCbor } from 'cborg';
import { opcode } from './frame.ts';

/** A range of request ids that are written in the same number of octets. */
export interface IdWidth {
  readonly least: number;
  readonly most: number;
}

/** A serializer, and the ranges of ids that it writes in one width. */
interface Packing {
  /** Of its messages, see RFC 6455, 5.2. */
  readonly opcode: number;
  /** Whether an id is written in decimal digits, or big-endian. */
  readonly hasDigits: boolean;
  readonly widths: readonly IdWidth[];
  encode(value: unknown): Uint8Array;
  /** Octets as a payload: a binary value where the serializer has them, a text where it has not. */
  binary(text: string): unknown;
  decode(bytes: Buffer): unknown;
  /** The message type of the message in `bytes` from `start` on, without decoding it; wrong only for what is no message. */
  typeOf(bytes: Buffer, start: number): number;
}

/** The messages of a load, on one serializer. */
export interface Wire extends Packing {
  readonly name: string;
  readonly title: string;
  /** As in Sec-WebSocket-Protocol, if the protocol has a name there. */
  readonly subprotocol: string | undefined;
  /** What a peer says first and last, if anything. */
  readonly hello: unknown;
  readonly goodbye: unknown;
  /** Whether calls are answered by peers; in v1 they are answered by the router. */
  readonly hasCallees: boolean;
  /** Message types: what a subscriber, a caller and a publisher that wants it to be acknowledged receive. */
  readonly event: number;
  readonly result: number;
  readonly published: number;
  /** That of GOODBYE, and of the answer that refuses something; undefined where there is none. */
  readonly left: number | undefined;
  readonly refused: number | undefined;
  /** Whether a message may come before the welcome. */
  isGreeting?(message: unknown): boolean;
  isWelcome(message: unknown): boolean;
  /** Where the message ends that begins at `start`. Without it, a frame is a message. */
  endOf?(bytes: Buffer, start: number): number;
  /** What is said to the message at `start` if the router only asks whether somebody is there. */
  answerTo?(bytes: Buffer, start: number): unknown;
  /** The topic to which the answers of a caller come, where the protocol has no other way. Each caller has its own. */
  inboxOf?(caller: number): string;
  subscribe(id: number, topic: string): unknown;
  publish(id: number, topic: string, payload: unknown, acknowledge?: boolean): unknown;

  call(id: number, procedure: string, a: number, b: number, inbox?: string): unknown;
  /** A call with one text, which `echo` answers with the same. */
  say(id: number, procedure: string, text: string, inbox?: string): unknown;
  echo(invocation: unknown): unknown;
  register(id: number, procedure: string, invoke: string): unknown;
  /** The answer to an INVOCATION: the sum of its arguments. */
  yield(invocation: unknown): unknown;
  /** Something that is answered after all that was said before. */
  ask(id: number): unknown;
  isAnswer(message: unknown, id: number): boolean;
  /** What an event carries; undefined for anything else. */
  eventOf(message: unknown): unknown;
  /** The request and the sum of a result; undefined for anything else. */
  resultOf(message: unknown): readonly [id: number, sum: unknown] | undefined;
}

/** Decimal digits, as many as an id needs. */
export const digits: readonly IdWidth[] = Array.from({ length: 10 }, (_, width) => ({
  least: width === 0 ? 0 : 10 ** width,
  most: 10 ** (width + 1) - 1,
}));
const octets = (first: number): readonly IdWidth[] => [
  { least: 0, most: first },
  { least: first + 1, most: 0xff },
  { least: 0x100, most: 0xffff },
  { least: 0x1_0000, most: 0xffff_ffff },
];

const json: Packing = {
  opcode: opcode.text,
  hasDigits: true,
  widths: digits,
  encode: (value) => Buffer.from(JSON.stringify(value)),
  binary: (text) => text,
  decode: (bytes) => JSON.parse(bytes.toString()),
  typeOf: (bytes, start) => {
    let type = 0;
    for (let at = start + 1; ; at++) {
      const digit = (bytes[at] ?? 0) - 48;
      if (digit < 0 || digit > 9) return type;
      type = type * 10 + digit;
    }
  },
};
const encoder = new Encoder();
const decoder = new Decoder();
const msgpack: Packing = {
  opcode: opcode.binary,
  hasDigits: false,
  widths: octets(0x7f),
  encode: (value) => encoder.encode(value),
  binary: (text) => Buffer.from(text),
  decode: (bytes) => decoder.decode(bytes),
  typeOf: (bytes, start) => bytes[start + 1] ?? 0,
};
const cbor: Packing = {
  opcode: opcode.binary,
  hasDigits: false,
  widths: octets(0x17),
  encode: encodeCbor,
  binary: (text) => new TextEncoder().encode(text),
  decode: (bytes) => decodeCbor(bytes),
  // An integer beyond 23 has an octet of its own behind the first (RFC 8949, 3).
  typeOf: (bytes, start) => (bytes[start + 1] === 0x18 ? bytes[start + 2] : bytes[start + 1]) ?? 0,
};

const roles = {
  publisher: {},
  subscriber: {},
  caller: {},
  callee: { features: { shared_registration: true } },
};

const isList = (message: unknown, type: number): message is readonly unknown[] =>
  Array.isArray(message) && message[0] === type;
const first = (list: unknown): unknown => (Array.isArray(list) ? list[0] : undefined);

const v2 = (name: string, title: string, packing: Packing): Wire => ({
  ...packing,
  name,
  title,
  subprotocol: `wamp.2.${name}`,
  hello: [1, 'realm1', { roles }],
  goodbye: [6, {}, 'wamp.close.close_realm'],
  hasCallees: true,
  event: 36,
  result: 50,
  published: 17,
  left: 6,
  refused: 8,
  isWelcome: (message) => isList(message, 2),
  subscribe: (id, topic) => [32, id, {}, topic],
  publish: (id, topic, payload, acknowledge) => [16, id, acknowledge ? { acknowledge } : {}, topic, [payload]],
  call: (id, procedure, a, b) => [48, id, {}, procedure, [a, b]],
  say: (id, procedure, text) => [48, id, {}, procedure, [text]],
  echo: (invocation) => {
    const [code, id, , , args] = invocation as readonly unknown[];
    if (code !== 68) throw new Error(`${JSON.stringify(invocation)} came instead of an INVOCATION`);
    return [70, id, {}, args];
  },
  register: (id, procedure, invoke) => [64, id, { invoke }, procedure],
  yield: (invocation) => {
    if (!isList(invocation, 68)) throw new Error(`${JSON.stringify(invocation)} came instead of an INVOCATION`);
    const [a, b] = invocation[4] as [number, number];
    return [70, invocation[1], {}, [a + b]];
  },
  ask: (id) => [16, id, { acknowledge: true }, 'com.example.barrier'],
  isAnswer: (message, id) => isList(message, 17) && message[1] === id,
  // fox-wamp says null where there are no keyword arguments.
  eventOf: (message) => (isList(message, 36) && (message[5] ?? null) === null ? first(message[4]) : undefined),
  resultOf: (message) => (isList(message, 50) ? [message[1] as number, first(message[3])] : undefined),
});

/** For a message that a protocol does not have. */
export const nothing = (): never => {
  throw new Error('the protocol has no such message');
};

const v1: Wire = {
  ...json,
  name: 'v1',
  title: 'WAMP v1',
  subprotocol: 'wamp',
  hello: undefined,
  goodbye: undefined,
  hasCallees: false,
  event: 8,
  result: 3,
  published: Number.NaN,
  left: undefined,
  refused: 4,
  isWelcome: (message) => isList(message, 0) && message.length === 4 && message[2] === 1,
  subscribe: (_, topic) => [5, topic],
  publish: (_, topic, payload) => [7, topic, payload],
  call: (id, _, a, b) => [2, `call-${id}`, 'com.example.add', a, b],
  say: nothing,
  echo: nothing,
  register: nothing,
  yield: nothing,
  ask: (id) => [2, `ask-${id}`, 'com.example.add', 1, 2],
  isAnswer: (message, id) => isList(message, 3) && message[1] === `ask-${id}` && message[2] === 3,
  eventOf: (message) => (isList(message, 8) && message.length === 3 ? message[2] : undefined),
  resultOf: (message) => (isList(message, 3) ? [Number(String(message[1]).slice(5)), message[2]] : undefined),
};

/** What most peers speak. */
export const jsonWire = v2('json', 'WAMP v2, JSON', json);

/** Everything that can be spoken, in the order of the tables. */
export const wires: readonly Wire[] = [
  jsonWire,
  v2('msgpack', 'WAMP v2, MessagePack', msgpack),
  v2('cbor', 'WAMP v2, CBOR', cbor),
  v1,
];
