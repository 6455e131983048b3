/**
 * A WAMP peer on a raw socket, as cheap as it gets: it writes frames that were built before, counts what arrives by
 * frame headers and message types alone and decodes one message in a few dozen. It must never be the slower end.
 */

import { createHash } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { clientFrame, maskedFrame, opcode } from './frame.ts';
import type { Wire } from './wire.ts';

/** What a client tells whoever drives it. */
export interface ClientListener {
  /** After each read: so many more messages have come; `client.received` already counts them. */
  readonly received?: (client: Client, count: number) => void;
  /** The type of all messages that are to come; any other is a failure. */
  readonly expected?: number;
  /** One message in 61, decoded, with its place in the order of arrival. Throws when the content is wrong. */
  readonly sampled?: (message: unknown, index: number) => void;
  /** Answers every message, in one write for those that came in one read. */
  readonly answered?: (message: unknown) => Buffer;
  /** The wire broke or the content was wrong; nothing more will come. */
  readonly failed: (error: Error) => void;
}

interface Question {
  readonly id: number;
  readonly answered: () => void;
}

type Phase = 'upgrading' | 'welcoming' | 'open' | 'leaving' | 'closing' | 'closed';

// Prime, so that samples walk through all payloads whatever the size of a ring. Each client begins elsewhere, so that every
// publication to some dozen subscribers is looked at by one of them.
const sampleEvery = 61;
let clients = 0;
// Reads are handled before the next one starts, so one buffer serves all the sockets.
const readBuffer = Buffer.allocUnsafe(256 * 1024);

const key = Buffer.alloc(16, 'postmaster').toString('base64');
const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
const normalClosure = Buffer.from([0x03, 0xe8]);

const upgradeRequest = (url: URL, subprotocol: string | undefined): string =>
  `${[
    `GET ${url.pathname}${url.search} HTTP/1.1`,
    `Host: ${url.host}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${key}`,
    ...(subprotocol === undefined ? [] : [`Sec-WebSocket-Protocol: ${subprotocol}`]),
  ].join('\r\n')}\r\n\r\n`;

/** One connection. Open it with `openClient`. */
export class Client {
  /** Messages since WELCOME, answers to `ask` not counted. */
  received = 0;
  listener: ClientListener;
  readonly wire: Wire;
  /** Of the frames that carry a message. */
  readonly #messageStart: number;
  readonly #socket: Socket;
  readonly #welcomed: () => void;
  /** Messages until the next sample. */
  #untilSample = clients++ % sampleEvery;
  #phase: Phase = 'upgrading';
  /** Of a frame that has not arrived whole: what is there, and how many octets are not, as far as its header tells. */
  #rest: Buffer[] = [];
  #lacking = 0;
  #question: Question | undefined;
  #lastId = 0;
  #answers: Buffer[] = [];
  #ended: (() => void) | undefined;

  constructor(url: URL, wire: Wire, listener: ClientListener, welcomed: () => void) {
    this.wire = wire;
    this.#messageStart = 0x80 | wire.opcode;
    this.listener = listener;
    this.#welcomed = welcomed;
    this.#socket = connect({
      host: url.hostname,
      port: Number(url.port),
      noDelay: true,
      onread: { buffer: readBuffer, callback: (length) => this.#read(readBuffer.subarray(0, length)) },
    });
    this.#socket.write(upgradeRequest(url, wire.subprotocol));
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.on('close', () => this.#closed());
  }

  /** The request id of the next message; `count` of them are taken. */
  nextId(count = 1): number {
    const id = this.#lastId + 1;
    this.#lastId += count;
    return id;
  }

  /** Writes bytes as they are. */
  send(frames: Buffer): void {
    this.#socket.write(frames);
  }

  /** Asks something: as a session is served in order, the answer comes after all that was before. */
  ask(): Promise<void> {
    const id = this.nextId();
    this.send(clientFrame(this.wire, this.wire.ask(id)));
    return new Promise((resolve) => {
      this.#question = { id, answered: resolve };
    });
  }

