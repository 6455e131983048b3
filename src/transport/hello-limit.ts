/**
 * Limits what a peer may send over a WebSocket before it has a session (in WAMP v1: before its first message). `ws` has only
 * a limit for messages, and buffers a message until it is complete; so octets are counted as they are read. Once the limit is
 * lifted nothing is counted.
 */

import type { Duplex } from 'node:stream';
import { discard } from './discard.ts';

/** A WebSocket whose peer has no session yet. */
export interface EarlySocket {
  /** Octets of all pings received so far. */
  readonly pingOctets: number;
  /** Ends the connection because of what the peer sent: `fault` is the close code, `reason` says what was wrong. */
  refuse(fault: number, reason: string): void;
}

/** The error text for a peer that sends more than `most` octets before it has a session. */
export const tooMuchTooEarly = (most: number): string =>
  `a peer may send at most ${most} octets before it has a session`;

/**
 * The longest header of a client's frame, in octets (RFC 6455, 5.2). It is allowed on top of the limit, so that a message of
 * exactly the limit is accepted whatever its header.
 */
const longestHeader = 14;
/** RFC 6455, 7.4.1: a message that is too big to process. */
const tooBig = 1009;

/**
 * Limits one WebSocket to `most` octets from `raw`, not counting pings, until `lift` is called. A peer that sends more is
 * refused, and what it sends from then on is dropped.
 */
export class HelloLimit {
  readonly #socket: EarlySocket;
  readonly #raw: Duplex;
  readonly #most: number;
  readonly #count: (chunk: Buffer) => void;
  /** Octets read, minus those announced by `expect`. */
  #read = 0;
  /** Octets of complete messages. */
  #octets = 0;
  #isOver = false;

  constructor(socket: EarlySocket, raw: Duplex, most: number) {
    this.#socket = socket;
    this.#raw = raw;
    this.#most = most;
    this.#count = (chunk) => this.#add(chunk.length);
    // This listener runs after that of `ws`: a message that is complete within the chunk has been handled by then, and may
    // have lifted the limit.
    raw.on('data', this.#count);
  }

  /**
   * Counts a complete message and returns whether it may be handled. A message that was compressed is larger than what was
   * read.
   */
  takes(octets: number): boolean {
    this.#octets += octets;
    if (this.#octets > this.#most) this.#refuse();
    return !this.#isOver;
  }

  /** Leaves `octets` out of the count, because they answer something that the router sent. */
  expect(octets: number): void {
    this.#read -= octets;
  }

  /** Ends the limit; nothing is counted any more. */
  lift(): void {
    this.#isOver = true;
    this.#raw.off('data', this.#count);
  }

  #add(octets: number): void {
    this.#read += octets;
    if (this.#read - this.#socket.pingOctets > this.#most + longestHeader) this.#refuse();
  }

  #refuse(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#socket.refuse(tooBig, tooMuchTooEarly(this.#most));
    discard(this.#raw);
  }
}
