/**
 * One WebSocket as a link. Without compression the router frames messages itself and writes to the socket of the upgrade,
 * once per turn of the event loop. With compression messages go through `ws`. Before `ws` writes a frame of its own (ping,
 * pong, close), frames that wait are written, so that no frame overtakes another.
 */

import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import { ChunkGate } from '../chunk-gate.ts';
import { discard } from '../discard.ts';
import type { Pulse } from '../heartbeat.ts';
import { HelloLimit } from '../hello-limit.ts';
import { type Framing, ignoringListener, type Join, type Link, type LinkListener } from '../link.ts';
import { clientHeaderLength, faultOf, payloadFraming, websocketFraming } from './frame.ts';

const ignore = (): void => {};

/** Holds the reason of a close frame: at most 123 octets (RFC 6455, 5.5). */
const closeRoom = new Uint8Array(123);
const encoder = new TextEncoder();

/** The beginning of a reason that fits into a close frame. No character is cut in two. */
const fitting = (reason: string): string => reason.slice(0, encoder.encodeInto(reason, closeRoom).read);

/** How many pings of one turn are answered one by one. */
const mostAnswered = 16;

/** A WebSocket that has its listener write what waits before it writes a frame of its own. */
export class RouterSocket extends WebSocket {
  listener: LinkListener = ignoringListener;
  /** The socket beneath it. */
  raw: (Duplex & Partial<Pick<Socket, 'destroySoon'>>) | undefined;
  /** Octets of all pings received so far. */
  pingOctets = 0;
  /** Limits what the peer may send before it has a session. */
  helloLimit: HelloLimit | undefined;
  /** Pings received in this turn. */
  #pings = 0;
  /** The payload of the last ping, while it is still to be answered. */
  #lastPing: Buffer | undefined;
  #awaitsDrain = false;
  /** Called when it is closed. */
  onGone: () => void = ignore;
  /** The close code for a peer that has sent something that is refused. */
  #fault: number | undefined;

  /**
   * Called by `ws` for each event. Events go to the listener of the link and no further: listeners registered on each socket
   * would take memory. An error needs no handling, because `close` follows it.
   */
  override emit(event: string | symbol, data?: unknown, isBinary?: unknown): boolean {
    if (event === 'message') this.#onMessage(data as Buffer, isBinary === true);
    else if (event === 'ping') this.#onPing(data as Buffer);
    else if (event === 'pong') this.listener.idle(clientHeaderLength + (data as Buffer).length);
    else if (event === 'close') {
      this.onGone();
      this.listener.closed();
    }
    return true;
  }