  /** Subscribes and waits until the subscription is in force. */
  subscribe(topic: string): Promise<void> {
    this.send(clientFrame(this.wire, this.wire.subscribe(this.nextId(), topic)));
    return this.ask();
  }

  /** Registers and waits until the registration is in force. */
  register(procedure: string, invoke: string): Promise<void> {
    this.send(clientFrame(this.wire, this.wire.register(this.nextId(), procedure, invoke)));
    return this.ask();
  }

  /** Stops reading, for good. */
  stall(): void {
    this.#socket.pause();
  }

  /** Leaves, then the closing handshake; resolves when the socket is gone. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#ended = resolve;
      if (this.wire.goodbye === undefined) return this.#shake();
      this.#phase = 'leaving';
      this.send(clientFrame(this.wire, this.wire.goodbye));
    });
  }

  #shake(): void {
    this.#phase = 'closing';
    this.send(maskedFrame(opcode.close, normalClosure));
  }

  /** Drops the socket without a word. */
  destroy(): void {
    this.#phase = 'closed';
    this.#socket.destroy();
  }

  #closed(): void {
    if (this.#phase !== 'closed') this.#fail(new Error(`the router dropped a connection while it was ${this.#phase}`));
    else this.#ended?.();
  }

  #fail(error: Error): void {
    if (this.#phase === 'closed') return;
    this.destroy();
    this.listener.failed(error);
  }

  #read(chunk: Buffer): boolean {
    try {
      if (chunk.length < this.#lacking) {
        this.#lacking -= chunk.length;
        this.#rest.push(Buffer.from(chunk));
        return true;
      }
      let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([...this.#rest, chunk]);
      if (this.#phase === 'upgrading') bytes = this.#upgrade(bytes);
      const at = this.#phase === 'upgrading' ? 0 : this.#walk(bytes);
      // A copy: the chunk lies in the shared buffer.
      this.#rest = at === bytes.length ? [] : [Buffer.from(bytes.subarray(at))];
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
    }
    return true;
  }

  #upgrade(bytes: Buffer): Buffer {
    const end = bytes.indexOf('\r\n\r\n');
    if (end < 0) return bytes;
    const head = bytes.toString('latin1', 0, end);
    if (!head.startsWith('HTTP/1.1 101 ') || !head.includes(accept)) {
      throw new Error(`the upgrade was answered with "${head.split('\r\n', 1)[0]}"`);
    }
    this.#phase = 'welcoming';
    if (this.wire.hello !== undefined) this.send(clientFrame(this.wire, this.wire.hello));
    return bytes.subarray(end + 4);
  }

  /** Walks over the whole frames in `bytes`; returns where the first incomplete one begins. */
  #walk(bytes: Buffer): number {
    const before = this.received;
    const size = bytes.length;
    let at = 0;
    this.#lacking = 0;
    while (size - at >= 2) {
      let start = at + 2;
      let length = bytes[at + 1] as number;
      if (length === 126) {
        start = at + 4;
        length = size >= start ? bytes.readUInt16BE(at + 2) : 0;
      } else if (length === 127) {
        start = at + 10;
        length = size >= start ? Number(bytes.readBigUInt64BE(at + 2)) : 0;
      }
      const end = start + length;
      if (end > size) {
        this.#lacking = end - size;
        break;
      }
      if (this.wire.endOf && bytes[at] === this.#messageStart) this.#several(bytes, start, end);
      else this.#one(bytes[at] as number, bytes, start, end);
      at = end;
    }
    if (this.#answers.length > 0) this.send(Buffer.concat(this.#answers.splice(0)));
    if (this.received !== before) this.listener.received?.(this, this.received - before);
    return at;
  }

  /** All messages of a frame. */
  #several(bytes: Buffer, start: number, end: number): void {
    for (let from = start; from < end; ) {
      const to = this.wire.endOf?.(bytes, from) ?? end;
      if (to > end) throw new Error('a message goes on in another frame');
      this.#one(this.#messageStart, bytes, from, to);
      from = to;
    }
  }

  #one(first: number, bytes: Buffer, start: number, end: number): void {
    if (first !== this.#messageStart || this.#phase !== 'open' || this.#question !== undefined) {
      return this.#handle(first, bytes.subarray(start, end));
    }
    if (this.#answersPing(bytes, start)) return;
    const { answered } = this.listener;
    if (answered) this.#answers.push(answered(this.wire.decode(bytes.subarray(start, end))));
    this.#count(bytes, start, end);
  }

  #answersPing(bytes: Buffer, start: number): boolean {
    const answer = this.wire.answerTo?.(bytes, start);
    if (answer === undefined) return false;
    this.send(clientFrame(this.wire, answer));
    return true;
  }

