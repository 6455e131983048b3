/**
 * The loads in the protocols of brokers that do not speak WAMP. Events and calls are what their users would take for them: in
 * Socket.IO a room and an acknowledgement, in NATS a subject and a request with an inbox. One WebSocket carries them all.
 */

import { opcode } from './frame.ts';
import { digits, nothing, type Wire } from './wire.ts';

const none = {
  goodbye: undefined,
  left: undefined,
  published: Number.NaN,
  binary: (text: string): unknown => text,
} as const;

const digit = (octet: number | undefined): number => (octet ?? 0) - 48;

/** The two digits that say what a packet is: 4, and 2 for an event or 3 for an acknowledgement. Its id stands behind them. */
const packet = /^4([23])(\d*)(.*)$/s;

const socketIoEvent = 42;
const socketIoAnswer = 43;

/** Socket.IO 4 on Engine.IO 4, spoken with `socket-io.mjs`. A message is the type, the id and the arguments. */
export const socketIoWire: Wire = {
  ...none,
  opcode: opcode.text,
  hasDigits: true,
  widths: digits,
  name: 'socket.io',
  title: 'Socket.IO',
  subprotocol: undefined,
  encode: (message) => {
    if (typeof message === 'string') return Buffer.from(message);
    const [type, id, ...args] = message as readonly unknown[];
    return Buffer.from(`${type}${id}${JSON.stringify(args)}`);
  },
  decode: (bytes) => {
    const text = bytes.toString();
    const [, type, id, args = '[]'] = packet.exec(text) ?? [];
    return type === undefined ? [text] : [40 + Number(type), Number(id), ...(JSON.parse(args) as readonly unknown[])];
  },
  typeOf: (bytes, start) => digit(bytes[start]) * 10 + digit(bytes[start + 1]),
  hello: '40',
  hasCallees: true,
  event: socketIoEvent,
  result: socketIoAnswer,
  refused: 44,
  // The server opens the transport, and then the namespace that was asked for.
  isGreeting: (message) => String((message as readonly unknown[])[0]).startsWith('0{'),
  isWelcome: (message) => String((message as readonly unknown[])[0]).startsWith('40{'),
  // "Are you there?" and its answer.
  answerTo: (bytes, start) => (bytes[start] === 0x32 ? '3' : undefined),
  subscribe: (_, topic) => [socketIoEvent, '', 'subscribe', topic],
  publish: (_, topic, payload) => [socketIoEvent, '', 'publish', topic, payload],
  call: (id, procedure, a, b) => [socketIoEvent, id, 'call', procedure, [a, b]],
  say: (id, procedure, text) => [socketIoEvent, id, 'call', procedure, [text]],
  register: (_, procedure) => [socketIoEvent, '', 'register', procedure],
  echo: (invocation) => {
    const [, id, , args] = invocation as readonly [number, number, string, readonly unknown[]];
    return [socketIoAnswer, id, args[0]];
  },
  yield: (invocation) => {
    const [, id, , args] = invocation as readonly [number, number, string, readonly [number, number]];
    return [socketIoAnswer, id, args[0] + args[1]];
  },
  ask: (id) => [socketIoEvent, id, 'ask'],
  isAnswer: (message, id) => isList(message, socketIoAnswer) && message[1] === id,
  eventOf: (message) => (isList(message, socketIoEvent) && message[2] === 'event' ? message[3] : undefined),
  resultOf: (message) => (isList(message, socketIoAnswer) ? [message[1] as number, message[2]] : undefined),
};

const isList = (message: unknown, type: number | string): message is readonly unknown[] =>
  Array.isArray(message) && message[0] === type;

const lineEnd = '\r\n';
const [carriageReturn, space, letterP, letterI, letterM] = [0x0d, 0x20, 0x50, 0x49, 0x4d];
const inboxIds = { least: 0, most: 9_999_999_999 };
const inboxDigits = String(inboxIds.most).length;

/** A message with a body, for a subject and with the subject of its answer, if there is one. */
const put = (subject: string, body: string, inbox = ''): string =>
  `PUB ${subject} ${inbox === '' ? '' : `${inbox} `}${Buffer.byteLength(body)}${lineEnd}${body}${lineEnd}`;

const inboxIn = (inbox: string | undefined, id: number): string =>
  `${inbox ?? nothing()}.${String(id).padStart(inboxDigits, '0')}`;

/** A message of NATS: its operation, what stands behind it on the line, and its body. */
type NatsMessage = readonly [operation: string, words: readonly string[], body: string];

const natsOf = (message: unknown): NatsMessage => message as NatsMessage;

/** The core protocol of NATS, as its WebSocket listener takes it: lines, of which several may come in a frame. */
export const natsWire: Wire = {
  ...none,
  opcode: opcode.binary,
  hasDigits: true,
  widths: [inboxIds],
  name: 'nats',
  title: 'NATS',
  subprotocol: undefined,
  encode: (message) => Buffer.from(message as string),
  decode: (bytes): NatsMessage => {
    const end = bytes.indexOf(lineEnd);
    const [operation = '', ...words] = bytes.toString('latin1', 0, end).split(' ');
    return [operation, words, operation === 'MSG' ? bytes.toString('utf8', end + 2, bytes.length - 2) : ''];
  },
  typeOf: (bytes, start) => bytes[start] ?? 0,
  // A line; and of a message, which says so at its end, so many octets more and the end of another line.
  endOf: (bytes, start) => {
    const end = bytes.indexOf(carriageReturn, start);
    if (end < 0) throw new Error('a message of NATS goes on in another frame');
    if (bytes[start] !== letterM) return end + 2;
    let length = 0;
    for (let at = end - 1, weight = 1; bytes[at] !== space; at--, weight *= 10) length += digit(bytes[at]) * weight;
    return end + 2 + length + 2;
  },
  hello: `CONNECT {"verbose":false,"pedantic":false,"headers":false,"protocol":1,"lang":"bench","version":"0"}${lineEnd}`,
  hasCallees: true,
  event: letterM,
  result: letterM,
  refused: undefined,
  isWelcome: (message) => natsOf(message)[0] === 'INFO',
  answerTo: (bytes, start) => (bytes[start] === letterP && bytes[start + 1] === letterI ? `PONG${lineEnd}` : undefined),
  inboxOf: (caller) => `_INBOX.${caller}`,
  subscribe: (_, topic) => `SUB ${topic} 1${lineEnd}`,
  publish: (_, topic, payload) => put(topic, payload as string),
  call: (id, procedure, a, b, inbox) => put(procedure, `${a} ${b}`, inboxIn(inbox, id)),
  say: (id, procedure, text, inbox) => put(procedure, text, inboxIn(inbox, id)),
  register: (_, procedure) => `SUB ${procedure} 1${lineEnd}`,
  echo: (invocation) => {
    const [, [, , inbox = ''], body] = natsOf(invocation);
    return put(inbox, body);
  },
  yield: (invocation) => {
    const [, [, , inbox = ''], body] = natsOf(invocation);
    const [a, b] = body.split(' ').map(Number) as [number, number];
    return put(inbox, String(a + b));
  },
  ask: () => `PING${lineEnd}`,
  isAnswer: (message) => natsOf(message)[0] === 'PONG',
  eventOf: (message) => (natsOf(message)[0] === 'MSG' ? natsOf(message)[2] : undefined),
  resultOf: (message) => {
    const [operation, [subject = ''], body] = natsOf(message);
    if (operation !== 'MSG') return undefined;
    return [Number(subject.slice(subject.lastIndexOf('.') + 1)), /^\d+$/.test(body) ? Number(body) : body];
  },
};
