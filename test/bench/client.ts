/**
 * A WAMP v1 peer on a raw socket, as cheap as it gets: it writes frames that were built before, counts what arrives by
 * frame headers alone and decodes one text in a few dozen. It must never be the slower end.
 */

import { createHash } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { clientFrame, maskedFrame, opcode } from './frame.ts';

/** What a client tells whoever drives it. */
export interface ClientListener {
  /** After each read: so many more texts have come; `client.received` already counts them. */
  readonly received?: (client: Client, count: number) => void;
  /** One text in 61, parsed, with its place in the order of arrival. Throws when the content is wrong. */
  readonly sampled?: (message: unknown, index: number) => void;
  /** The wire broke or the content was wrong; nothing more will come. */
  readonly failed: (error: Error) => void;
}

interface Question {
  readonly id: string;
  readonly answered: (message: readonly unknown[]) => void;
}

type Phase = 'upgrading' | 'welcoming' | 'open' | 'closing' | 'closed';

// Prime, so that samples walk through all payloads whatever the size of a ring.
const sampleEvery = 61;
// Reads are handled before the next one starts, so one buffer serves all the sockets.
const readBuffer = Buffer.allocUnsafe(256 * 1024);
const nothing = Buffer.alloc(0);

const key = Buffer.alloc(16, 'postmaster').toString('base64');
const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
const normalClosure = Buffer.from([0x03, 0xe8]);

const upgradeRequest = (url: URL): string =>
  `${[
    `GET ${url.pathname} HTTP/1.1`,
    `Host: ${url.host}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${key}`,
    'Sec-WebSocket-Protocol: wamp',
  ].join('\r\n')}\r\n\r\n`;

const isWelcome = (message: unknown): boolean =>
  Array.isArray(message) &&
  message.length === 4 &&
  message[0] === 0 &&
  typeof message[1] === 'string' &&
  message[2] === 1;

/** One connection. Open it with `openClient`. */
export class Client {
  /** Texts since WELCOME, answers to `ask` not counted. */
  received = 0;
  listener: ClientListener;
  readonly #socket: Socket;
  readonly #welcomed: () => void;
  #phase: Phase = 'upgrading';
  #rest: Buffer = nothing;
  #question: Question | undefined;
  #ended: (() => void) | undefined;

  constructor(url: URL, listener: ClientListener, welcomed: () => void) {
    this.listener = listener;
    this.#welcomed = welcomed;
    this.#socket = connect({
      host: url.hostname,
      port: Number(url.port),
      noDelay: true,
      onread: { buffer: readBuffer, callback: (length) => this.#read(readBuffer.subarray(0, length)) },
    });
    this.#socket.write(upgradeRequest(url));
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.on('close', () => this.#closed());
  }

  /** Writes frames as they are, in one go. */
  send(frames: readonly Buffer[]): void {
    if (frames.length > 1) this.#socket.cork();
    for (const frame of frames) this.#socket.write(frame);
    if (frames.length > 1) this.#socket.uncork();
  }

  /** Calls `com.example.add` with 1 and 2: as a session is served in order, the answer comes after all that was before. */
  async ask(id: string): Promise<void> {
    const answer = new Promise<readonly unknown[]>((resolve) => {
      this.#question = { id, answered: resolve };
    });
    this.send([clientFrame([2, id, 'com.example.add', 1, 2])]);
    const message = await answer;
    if (message[0] !== 3 || message[2] !== 3) throw new Error(`the answer to a call was ${JSON.stringify(message)}`);
  }

  /** The closing handshake; resolves when the socket is gone. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#phase = 'closing';
      this.#ended = resolve;
      this.send([maskedFrame(opcode.close, normalClosure)]);
    });
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
      let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
      if (this.#phase === 'upgrading') bytes = this.#upgrade(bytes);
      const at = this.#phase === 'upgrading' ? 0 : this.#walk(bytes);
      // A copy: the chunk lies in the shared buffer.
      this.#rest = at === bytes.length ? nothing : Buffer.from(bytes.subarray(at));
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
    return bytes.subarray(end + 4);
  }

  /** Walks over the whole frames in `bytes`; returns where the first incomplete one begins. */
  #walk(bytes: Buffer): number {
    const before = this.received;
    const size = bytes.length;
    let at = 0;
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
      if (end > size) break;
      if (bytes[at] === 0x81 && this.#phase === 'open' && this.#question === undefined) {
        if (this.received++ % sampleEvery === 0) this.#sample(bytes, start, end);
      } else this.#handle(bytes[at] as number, bytes.subarray(start, end));
      at = end;
    }
    if (this.received !== before) this.listener.received?.(this, this.received - before);
    return at;
  }

  #sample(bytes: Buffer, start: number, end: number): void {
    this.listener.sampled?.(JSON.parse(bytes.toString('utf8', start, end)), this.received - 1);
  }

  /** What is rare: WELCOME, an answer, ping and close. */
  #handle(first: number, body: Buffer): void {
    if (first === (0x80 | opcode.text)) this.#text(JSON.parse(body.toString()));
    else if (first === (0x80 | opcode.ping)) this.send([maskedFrame(opcode.pong, body)]);
    else if (first === (0x80 | opcode.close) && this.#phase === 'closing') this.#phase = 'closed';
    else if (first === (0x80 | opcode.close)) {
      throw new Error(`the router closed a connection: ${body.readUInt16BE(0)} ${body.toString('utf8', 2)}`.trimEnd());
    } else throw new Error(`the router sent a frame that begins with 0x${first.toString(16)}`);
  }

  #text(message: readonly unknown[]): void {
    if (this.#phase === 'welcoming') {
      if (!isWelcome(message)) throw new Error(`the first message was ${JSON.stringify(message)}, not WELCOME`);
      this.#phase = 'open';
      this.#welcomed();
    } else if (this.#question?.id === message[1]) {
      this.#question?.answered(message);
      this.#question = undefined;
    } else this.received++;
  }
}

/** Opens a connection; resolves on WELCOME. A failure before it goes to the listener, too. */
export const openClient = (url: URL, listener: ClientListener): Promise<Client> =>
  new Promise((resolve, reject) => {
    const failed = (error: Error): void => {
      reject(error);
      listener.failed(error);
    };
    const client = new Client(url, { ...listener, failed }, () => resolve(client));
  });
