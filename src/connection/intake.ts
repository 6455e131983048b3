/**
 * Receives what arrives on one link, and keeps its order. As a rule everything is handled at once. While the router has read
 * enough in this turn of the event loop, or something of this link waits already, it is queued, and the link is paused.
 */

import type { HeldChunk, Link, LinkListener } from '../transport/link.ts';
import type { Reader, ReadTurns } from './read-turns.ts';
import { lookEvery } from './read-turns.ts';

/** The connection that handles what arrives. */
export interface IntakeOwner extends Pick<LinkListener, 'received' | 'unreadable' | 'unresponsive' | 'closed'> {
  /** Whether it ignores all further messages. */
  readonly isOver: boolean;
  /** The frames that wait to be written to the link. */
  readonly delivery: { readonly outbox: Pick<LinkListener, 'drained' | 'flush' | 'finish'> };
}

/**
 * An entry of the queue: a message, a task of the transport, or a chunk to be parsed. It is none of these if its octets only
 * had to be read.
 */
interface Kept {
  readonly octets: number;
  /** Octets behind it that carry no message: reading them takes time, but they take no memory. */
  idle: number;
  readonly data?: Uint8Array;
  readonly isBinary?: boolean;
  readonly task?: () => void;
  readonly chunk?: HeldChunk;
}

/**
 * Octets that a connection may send in a turn that is over before it has to wait. Octets count when they are read, and again
 * when they are handled.
 */
const freeOctets = 4 * 1024;
/**
 * Octets that may be queued. More can arrive on a paused link only if the data was compressed, or is larger than the buffers
 * of the transport. Then the oldest entry is handled at once.
 */
const mostKept = 4 * 1024 * 1024;

/**
 * How many octets the end of a link counts as: to end a session with many calls and subscriptions costs as much as a long
 * message.
 */
const endOctets = 4 * 1024;

const nothing: Kept[] = [];

/** The intake of one connection. */
export class Intake implements LinkListener, Reader {
  due = 0;
  readonly #owner: IntakeOwner;
  readonly #link: Link;
  readonly #turns: ReadTurns;
  #kept = nothing;
  #keptOctets = 0;
  /** The turn in which it last used the octets that are free in a turn that is over, and how many it used. */
  #freeTurn = -1;
  #free = 0;
  /** Whether it waits in `#turns`. */
  #isQueued = false;
  #isInTask = false;
  #isHeld = false;
  #isPaused = false;
  /** How many messages have arrived, and how many octets. */
  messages = 0;
  octets = 0;

  constructor(owner: IntakeOwner, link: Link, turns: ReadTurns) {
    this.#owner = owner;
    this.#link = link;
    this.#turns = turns;
  }

  defers(octets: number, chunk: HeldChunk): boolean {
    if (this.#owner.isOver) return false;
    if (this.#kept.length === 0 && (!this.#turns.isOver || this.#isFree(octets))) return false;
    this.#keep({ octets, idle: 0, chunk });
    return true;
  }

  received(data: Uint8Array, isBinary: boolean): void {
    const { length } = data;
    this.messages += 1;
    this.octets += length;
    if (this.#admits(length)) return this.#owner.received(data, isBinary);
    if (this.#owner.isOver) return;
    // A copy, because the link may reuse its buffer.
    this.#keep({ octets: length, idle: 0, data: Buffer.from(data), isBinary });
  }

  inOrder(task: () => void, octets = 0): void {
    // What a task itself reports is handled within the task.
    if (this.#isInTask || this.#owner.isOver || this.#admits(octets)) return task();
    this.#keep({ octets, idle: 0, task });
  }

  idle(octets: number): void {
    if (this.#isInTask || this.#owner.isOver || this.#admits(octets)) return;
    const last = this.#kept.at(-1);
    if (last === undefined) return this.#keep({ octets: 0, idle: octets });
    last.idle += octets;
    // If this entry is the next, its place among the connections that wait moves back by as much.
    if (this.#kept.length === 1) this.due += octets;
  }

  unreadable(reason: string): void {
    this.inOrder(() => this.#owner.unreadable(reason), endOctets);
  }

  closed(): void {
    this.inOrder(() => this.#owner.closed(), endOctets);
  }

  drained(): void {
    this.#owner.delivery.outbox.drained();
  }

  flush(): void {
    this.#owner.delivery.outbox.flush();
  }

  finish(): void {
    this.#owner.delivery.outbox.finish();
  }

  unresponsive(): void {
    this.#owner.unresponsive();
  }

  /** Pauses the link on behalf of its owner, until called with false. */
  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    this.#settle();
  }

  step(): void {
    this.#isQueued = false;
    let octets = 0;
    try {
      while (this.#kept.length > 0 && octets < lookEvery) octets += this.#handleFirst();
    } finally {
      this.#queueUp();
      this.#settle();
    }
  }

  /** Whether `octets` octets may be handled at once. */
  #admits(octets: number): boolean {
    if (this.#kept.length > 0) return false;
    return octets === 0 || this.#turns.admits(octets) || this.#isFree(octets);
  }

  /** Whether `octets` octets may be handled although the turn is over, because the connection sends little. */
  #isFree(octets: number): boolean {
    const { number } = this.#turns;
    if (this.#freeTurn !== number) this.#free = 0;
    this.#freeTurn = number;
    this.#free += octets;
    return this.#free <= freeOctets && this.#turns.admitsSmall(octets);
  }

  #keep(kept: Kept): void {
    while (this.#kept.length > 0 && this.#keptOctets + kept.octets > mostKept) this.#handleFirst();
    if (this.#kept === nothing) this.#kept = [];
    this.#kept.push(kept);
    this.#keptOctets += kept.octets;
    this.#queueUp();
    this.#settle();
  }

  /** Handles the first entry of the queue and returns its octets. */
  #handleFirst(): number {
    const { octets, idle, data, isBinary = false, task, chunk } = this.#kept.shift() as Kept;
    if (this.#kept.length === 0) this.#kept = nothing;
    this.#keptOctets -= octets;
    if (data) this.#owner.received(data, isBinary);
    else if (task) this.#do(task);
    else if (chunk) this.#takeApart(chunk);
    return octets + idle;
  }

  /** Parses a chunk. Messages of it that have to wait come before what was queued behind the chunk. */
  #takeApart(chunk: HeldChunk): void {
    const behind = this.#kept;
    this.#kept = nothing;
    try {
      chunk.release();
    } finally {
      if (behind.length > 0) this.#kept = [...this.#kept, ...behind];
    }
  }

  #do(task: () => void): void {
    this.#isInTask = true;
    try {
      task();
    } finally {
      this.#isInTask = false;
    }
  }

  #queueUp(): void {
    const [next] = this.#kept;
    if (!next || this.#isQueued) return;
    this.#isQueued = true;
    this.#turns.wait(this, next.octets + next.idle);
  }

  // While its owner closes it, a link is read, so that what the peer sends last arrives.
  #settle(): void {
    const isPaused = (this.#isHeld || this.#kept.length > 0) && !this.#owner.isOver;
    if (isPaused === this.#isPaused) return;
    this.#isPaused = isPaused;
    if (isPaused) this.#link.pause();
    else this.#link.resume();
  }
}