  #count(bytes: Buffer, start: number, end: number): void {
    const { expected, sampled } = this.listener;
    if (expected !== undefined && this.wire.typeOf(bytes, start) !== expected) {
      throw new Error(`the router sent ${JSON.stringify(this.wire.decode(bytes.subarray(start, end)))}`);
    }
    this.received++;
    if (this.#untilSample-- > 0) return;
    this.#untilSample = sampleEvery - 1;
    sampled?.(this.wire.decode(bytes.subarray(start, end)), this.received - 1);
  }

  /** What is rare: WELCOME, an answer, GOODBYE, ping and close. */
  #handle(first: number, body: Buffer): void {
    if (first === this.#messageStart) this.#message(this.wire.decode(body), body);
    else if (first === (0x80 | opcode.ping)) this.send(maskedFrame(opcode.pong, body));
    else if (first === (0x80 | opcode.close)) this.#closeFrame(body);
    else throw new Error(`the router sent a frame that begins with 0x${first.toString(16)}`);
  }

  // Some routers close by themselves after GOODBYE.
  #closeFrame(body: Buffer): void {
    if (this.#phase === 'leaving') this.#shake();
    if (this.#phase === 'closing') this.#phase = 'closed';
    else
      throw new Error(`the router closed a connection: ${body.readUInt16BE(0)} ${body.toString('utf8', 2)}`.trimEnd());
  }

  #message(message: unknown, body: Buffer): void {
    if (this.#answersPing(body, 0)) return;
    const type = Array.isArray(message) ? message[0] : undefined;
    if (this.#phase === 'welcoming') {
      if (this.wire.isGreeting?.(message)) return;
      if (!this.wire.isWelcome(message)) throw new Error(`the first message was ${JSON.stringify(message)}`);
      this.#phase = 'open';
      this.#welcomed();
    } else if (this.#phase === 'leaving') {
      if (type !== this.wire.left) throw new Error(`GOODBYE was answered with ${JSON.stringify(message)}`);
      this.#shake();
    } else if (this.#question && this.wire.isAnswer(message, this.#question.id)) {
      const { answered } = this.#question;
      this.#question = undefined;
      answered();
    } else if (this.#question && type === this.wire.refused) {
      throw new Error(`the router refused something: ${JSON.stringify(message)}`);
    } else if (!setUpAnswers.has(type)) this.#count(body, 0, body.length);
  }
}

// SUBSCRIBED and REGISTERED, while the question behind them is open.
const setUpAnswers = new Set<unknown>([33, 65]);

/** Opens a connection; resolves on WELCOME. A failure before it goes to the listener, too. */
export const openClient = (url: URL, wire: Wire, listener: ClientListener): Promise<Client> =>
  new Promise((resolve, reject) => {
    const failed = (error: Error): void => {
      reject(error);
      listener.failed(error);
    };
    const client = new Client(url, wire, { ...listener, failed }, () => resolve(client));
  });