  #onMessage(data: Buffer, isBinary: boolean): void {
    const { helloLimit } = this;
    if (helloLimit === undefined || helloLimit.takes(data.length)) this.listener.received(data, isBinary);
  }

  #onPing(data: Buffer): void {
    const octets = clientHeaderLength + data.length;
    this.pingOctets += octets;
    this.listener.inOrder(() => this.#answer(data), octets);
  }

  override ping(...args: Parameters<WebSocket['ping']>): void {
    this.listener.flush();
    super.ping(...args);
  }

  override pong(...args: Parameters<WebSocket['pong']>): void {
    this.listener.flush();
    super.pong(...args);
  }

  /** Closes the WebSocket on behalf of the router. If the peer has sent something that is refused, that has a close code of its own. */
  leave(code: number, reason: string): void {
    if (this.readyState === WebSocket.OPEN) this.listener.finish();
    super.close(this.#fault ?? code, fitting(reason));
  }

  /**
   * Called by `ws`: after the peer's close frame, or with only a code when it could not read what the peer sent. In the
   * second case the listener is called while it can still write, and closes the link. After a close frame nothing more
   * arrives, so the socket is closed as soon as everything is written: RFC 6455, 7.1.1, wants the server to close it first.
   */
  override close(code?: number, data?: string | Buffer): void {
    this.listener.inOrder(() => this.#end(code, data));
  }

  #end(code: number | undefined, data: string | Buffer | undefined): void {
    const isFault = code !== undefined && data === undefined;
    if (this.readyState === WebSocket.OPEN) {
      if (isFault) this.refuse(code, faultOf(code));
      else this.listener.finish();
    }
    super.close(code, data);
    if (isFault && this.raw) discard(this.raw);
    // With compression `ws` may still have frames to write.
    if (!isFault && this.extensions === '') this.raw?.destroySoon?.();
  }

  /**
   * Answers a ping. Of several pings only the last must be answered (RFC 6455, 5.5.3). That is all that is done after the
   * first few of a turn, and for a peer that does not read, or its pongs would pile up.
   */
  #answer(ping: Buffer): void {
    if (this.#pings === 0) setImmediate(endTurn, this);
    this.#pings += 1;
    if (this.#pings <= mostAnswered && !this.raw?.writableNeedDrain) this.pong(ping);
    else this.#lastPing = ping;
  }

  /** Answers the last ping as soon as the peer reads. */
  answerLast(): void {
    this.#pings = 0;
    const ping = this.#lastPing;
    if (ping === undefined || this.readyState !== WebSocket.OPEN) return;
    if (!this.raw?.writableNeedDrain) {
      this.#lastPing = undefined;
      this.pong(ping);
    } else if (!this.#awaitsDrain) {
      this.#awaitsDrain = true;
      this.raw.once('drain', () => {
        this.#awaitsDrain = false;
        this.answerLast();
      });
    }
  }

  /** Tells the listener what the peer did wrong. The WebSocket is then closed with the code `fault`. */
  refuse(fault: number, reason: string): void {
    this.#fault = fault;
    this.listener.unreadable(reason);
  }
}

const bufferMark = 64 * 1024;

/** An open WebSocket and the socket beneath it as a link; `isBinary` says whether its messages are binary. */
export class WebSocketLink implements Link, Pulse {
  readonly #raw: Duplex;
  readonly #isCompressed: boolean;
  readonly framing: Framing;
  readonly #socket: RouterSocket;
  readonly #isBinary: boolean;
  readonly #maxHelloSize: number;
  #awaitsDrain = false;
  /** Octets read, if the socket does not count them itself. */
  #counted = 0;

  /** The peer may send `maxHelloSize` octets before `liftHelloLimit` is called. */
  constructor(socket: RouterSocket, raw: Duplex, isBinary: boolean, maxHelloSize: number) {
    this.#socket = socket;
    this.#raw = raw;
    this.#isBinary = isBinary;
    this.#maxHelloSize = maxHelloSize;
    this.#isCompressed = socket.extensions !== '';
    this.framing = this.#isCompressed ? payloadFraming : websocketFraming;
  }

  write(frames: readonly Uint8Array[], bytes: number, join: Join): boolean {
    const raw = this.#raw;
    if (!raw.writable) return true;
    if (this.#isCompressed) return this.#sendThrough(frames);
    // If the kernel took the whole batch there is nothing to wait for, whatever the stream's high-water mark says.
    if (raw.write(join(frames, bytes)) || raw.writableLength === 0) return true;
    if (!this.#awaitsDrain) {
      this.#awaitsDrain = true;
      raw.once('drain', () => {
        this.#awaitsDrain = false;
        this.#socket.listener.drained();
      });
    }
    return false;
  }

  // With compression `ws` frames and writes.
  #sendThrough(frames: readonly Uint8Array[]): boolean {
    const socket = this.#socket;
    if (socket.readyState !== WebSocket.OPEN) return true;
    frames.forEach((frame, at) => {
      const isLast = at === frames.length - 1;
      const options = { binary: this.#isBinary, compress: true };
      socket.send(frame, options, isLast ? () => socket.listener.drained() : undefined);
    });
    return socket.bufferedAmount < bufferMark;
  }

  close(code: number, reason: string): void {
    // A paused socket would not see the peer's close frame.
    if (this.#socket.isPaused) this.#socket.resume();
    this.#socket.leave(code, reason);
  }

  terminate(): void {
    this.#socket.terminate();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  isPaused(): boolean {
    return this.#socket.isPaused;
  }

  ping(): void {
    // The pong will have no payload, as the ping has none.
    this.#socket.helloLimit?.expect(clientHeaderLength);
    this.#socket.ping();
  }

  liftHelloLimit(): void {
    this.#socket.helloLimit?.lift();
    this.#socket.helloLimit = undefined;
  }

  lost(): void {
    this.#socket.listener.unresponsive();
  }

  octetsRead(): number {
    return ((this.#raw as Partial<Socket>).bytesRead ?? this.#counted) - this.#socket.pingOctets;
  }

  /**
   * Sends everything that happens on the socket to `listener`, which also decides when the other listeners of the socket,
   * such as that of `ws`, are given its data and its end.
   */
  attach(listener: LinkListener): void {
    const [socket, raw] = [this.#socket, this.#raw];
    socket.listener = listener;
    socket.raw = raw;
    socket.helloLimit = new HelloLimit(socket, raw, this.#maxHelloSize);
    const emit = raw.emit;
    const gate = new ChunkGate((chunk) => emit.call(raw, 'data', chunk));
    // `emit` is replaced because a listener would run after that of `ws`, and would take memory for each socket.
    raw.emit = (event, first?: unknown, second?: unknown): boolean => {
      if (event === 'data') gate.receive(listener, first as Buffer);
      else if (event === 'end' || event === 'close') listener.inOrder(() => emit.call(raw, event, first));
      else return emit.call(raw, event, first, second);
      return true;
    };
    if (!('bytesRead' in raw)) {
      raw.on('data', (chunk: Buffer) => {
        this.#counted += chunk.length;
      });
    }
  }
}

const endTurn = (socket: RouterSocket): void => socket.answerLast();
