/**
 * What comes in from one link, in its order. As a rule it is heard at once; while the router has read enough for this turn, or
 * something of this link waits already, it is kept, and nothing more is read from the link.
 */

import type { HeldChunk, Link, LinkListener } from '../transport/link.ts';
import type { Reader, ReadTurns } from './read-turns.ts';
import { lookEvery } from './read-turns.ts';

/** Who hears it. */
export interface IntakeOwner extends Omit<LinkListener, 'defers' | 'inOrder' | 'idle'> {
  /** Whether it hears no message any more. */
  readonly isOver: boolean;
}

/** Something that waits: a message, what its transport does in its place, or what it has to take apart; nothing where reading it was all. */
interface Kept {
  readonly octets: number;
  /** Octets behind it that say nothing: they take time, and no memory. */
  idle: number;
  readonly data?: Uint8Array;
  readonly isBinary?: boolean;
  readonly task?: () => void;
  readonly chunk?: HeldChunk;
}

/** Octets that a connection may say in a turn that is over before it has to wait, counted when they are read and when they are heard. */
const freeOctets = 4 * 1024;
/**
 * Octets that may wait. More can come of a link that is not read any more only where it was compressed, or larger than its
 * transport's buffers: then the oldest is heard at once.
 */
const mostKept = 4 * 1024 * 1024;

/** What the end of a link counts for: a session that leaves behind many calls and subscriptions costs as much as a long message. */
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
  /** The turn that was over when it last said something at once, and the octets of that. */
  #freeTurn = -1;
  #free = 0;
  /** Whether it stands in the line of the turns. */
  #isQueued = false;
  #isInTask = false;
  #isHeld = false;
  #isPaused = false;

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
    if (this.#admits(length)) return this.#owner.received(data, isBinary);
    if (this.#owner.isOver) return;
    // The link may use its buffer again.
    this.#keep({ octets: length, idle: 0, data: Buffer.from(data), isBinary });
  }

  inOrder(task: () => void, octets = 0): void {
    // What a task tells by itself is told in its place.
    if (this.#isInTask || this.#owner.isOver || this.#admits(octets)) return task();
    this.#keep({ octets, idle: 0, task });
  }

  idle(octets: number): void {
    if (this.#isInTask || this.#owner.isOver || this.#admits(octets)) return;
    const last = this.#kept.at(-1);
    if (last === undefined) return this.#keep({ octets: 0, idle: octets });
    last.idle += octets;
    // Where it is next, it makes others wait for that much longer.
    if (this.#kept.length === 1) this.due += octets;
  }

  unreadable(reason: string): void {
    this.inOrder(() => this.#owner.unreadable(reason), endOctets);
  }

  closed(): void {
    this.inOrder(() => this.#owner.closed(), endOctets);
  }

  drained(): void {
    this.#owner.drained();
  }

  flush(): void {
    this.#owner.flush();
  }

  finish(): void {
    this.#owner.finish();
  }

  unresponsive(): void {
    this.#owner.unresponsive();
  }

  /** Stops reading from the link for a reason of its owner, until it is told false. */
  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    this.#settle();
  }

  step(): void {
    this.#isQueued = false;
    let octets = 0;
    try {
      while (this.#kept.length > 0 && octets < lookEvery) octets += this.#hearFirst();
    } finally {
      this.#queueUp();
      this.#settle();
    }
  }

  /** Whether so many octets may be heard at once. */
  #admits(octets: number): boolean {
    if (this.#kept.length > 0) return false;
    return octets === 0 || this.#turns.admits(octets) || this.#isFree(octets);
  }

  /** Who says little is heard although the turn is over. */
  #isFree(octets: number): boolean {
    const { number } = this.#turns;
    if (this.#freeTurn !== number) this.#free = 0;
    this.#freeTurn = number;
    this.#free += octets;
    return this.#free <= freeOctets && this.#turns.spares(octets);
  }

  #keep(kept: Kept): void {
    while (this.#kept.length > 0 && this.#keptOctets + kept.octets > mostKept) this.#hearFirst();
    if (this.#kept === nothing) this.#kept = [];
    this.#kept.push(kept);
    this.#keptOctets += kept.octets;
    this.#queueUp();
    this.#settle();
  }

  /** Returns the octets of what was heard. */
  #hearFirst(): number {
    const { octets, idle, data, isBinary = false, task, chunk } = this.#kept.shift() as Kept;
    if (this.#kept.length === 0) this.#kept = nothing;
    this.#keptOctets -= octets;
    if (data) this.#owner.received(data, isBinary);
    else if (task) this.#do(task);
    else if (chunk) this.#takeApart(chunk);
    return octets + idle;
  }

  /** What comes of a chunk is in its place, ahead of what waits behind it. */
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

  // A link that its owner is leaving must hear its peer's last.
  #settle(): void {
    const isPaused = (this.#isHeld || this.#kept.length > 0) && !this.#owner.isOver;
    if (isPaused === this.#isPaused) return;
    this.#isPaused = isPaused;
    if (isPaused) this.#link.pause();
    else this.#link.resume();
  }
}
