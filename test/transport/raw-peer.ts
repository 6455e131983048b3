/**
 * A WebSocket peer made of a bare socket, for tests of what no decent client does: bad frames, bytes one by one, silence.
 * It reads strictly: a frame from the router that RFC 6455 does not allow is a failure of the test.
 */

import type { Socket } from 'node:net';
import { connect } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { connect as connectTls } from 'node:tls';
import { onTestFinished } from 'vitest';

/** Opcodes of RFC 6455, 11.8. */
export const opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** One frame from the router. */
export interface Frame {
  readonly opcode: number;
  readonly payload: Buffer;
}

/** The answer to an upgrade request. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What may be wrong with a frame. The default is one that a decent client sends. */
export interface FrameOptions {
  readonly opcode?: number;
  readonly isFinal?: boolean;
  /** The three reserved bits, 4 the first. */
  readonly reserved?: number;
  readonly isMasked?: boolean;
  /** The length in the header; default: that of the payload. */
  readonly length?: number;
}

/** A frame as a client sends it. */
export const encodeFrame = (payload: string | Uint8Array = '', options: FrameOptions = {}): Buffer => {
  const body = Buffer.from(payload as string);
  const { isFinal = true, reserved = 0, isMasked = true, length = body.length } = options;
  const mask = Buffer.from([0x12, 0x34, 0x56, 0x78]);
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head[0] = (isFinal ? 0x80 : 0) | (reserved << 4) | (options.opcode ?? opcode.text);
  head[1] = (isMasked ? 0x80 : 0) | (length < 126 ? length : length < 65_536 ? 126 : 127);
  if (head.length === 4) head.writeUInt16BE(length, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2);
  if (!isMasked) return Buffer.concat([head, body]);
  for (let at = 0; at < body.length; at += 1) body[at] = body[at]! ^ mask[at % 4]!;
  return Buffer.concat([head, mask, body]);
};

/** A close frame. Without a code it has no body. */
export const closeFrame = (code?: number, reason = ''): Buffer => {
  if (code === undefined) return encodeFrame('', { opcode: opcode.close });
  const body = Buffer.alloc(2 + Buffer.byteLength(reason));
  body.writeUInt16BE(code);
  body.write(reason, 2);
  return encodeFrame(body, { opcode: opcode.close });
};

const decoder = new TextDecoder('utf-8', { fatal: true });

/** One frame at the start of `data`, strictly; undefined when there is no whole one. */
const decodeFrame = (data: Buffer): { readonly frame: Frame; readonly length: number } | undefined => {
  if (data.length < 2) return undefined;
  const [first, second] = [data[0]!, data[1]!];
  const code = first & 0x0f;
  if ((first & 0xf0) !== 0x80) throw new Error(`fragmented, or a reserved bit: 0x${first.toString(16)}`);
  if (![opcode.text, opcode.close, opcode.ping, opcode.pong].includes(code as 1)) throw new Error(`opcode ${code}`);
  if (second & 0x80) throw new Error('a masked frame from a server');
  const form = second & 0x7f;
  if (form > 125 && code > 7) throw new Error('a control frame of more than 125 octets');
  const head = form < 126 ? 2 : form === 126 ? 4 : 10;
  if (data.length < head) return undefined;
  const length = form < 126 ? form : form === 126 ? data.readUInt16BE(2) : Number(data.readBigUInt64BE(2));
  if ((form === 126 && length < 126) || (form === 127 && length < 65_536))
    throw new Error('a length that is not minimal');
  if (data.length < head + length) return undefined;
  return { frame: { opcode: code, payload: data.subarray(head, head + length) }, length: head + length };
};

/** The lines of an upgrade request. A header of undefined is left out. */
export const upgradeRequest = (
  options: { readonly path?: string; readonly headers?: Readonly<Record<string, string | undefined>> } = {},
): string => {
  const headers = {
    Host: 'router.example',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Protocol': 'wamp',
    ...options.headers,
  };
  const lines = Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]));
  return `${[`GET ${options.path ?? '/ws'} HTTP/1.1`, ...lines].join('\r\n')}\r\n\r\n`;
};

/** A bare socket to the router. */
export class RawPeer {
  readonly socket: Socket;
  /** Frames received, in order. `onFrame` may take them instead. */
  readonly frames: Frame[] = [];
  /** Text messages received, parsed, in order. */
  readonly messages: (readonly unknown[])[] = [];
  /** Takes each frame. A test that expects a great many of them puts its own here. */
  onFrame: (frame: Frame) => void = (frame) => {
    this.frames.push(frame);
    if (frame.opcode === opcode.text) this.messages.push(JSON.parse(decoder.decode(frame.payload)));
  };
  /** Resolves when the socket is closed, with what it failed with. */
  readonly closed: Promise<{ readonly error: NodeJS.ErrnoException | undefined }>;
  isClosed = false;
  answer: Answer | undefined;
  #head = '';
  #parts: Buffer[] = [];
  #fault: unknown;
  readonly #watchers = new Set<() => void>();

