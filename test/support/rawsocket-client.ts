/** A RawSocket client on a bare socket: it sends anything, and keeps what it receives. */

import type { Socket } from 'node:net';

/** The four octets of a request. */
export const request = (serializer = 1, limit = 15): Buffer => Buffer.from([0x7f, (limit << 4) | serializer, 0, 0]);

/** Builds a frame of any type, sound or not. */
export const rawFrame = (type: number, payload: Uint8Array | string = ''): Buffer => {
  const body = Buffer.from(payload as Uint8Array);
  const head = Buffer.alloc(4);
  head.writeUInt32BE(body.length);
  head[0] = type;
  return Buffer.concat([head, body]);
};

/** What a socket was told. */
export class RawSocketClient {
  readonly socket: Socket;
  readonly ended: Promise<void>;
  #received = Buffer.alloc(0);

  constructor(socket: Socket) {
    this.socket = socket;
    this.ended = new Promise((resolve) => {
      socket.on('close', () => resolve());
    });
    socket.on('error', () => {});
    socket.on('data', (data: Buffer) => {
      this.#received = Buffer.concat([this.#received, data]);
    });
  }

  /** The four octets of the answer, or what there is of them. */
  get reply(): readonly number[] {
    return [...this.#received.subarray(0, 4)];
  }

  /** The whole frames that have arrived. */
  get frames(): readonly { readonly type: number; readonly payload: Buffer }[] {
    const frames = [];
    for (let at = 4; at + 4 <= this.#received.length; ) {
      const end = at + 4 + this.#received.readUIntBE(at + 1, 3);
      if (end > this.#received.length) break;
      frames.push({ type: this.#received[at]!, payload: this.#received.subarray(at + 4, end) });
      at = end;
    }
    return frames;
  }

  write(...parts: readonly Uint8Array[]): void {
    this.socket.write(Buffer.concat(parts));
  }
}
