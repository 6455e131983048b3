/**
 * A WebSocket client on a bare socket, for what a well-behaved one never does: it sends broken frames, does not read, or
 * sends no pong.
 */

import type { Socket } from 'node:net';
import { connect } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { connect as connectTls } from 'node:tls';

/** Builds a client frame. The mask is zero, so the payload stays as it is. */
export const frame = (
  opcode: number,
  payload: Uint8Array | string = '',
  options: { readonly fin?: boolean; readonly rsv?: number; readonly masked?: boolean } = {},
): Buffer => {
  const { fin = true, rsv = 0, masked = true } = options;
  const body = Buffer.from(payload as Uint8Array);
  const head = Buffer.alloc(body.length < 126 ? 2 : body.length < 65_536 ? 4 : 10);
  head[0] = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  if (head.length === 2) head[1] = body.length;
  else if (head.length === 4) {
    head[1] = 126;
    head.writeUInt16BE(body.length, 2);
  } else {
    head[1] = 127;
    head.writeBigUInt64BE(BigInt(body.length), 2);
  }
  head[1] = head[1]! | (masked ? 0x80 : 0);
  return Buffer.concat([head, Buffer.alloc(masked ? 4 : 0), body]);
};

/** A text frame that holds a WAMP v1 message. */
export const say = (message: unknown): Buffer => frame(1, JSON.stringify(message));

/** A frame of the server. */
export interface Received {
  readonly opcode: number;
  readonly payload: Buffer;
}

/** A bare socket after its upgrade. */
export class RawClient {
  readonly socket: Socket;
  readonly frames: Received[] = [];
  /** How many chunks of data have arrived: at least one for each write of the server. */
  chunks = 0;
  readonly ended: Promise<void>;
  #rest = Buffer.alloc(0);

  constructor(socket: Socket) {
    this.socket = socket;
    this.ended = new Promise((resolve) => {
      socket.on('close', () => resolve());
    });
    socket.on('error', () => {});
  }

  /** Takes bytes of the server. Throws on a frame that no server may send. */
  accept(data: Buffer): void {
    if (data.length === 0) return;
    this.chunks += 1;
    this.#rest = Buffer.concat([this.#rest, data]);
    while (this.#rest.length >= 2) {
      const [first = 0, second = 0] = this.#rest;
      if ((first & 0x70) !== 0 || (second & 0x80) !== 0) throw new Error('a frame with reserved bits or a mask');
      const short = second & 0x7f;
      const head = short < 126 ? 2 : short === 126 ? 4 : 10;
      if (this.#rest.length < head) return;
      const length =
        short < 126 ? short : short === 126 ? this.#rest.readUInt16BE(2) : Number(this.#rest.readBigUInt64BE(2));
      if (this.#rest.length < head + length) return;
      this.frames.push({ opcode: first & 0x0f, payload: this.#rest.subarray(head, head + length) });
      this.#rest = this.#rest.subarray(head + length);
    }
  }

  /** The messages that have arrived. */
  get messages(): unknown[][] {
    return this.frames
      .filter(({ opcode }) => opcode === 1)
      .map(({ payload }) => JSON.parse(payload.toString()) as unknown[]);
  }

  /** The code and reason of the close frame, if one has arrived. */
  get closing(): { readonly code: number; readonly reason: string } | undefined {
    const close = this.frames.find(({ opcode }) => opcode === 8);
    return close && { code: close.payload.readUInt16BE(0), reason: close.payload.subarray(2).toString() };
  }

  write(...parts: readonly Uint8Array[]): void {
    this.socket.write(Buffer.concat(parts));
  }
}

/** Connects, with `tls` over TLS, and upgrades; with `extensions` it offers these. */
export const connectRaw = (
  port: number,
  path = '/ws',
  protocol = 'wamp',
  tls?: ConnectionOptions,
  extensions?: string,
): Promise<RawClient> =>
  new Promise((resolve, reject) => {
    const socket = tls ? connectTls({ ...tls, port, host: '127.0.0.1' }) : connect(port, '127.0.0.1');
    const client = new RawClient(socket);
    let head = Buffer.alloc(0);
    socket.on('error', reject);
    const onData = (data: Buffer): void => {
      head = Buffer.concat([head, data]);
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) return;
      socket.off('data', onData);
      if (!head.toString('latin1').startsWith('HTTP/1.1 101')) return reject(new Error(head.toString('latin1')));
      socket.on('data', (chunk: Buffer) => client.accept(chunk));
      client.accept(head.subarray(end + 4));
      resolve(client);
    };
    socket.on('data', onData);
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n' +
        (extensions === undefined ? '' : `Sec-WebSocket-Extensions: ${extensions}\r\n`) +
        `Sec-WebSocket-Protocol: ${protocol}\r\n\r\n`,
    );
  });

/** Sends raw HTTP text; resolves to everything that comes back until the server closes. */
export const askRaw = (port: number, text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let answer = '';
    socket.on('data', (data: Buffer) => {
      answer += data.toString('latin1');
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
    socket.write(text);
  });
