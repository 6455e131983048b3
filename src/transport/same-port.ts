/**
 * One port for HTTP and RawSocket. The first octet of a connection tells them apart: 0x7F begins a RawSocket handshake and
 * cannot begin an HTTP request (WAMP, "RawSocket Transport"). An HTTP connection goes on as if nothing had been read from it.
 */

import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import type { Timers } from '../base/clock.ts';
import { magicOctet } from './rawsocket/frame.ts';

/** How long a connection may be silent. */
export interface SharingOptions {
  readonly clock?: Timers;
  /** ms; 0 is no deadline. Default: the HTTP server's `headersTimeout`. */
  readonly deadline?: number;
  /** Called with a connection that was silent for that long, before it is destroyed. */
  readonly onSilent?: (socket: Socket) => void;
}

const systemTimers: Timers = {
  setTimeout: (task, delay) => setTimeout(task, delay),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
};

/**
 * Waits for the first chunk of a socket, pauses the socket, and calls `onFirst` with the chunk. Until then the socket is in
 * the set `silent`.
 */
const sniff = (
  socket: Socket,
  silent: Set<Socket>,
  { clock = systemTimers, deadline = 0, onSilent }: SharingOptions,
  onFirst: (chunk: Buffer) => void,
): void => {
  const destroy = (): void => void socket.destroy();
  const giveUp = (): void => {
    onSilent?.(socket);
    destroy();
  };
  const timer = deadline > 0 ? clock.setTimeout(giveUp, deadline) : undefined;
  const onData = (chunk: Buffer): void => {
    release();
    socket.pause();
    onFirst(chunk);
  };
  const release = (): void => {
    silent.delete(socket);
    clock.clearTimeout(timer);
    socket.off('data', onData).off('error', destroy).off('end', destroy).off('close', release);
  };
  silent.add(socket);
  socket.on('data', onData).on('error', destroy).on('end', destroy).on('close', release);
};

/**
 * Hands connections of `httpServer` that begin like RawSocket to `onRawSocket`, with the chunk that was read. All others go
 * to the listeners for connections that the server had before. The returned function ends that, and destroys connections that
 * have sent nothing yet.
 */
export const shareWithRawSocket = (
  httpServer: Server,
  onRawSocket: (socket: Socket, head: Buffer) => void,
  options: SharingOptions = {},
): (() => void) => {
  const event = httpServer instanceof TlsServer ? 'secureConnection' : 'connection';
  const listeners = httpServer.rawListeners(event) as ((socket: Socket) => void)[];
  const silent = new Set<Socket>();

  const handOver = (socket: Socket, chunk: Buffer): void => {
    // Resumed first, because the new owner may pause the socket.
    if (chunk[0] === magicOctet) {
      socket.resume();
      return onRawSocket(socket, chunk);
    }
    socket.unshift(chunk);
    socket.resume();
    for (const listener of listeners) listener.call(httpServer, socket);
  };
  const onConnection = (socket: Socket): void => {
    const deadline = options.deadline ?? httpServer.headersTimeout;
    sniff(socket, silent, { ...options, deadline }, (chunk) => handOver(socket, chunk));
  };
  httpServer.removeAllListeners(event);
  httpServer.on(event, onConnection);
  return () => {
    httpServer.off(event, onConnection);
    for (const listener of listeners) httpServer.on(event, listener);
    for (const socket of silent) socket.destroy();
  };
};
