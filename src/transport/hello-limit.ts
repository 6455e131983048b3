/**
 * Bounds what a WebSocket may send before its peer is somebody. `ws` has one bound, for messages, and holds what has come of one
 * until it is whole; so octets are counted where they are read. Once the limit is lifted nobody counts.
 */

import type { Duplex } from 'node:stream';
import { discard } from './discard.ts';

/** A WebSocket before its peer is somebody. */
export interface EarlySocket {
  /** Octets of the pings that have come. */
  readonly pingOctets: number;
  /** The peer did what is closed with the code `fault`, for the reason `reason`. */
  refuse(fault: number, reason: string): void;
}

/** What a peer is told that sends more than `most` octets too early. */
export const tooMuchTooEarly = (most: number): string =>
  `before it has a session a peer may send ${most} octets and no more`;

/** Octets before the payload of a frame of a client, at most (RFC 6455, 5.2): a message of just the limit is taken, however it comes. */
const longestHeader = 14;
/** RFC 6455, 7.4.1: a message that is too big to process. */
const tooBig = 1009;

/** The limit of one socket, from now until it is lifted: `most` octets from `raw`, pings left out. Of what is more nothing is heard. */
export class HelloLimit {
  readonly #socket: EarlySocket;
  readonly #raw: Duplex;
  readonly #most: number;
  readonly #count: (chunk: Buffer) => void;
  /** Octets that have come, less those that were expected. */
  #read = 0;
  /** Octets of whole messages. */
  #heard = 0;
  #isOver = false;

  constructor(socket: EarlySocket, raw: Duplex, most: number) {
    this.#socket = socket;
    this.#raw = raw;
    this.#most = most;
    this.#count = (chunk) => this.#add(chunk.length);
    // Behind the listener of `ws`: a message that is whole in a chunk has been heard by then, and may have lifted the limit.
    raw.on('data', this.#count);
  }

  /** Whether a message of `octets` may be heard. What was compressed is larger than what was read. */
  takes(octets: number): boolean {
    this.#heard += octets;
    if (this.#heard > this.#most) this.#refuse();
    return !this.#isOver;
  }

  /** Leaves out octets that the router has asked for. */
  expect(octets: number): void {
    this.#read -= octets;
  }

  /** Nobody counts any more. */
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
