/**
 * One WebSocket as a link. Without compression the frames are ours and go to the socket that the upgrade handed over, one
 * write per turn; with it they go through `ws`. Whenever `ws` writes by itself (ping, pong, close), what waits here goes
 * first, so that no frame overtakes another.
 */

import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import type { Link, LinkListener } from '../connection/link.ts';
import { payloadFraming, websocketFraming } from './frame.ts';

const ignored: LinkListener = {
  received: () => {},
  drained: () => {},
  flush: () => {},
  finish: () => {},
  unresponsive: () => {},
  closed: () => {},
};

/** A WebSocket that lets its listener speak before it writes something of its own. */
export class RouterSocket extends WebSocket {
  listener: LinkListener = ignored;

  override ping(...args: Parameters<WebSocket['ping']>): void {
    this.listener.flush();
    super.ping(...args);
  }

  override pong(...args: Parameters<WebSocket['pong']>): void {
    this.listener.flush();
    super.pong(...args);
  }

  override close(code?: number, data?: string | Buffer): void {
    if (this.readyState === WebSocket.OPEN) this.listener.finish();
    super.close(code, data);
  }
}

const bufferMark = 64 * 1024;

/** Compressed: `ws` frames and writes. */
const sendThrough = (socket: RouterSocket, frames: readonly Uint8Array[], binary: boolean): boolean => {
  frames.forEach((frame, at) => {
    const isLast = at === frames.length - 1;
    socket.send(frame, { binary, compress: true }, isLast ? () => socket.listener.drained() : undefined);
  });
  return socket.bufferedAmount < bufferMark;
};

/**
 * Makes a link of an open WebSocket and the socket beneath it; `isBinary` says of what kind its messages are. The listener is
 * attached by `attachListener`.
 */
export const createWebSocketLink = (socket: RouterSocket, raw: Duplex, isBinary: boolean): Link => {
  const isCompressed = socket.extensions !== '';
  const isOpen = (): boolean => socket.readyState === WebSocket.OPEN && raw.writable;
  return {
    framing: isCompressed ? payloadFraming : websocketFraming,
    write: (frames, bytes, join) => {
      if (!isOpen()) return true;
      if (isCompressed) return sendThrough(socket, frames, isBinary);
      // A large batch that the kernel took whole is no reason to wait, whatever the stream's own mark says.
      return raw.write(join(frames, bytes)) || raw.writableLength === 0;
    },
    close: (code, reason) => {
      // A paused socket would not see the peer's close frame.
      if (socket.isPaused) socket.resume();
      socket.close(code, reason);
    },
    terminate: () => socket.terminate(),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
  };
};

/** Answers pings: once per turn and the last one only, as RFC 6455, 5.5.3 allows. */
const answerPings = (socket: RouterSocket): void => {
  let last: Buffer | undefined;
  const answer = (): void => {
    if (socket.readyState === WebSocket.OPEN) socket.pong(last);
    last = undefined;
  };
  socket.on('ping', (data) => {
    if (last === undefined) setImmediate(answer);
    last = data;
  });
};

/** Sends everything that happens on the socket to `listener`. */
export const attachListener = (socket: RouterSocket, raw: Duplex, listener: LinkListener): void => {
  socket.listener = listener;
  socket.on('message', (data, isBinary) => listener.received(data as Buffer, isBinary));
  answerPings(socket);
  socket.on('close', () => listener.closed());
  // What went wrong is followed by `close`; an error without a listener would end the process.
  socket.on('error', () => {});
  raw.on('drain', () => listener.drained());
};