  constructor(socket: Socket) {
    this.socket = socket;
    let failure: NodeJS.ErrnoException | undefined;
    socket.on('error', (error) => {
      failure = error;
    });
    socket.on('data', (data: Buffer) => this.#take(data));
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.isClosed = true;
        this.#notify();
        resolve({ error: failure });
      });
    });
    onTestFinished(() => {
      socket.destroy();
      if (this.#fault) throw this.#fault;
    });
  }

  #take(data: Buffer): void {
    try {
      if (this.answer?.status === 101) this.#takeFrames(data);
      else this.#takeAnswer(data);
    } catch (error) {
      this.#fault = error;
      this.socket.destroy();
    }
    this.#notify();
  }

  #takeAnswer(data: Buffer): void {
    this.#head += data.toString('latin1');
    const end = this.#head.indexOf('\r\n\r\n');
    if (end < 0) return;
    const [first = '', ...lines] = this.#head.slice(0, end).split('\r\n');
    const headers = Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    );
    const rest = this.#head.slice(end + 4);
    this.answer = { status: Number(first.split(' ')[1]), headers, body: rest };
    if (this.answer.status === 101) this.#takeFrames(Buffer.from(rest, 'latin1'));
  }

  #takeFrames(data: Buffer): void {
    this.#parts.push(data);
    let rest = this.#parts.length === 1 ? data : Buffer.concat(this.#parts);
    for (let next = decodeFrame(rest); next; next = decodeFrame(rest)) {
      this.onFrame(next.frame);
      rest = rest.subarray(next.length);
    }
    this.#parts = rest.length > 0 ? [rest] : [];
  }

  #notify(): void {
    for (const watch of [...this.#watchers]) watch();
  }

  /** Resolves to what `look` finds, as soon as it finds something; fails when the socket closes first. */
  until<Found>(look: () => Found | undefined | false): Promise<Found> {
    return new Promise((resolve, reject) => {
      const watch = (): void => {
        const found = look();
        if (found === undefined || found === false) {
          if (!this.isClosed) return;
          reject(this.#fault ?? new Error('the socket is closed'));
        } else resolve(found);
        this.#watchers.delete(watch);
      };
      this.#watchers.add(watch);
      watch();
    });
  }

  /** The payloads of all events received. */
  get events(): readonly unknown[] {
    return this.messages.filter(([code]) => code === 8).map(([, , event]) => event);
  }

  /** The close frame, when it has come. */
  get closing(): { readonly code: number; readonly reason: string } | undefined {
    const frame = this.frames.find((each) => each.opcode === opcode.close);
    if (!frame) return undefined;
    const code = frame.payload.length === 0 ? 1005 : frame.payload.readUInt16BE(0);
    return { code, reason: frame.payload.subarray(2).toString() };
  }

  /** Waits for the close frame. */
  untilClosing(): Promise<{ readonly code: number; readonly reason: string }> {
    return this.until(() => this.closing);
  }

  /** Sends WAMP messages, each in a text frame, all in one write. */
  send(...messages: readonly unknown[]): void {
    this.socket.write(Buffer.concat(messages.map((message) => encodeFrame(JSON.stringify(message)))));
  }

  /** Sends whatever it is given. */
  write(...data: readonly Uint8Array[]): void {
    this.socket.write(Buffer.concat(data));
  }

  /** Resolves to the answer of a call. */
  async call(callId: string, procedure: string, ...args: readonly unknown[]): Promise<readonly unknown[]> {
    this.send([2, callId, procedure, ...args]);
    return this.until(() => this.messages.find(([code, id]) => (code === 3 || code === 4) && id === callId));
  }

  #barriers = 0;

  /** Resolves when the router has handled everything sent so far. */
  async barrier(): Promise<void> {
    this.#barriers += 1;
    await this.call(`barrier${this.#barriers}`, 'urn:test:barrier');
  }
}

/** A socket to `port` that has said nothing. */
export const connectRaw = async (port: number, tls?: ConnectionOptions): Promise<RawPeer> => {
  const address = { port, host: '127.0.0.1' };
  const socket = tls ? connectTls({ ...address, ...tls }) : connect(address);
  const peer = new RawPeer(socket);
  await new Promise<void>((resolve, reject) => {
    socket.once(tls ? 'secureConnect' : 'connect', resolve);
    socket.once('error', reject);
  });
  return peer;
};

const isWhole = (answer: Answer | undefined): boolean =>
  answer !== undefined && answer.body.length >= Number(answer.headers['content-length'] ?? Number.POSITIVE_INFINITY);

/** Asks for an upgrade; resolves to the answer, whatever it is. */
export const ask = async (
  port: number,
  options: Parameters<typeof upgradeRequest>[0] & { readonly text?: string; readonly tls?: ConnectionOptions } = {},
): Promise<Answer> => {
  const peer = await connectRaw(port, options.tls);
  peer.socket.write(options.text ?? upgradeRequest(options));
  await peer.until(() => peer.isClosed || peer.answer?.status === 101 || isWhole(peer.answer));
  peer.socket.destroy();
  if (!peer.answer) throw new Error('the socket was closed without an answer');
  return peer.answer;
};

/** A peer after the upgrade and WELCOME. */
export const openRaw = async (
  port: number,
  options: Parameters<typeof upgradeRequest>[0] & { readonly tls?: ConnectionOptions } = {},
): Promise<RawPeer> => {
  const peer = await connectRaw(port, options.tls);
  peer.socket.write(upgradeRequest(options));
  await peer.until(() => peer.messages[0]?.[0] === 0);
  return peer;
};
