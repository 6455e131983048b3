/**
 * One RawSocket as a link. RawSocket has no close frame: to close, a link writes all frames that wait, ends its side of the
 * socket, and ignores what the peer still sends. What the link writes itself (ping, pong) goes behind frames that wait, so
 * that no frame overtakes another.
 */

import type { Duplex } from 'node:stream';
import type { Timers } from '../../base/clock.ts';
import { ChunkGate } from '../chunk-gate.ts';
import { discard } from '../discard.ts';
import type { Pulse } from '../heartbeat.ts';
import { ignoringListener, type Join, type Link, type LinkListener } from '../link.ts';
import type { FrameReader, FrameType } from './frame.ts';
import { createFrameReader, createRawSocketFraming, encodeFrame, frameHeaderLength, frameType } from './frame.ts';

/** Options of a link. */
export interface RawSocketLinkOptions {
  /** Whether the messages of the peer are binary. */
  readonly isBinary: boolean;
  /** The largest payload that the peer accepts, in octets. */
  readonly maxFrame: number;
  /** The largest payload that is accepted from the peer, in octets. */
  readonly maxLength: number;
  /** Octets that a peer may send before it has a session. */
  readonly maxHelloSize: number;
  /** ms that a peer may take to close its side before the socket is destroyed. */
  readonly closeTimeout: number;
  readonly clock: Timers;
}

const ignore = (): void => {};

// One framing for all links, because encoded events are cached by framing.
const framing = createRawSocketFraming();
const pingFrame = encodeFrame(frameType.ping, new Uint8Array());
/** Octets of pongs that may wait for a peer that does not read. With more, nothing is read from the peer either. */
const pongMark = 64 * 1024;

/** A link over a socket whose handshake is complete. `attach` gives it its listener. */
export class RawSocketLink implements Link, Pulse {
  readonly framing = framing;
  readonly maxFrame: number;
  readonly #raw: Duplex;
  readonly #options: RawSocketLinkOptions;
  readonly #reader: FrameReader;
  readonly #gate: ChunkGate;
  #listener = ignoringListener;
  #pongs: Uint8Array[] = [];
  /** Octets of the pongs that will be written in this turn. */
  #pongOctets = 0;
  /** Octets of pongs that were written since the socket was last empty. */
  #pongsWaiting = 0;
  #isPaused = false;
  /** Whether reading is paused because pongs wait. */
  #isChoked = false;
  #isClosing = false;
  /** Octets read, not counting pings. */
  #octetsRead = 0;
  #closeTimer: unknown;

  constructor(raw: Duplex, options: RawSocketLinkOptions) {
    this.maxFrame = options.maxFrame + frameHeaderLength;
    this.#raw = raw;
    this.#options = options;
    this.#gate = new ChunkGate((chunk) => {
      if (!this.#isClosing) this.#reader.push(chunk);
    });
    this.#reader = createFrameReader({
      maxLength: options.maxLength,
      maxHelloSize: options.maxHelloSize,
      onFrame: (type, payload) => this.#take(type, payload),
      onError: (reason) => this.#fail(reason),
    });
  }

  /** Whether the router has paused reading. */
  isPaused(): boolean {
    return this.#isPaused;
  }

  lost(): void {
    this.#listener.unresponsive();
  }

  octetsRead(): number {
    return this.#octetsRead;
  }

  /** Sends everything that happens on the socket to `listener`. */
  attach(listener: LinkListener): void {
    const raw = this.#raw;
    this.#listener = listener;
    raw.on('data', (chunk: Buffer) => this.accept(chunk));
    raw.on('drain', () => this.#drained());
    raw.on('end', () => listener.inOrder(() => this.close()));
    // `close` follows every error. An error without a listener would end the process.
    raw.on('error', ignore);
    raw.on('close', () => {
      this.#options.clock.clearTimeout(this.#closeTimer);
      listener.closed();
    });
  }

  /** Takes a chunk of what the peer sent. */
  accept(chunk: Buffer): void {
    this.#octetsRead += chunk.length;
    this.#gate.receive(this.#listener, chunk);
  }

  write(frames: readonly Uint8Array[], bytes: number, join: Join): boolean {
    return !this.#raw.writable || this.#writeOctets(join(frames, bytes));
  }

  #writeOctets(octets: Uint8Array): boolean {
    const isTaken = this.#raw.write(octets);
    // If the kernel took the whole batch there is nothing to wait for, whatever the stream's high-water mark says.
    return isTaken || this.#raw.writableLength === 0;
  }

  liftHelloLimit(): void {
    this.#reader.liftHelloLimit();
  }

  /** Sends a PING. */
  ping(): void {
    if (!this.#raw.writable) return;
    this.#listener.flush();
    this.#raw.write(pingFrame);
  }

  close(): void {
    if (!this.#isListening()) return;
    this.#isClosing = true;
    this.#listener.finish();
    this.#sendPongs();
    this.#raw.end();
    // A paused socket would not see that the peer ends its side as well.
    discard(this.#raw);
    const { clock, closeTimeout } = this.#options;
    this.#closeTimer = clock.setTimeout(() => this.#raw.destroy(), closeTimeout);
  }

  terminate(): void {
    this.#raw.destroy();
  }

  pause(): void {
    this.#isPaused = true;
    if (!this.#isClosing) this.#raw.pause();
  }

  resume(): void {
    this.#isPaused = false;
    if (!this.#isChoked) this.#raw.resume();
  }

  #isListening(): boolean {
    return !this.#isClosing && !this.#raw.destroyed;
  }

  #take(type: FrameType, payload: Buffer): void {
    // This is the rest of a chunk whose first frames ended the link.
    if (this.#isClosing) return;
    if (type === frameType.message) return this.#listener.received(payload, this.#options.isBinary);
    const octets = frameHeaderLength + payload.length;
    if (type === frameType.pong) return this.#listener.idle(octets);
    this.#octetsRead -= octets;
    this.#listener.inOrder(() => this.#answer(payload), octets);
  }

  // spec: each PING has exactly one PONG. Those of one turn are written together, unless they are large.
  #answer(payload: Buffer): void {
    if (payload.length > this.#options.maxFrame) return this.#fail('a PING is longer than its sender accepts');
    const pong = encodeFrame(frameType.pong, payload);
    this.#pongOctets += pong.length;
    if (this.#pongs.push(pong) === 1) setImmediate(() => this.#sendPongs());
    if (this.#pongOctets > pongMark) this.#sendPongs();
  }

  #sendPongs(): void {
    const pongs = this.#pongs;
    this.#pongs = [];
    this.#pongOctets = 0;
    if (pongs.length === 0 || !this.#raw.writable) return;
    this.#listener.flush();
    const batch = Buffer.concat(pongs);
    if (this.#writeOctets(batch)) return;
    this.#pongsWaiting += batch.length;
    if (this.#pongsWaiting <= pongMark || this.#isClosing) return;
    this.#isChoked = true;
    this.#raw.pause();
  }

  #drained(): void {
    this.#pongsWaiting = 0;
    if (this.#isChoked) {
      this.#isChoked = false;
      if (!this.#isPaused) this.#raw.resume();
    }
    this.#listener.drained();
  }

  // The listener is called first, because it may still send the reason.
  #fail(reason: string): void {
    this.#listener.inOrder(() => {
      if (!this.#isListening()) return;
      this.#listener.unreadable(reason);
      this.close();
    });
  }
}
