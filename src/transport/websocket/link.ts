/**
 * One WebSocket as a link. Without compression the frames are ours and go to the socket that the upgrade handed over, one
 * write per turn; with it they go through `ws`. Whenever `ws` writes by itself (ping, pong, close), what waits here goes
 * first, so that no frame overtakes another.
 */

import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import { ChunkGate } from '../chunk-gate.ts';
import { discard } from '../discard.ts';
import type { Pulse } from '../heartbeat.ts';
import { HelloLimit } from '../hello-limit.ts';
import { deafListener, type Framing, type Join, type Link, type LinkListener } from '../link.ts';
import { clientHeaderLength, faultOf, payloadFraming, websocketFraming } from './frame.ts';

const ignore = (): void => {};

/** Octets of the reason in a close frame (RFC 6455, 5.5). */
const closeRoom = new Uint8Array(123);
const encoder = new TextEncoder();

/** As much of a reason as a close frame holds: no character is cut in two. */
const fitting = (reason: string): string => reason.slice(0, encoder.encodeInto(reason, closeRoom).read);

/** Pings of one turn that are answered each. */
const mostAnswered = 16;

/** A WebSocket that lets its listener speak before it writes something of its own. */
export class RouterSocket extends WebSocket {
  listener: LinkListener = deafListener;
  /** What it writes to. */
  raw: (Duplex & Partial<Pick<Socket, 'destroySoon'>>) | undefined;
  /** Octets of the pings that have come. */
  pingOctets = 0;
  /** What bounds a peer that is nobody yet. */
  helloLimit: HelloLimit | undefined;
  /** Pings that have come in this turn. */
  #pings = 0;
  /** The ping that is still to be answered: the last. */
  #lastPing: Buffer | undefined;
  #awaitsDrain = false;
  /** Called when it is closed. */
  onGone: () => void = ignore;
  /** The close code for what the peer sent and `ws` could not read. */
  #fault: number | undefined;

  /**
   * Called by `ws`. What it tells of goes to the listener of the link, and to nobody else: listeners of its own would take memory of
   * each socket. An error is followed by `close`.
   */
  override emit(event: string | symbol, data?: unknown, isBinary?: unknown): boolean {
    if (event === 'message') this.#hearMessage(data as Buffer, isBinary === true);
    else if (event === 'ping') this.#hearPing(data as Buffer);
    else if (event === 'pong') this.listener.idle(clientHeaderLength + (data as Buffer).length);
    else if (event === 'close') {
      this.onGone();
      this.listener.closed();
    }
    return true;
  }

  #hearMessage(data: Buffer, isBinary: boolean): void {
    const { helloLimit } = this;
    if (helloLimit === undefined || helloLimit.takes(data.length)) this.listener.received(data, isBinary);
  }

  #hearPing(data: Buffer): void {
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

  /** The router closes it. What the peer did to be closed has a code of its own. */
  leave(code: number, reason: string): void {
    if (this.readyState === WebSocket.OPEN) this.listener.finish();
    super.close(this.#fault ?? code, fitting(reason));
  }

  /**
   * Called by `ws`: because of the peer's close frame, or with a code alone because of what it could not read. Of the latter the
   * listener is told while it may still speak, and leaves. After a close frame nothing comes any more, so the wire is given up
   * as soon as everything is written: RFC 6455, 7.1.1, wants the server to be the first.
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
    // What is compressed `ws` may still have to write.
    if (!isFault && this.extensions === '') this.raw?.destroySoon?.();
  }

  /**
   * Answers a ping. Of many only the last has to be answered (RFC 6455, 5.5.3): so it is done behind the first few of a turn,
   * and for a peer that does not read what is written to it, or its pongs would pile up.
   */
  #answer(ping: Buffer): void {
    if (this.#pings === 0) setImmediate(endTurn, this);
    this.#pings += 1;
    if (this.#pings <= mostAnswered && !this.raw?.writableNeedDrain) this.pong(ping);
    else this.#lastPing = ping;
  }

  /** Answers the last ping, as soon as the peer reads. */
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

  /** Tells the listener what the peer did, for the reason `reason`; it is closed with the code `fault`. */
  refuse(fault: number, reason: string): void {
    this.#fault = fault;
    this.listener.unreadable(reason);
  }
}

const bufferMark = 64 * 1024;

/** An open WebSocket and the socket beneath it as a link; `isBinary` says of what kind its messages are. */
export class WebSocketLink implements Link, Pulse {
  readonly #raw: Duplex;
  readonly #isCompressed: boolean;
  readonly framing: Framing;
  readonly #socket: RouterSocket;
  readonly #isBinary: boolean;
  readonly #maxHelloSize: number;
  #awaitsDrain = false;
  /** Octets read, where the socket does not count them itself. */
  #counted = 0;

  /** `maxHelloSize` octets may come before `liftHelloLimit` is called. */
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
    // A large batch that the kernel took whole is no reason to wait, whatever the stream's own mark says.
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

  // Compressed: `ws` frames and writes.
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
    // Its pong has no payload either.
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

  heard(): number {
    return ((this.#raw as Partial<Socket>).bytesRead ?? this.#counted) - this.#socket.pingOctets;
  }

  /** Sends everything that happens on the socket to `listener`. Whoever listens to the socket hears what it brings, and its end, when that says so. */
  attach(listener: LinkListener): void {
    const [socket, raw] = [this.#socket, this.#raw];
    socket.listener = listener;
    socket.raw = raw;
    socket.helloLimit = new HelloLimit(socket, raw, this.#maxHelloSize);
    const emit = raw.emit;
    const gate = new ChunkGate((chunk) => emit.call(raw, 'data', chunk));
    // Listeners of its own would come behind that of `ws`, and take memory of each socket.
    raw.emit = (event, first?: unknown, second?: unknown): boolean => {
      if (event === 'data') gate.hear(listener, first as Buffer);
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
