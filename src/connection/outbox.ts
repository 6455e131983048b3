/**
 * The frames that wait to be written to one link: replies and events in one order, limited in octets, written once per turn
 * of the event loop. While the link is full its frames wait here, where the limit holds.
 */

import type { Link } from '../transport/link.ts';
import type { FlushQueue } from './flush-queue.ts';

/** What happens to events when the limit is reached. Replies are never dropped: the connection is closed instead. */
export type OutboxPolicy = 'close' | 'drop-oldest' | 'drop-newest';

/** What all outboxes have in common. */
export interface OutboxSettings {
  /** Octets that may wait, including those that the link has accepted and not written yet. */
  readonly limit: number;
  readonly policy: OutboxPolicy;
  readonly queue: FlushQueue;
}

/** The connection that an outbox belongs to. */
export interface OutboxOwner {
  /** `events` events were dropped. */
  dropped(events: number): void;
  /** The limit is reached and nothing may be dropped. */
  overflowed(): void;
}

/** Octets that are handed to a link at once, at most. */
const largestBatch = 1024 * 1024;

const noFrames: Uint8Array[] = [];
const noFlags: boolean[] = [];

/** The outbox of one connection. An idle one holds nothing. */
export class Outbox {
  // The fields that every frame needs come first.
  readonly #settings: OutboxSettings;
  #frames: Uint8Array[] = noFrames;
  #waiting = 0;
  #handedOver = 0;
  #isQueued = false;
  #isBlocked = false;
  #isClosed = false;
  readonly #link: Link;
  readonly #owner: OutboxOwner;
  /** For each frame whether it may be dropped. Empty under the policy `close`, which does not need it. */
  #droppable: boolean[] = noFlags;
  /** How many frames have been handed to the link, and how many octets. */
  frames = 0;
  octets = 0;
  #mostPending = 0;

  constructor(link: Link, settings: OutboxSettings, owner: OutboxOwner) {
    this.#link = link;
    this.#settings = settings;
    this.#owner = owner;
  }

  /** Octets that wait, here or in the link. */
  get pending(): number {
    return this.#waiting + this.#handedOver;
  }

  /** The most octets that have waited so far. */
  get mostPending(): number {
    return Math.max(this.#mostPending, this.pending);
  }

  /** Adds an event. One that is too large, see `isTooLarge`, is dropped under every policy. */
  event(frame: Uint8Array): void {
    if (!this.#hasRoomFor(frame)) {
      const { limit, policy } = this.#settings;
      if (policy === 'drop-newest' || this.isTooLarge(frame)) return this.#owner.dropped(1);
      if (policy === 'close') return this.#overflow();
      this.#makeRoomFor(frame);
      if (this.pending + frame.length > limit) return this.#owner.dropped(1);
    }
    this.#push(frame, true);
  }

  /**
   * Adds a reply. If it does not fit, the connection is closed. Call `isTooLarge` first where another answer can be sent
   * instead.
   */
  reply(frame: Uint8Array): void {
    if (!this.#hasRoomFor(frame)) {
      const { limit, policy } = this.#settings;
      if (policy !== 'close') this.#makeRoomFor(frame);
      if (this.pending + frame.length > limit) return this.#overflow();
    }
    this.#push(frame, false);
  }

  /**
   * Whether a frame does not fit because of its own size: it exceeds the limit alone, or it would close a connection for
   * which less than half the limit waits. Then the message is to blame. If more than half waits, the peer is, because it does
   * not read.
   */
  isTooLarge(frame: Uint8Array): boolean {
    const { limit, policy } = this.#settings;
    const half = limit >> 1;
    if (frame.length <= half || this.#hasRoomFor(frame)) return false;
    return frame.length > limit || (policy === 'close' && this.pending < half);
  }

  // Much may be added within one turn. What a link that is not full can take does not count against the limit.
  #hasRoomFor(frame: Uint8Array): boolean {
    const { limit } = this.#settings;
    if (this.pending + frame.length <= limit) return true;
    if (!this.#isBlocked) this.flush();
    return this.pending + frame.length <= limit;
  }

  #push(frame: Uint8Array, droppable: boolean): void {
    if (this.#isClosed) return;
    if (this.#waiting === 0) {
      this.#frames = [frame];
      if (this.#settings.policy !== 'close') this.#droppable = [droppable];
    } else {
      this.#frames.push(frame);
      if (this.#settings.policy !== 'close') this.#droppable.push(droppable);
    }
    this.#waiting += frame.length;
    if (this.#isQueued || this.#isBlocked) return;
    this.#isQueued = true;
    this.#settings.queue.add(this);
  }

  /** Writes what waits, unless the link is full. */
  flush(): void {
    this.#isQueued = false;
    while (this.#waiting > 0 && !this.#isBlocked && !this.#isClosed) {
      const frames = this.#frames;
      const bytes = this.#waiting;
      // At most half the limit: the rest stays here, where events can still be dropped in favour of replies.
      const batchLimit = Math.min(largestBatch, this.#settings.limit >> 1);
      if (bytes > batchLimit) this.#writePart(batchLimit);
      else {
        this.#frames = noFrames;
        this.#droppable = noFlags;
        this.#write(frames, bytes);
      }
    }
  }

  /** Writes all that waits, even to a full link, and accepts nothing more: the link is about to be closed. */
  finish(): void {
    while (this.#waiting > 0 && !this.#isClosed) {
      this.#isBlocked = false;
      this.flush();
    }
    this.close();
  }

  /** The link takes frames again. */
  drained(): void {
    this.#mostPending = this.mostPending;
    this.#isBlocked = false;
    this.#handedOver = 0;
    this.flush();
  }

  /** Accepts nothing more and drops what waits. */
  close(): void {
    this.#mostPending = this.mostPending;
    this.#isClosed = true;
    this.#frames = noFrames;
    this.#droppable = noFlags;
    this.#waiting = 0;
  }

  #write(frames: readonly Uint8Array[], bytes: number): void {
    this.#mostPending = this.mostPending;
    this.frames += frames.length;
    this.octets += bytes;
    this.#waiting -= bytes;
    this.#isBlocked = !this.#link.write(frames, bytes, this.#settings.queue.join);
    if (this.#isBlocked) this.#handedOver = bytes;
  }

  #writePart(limit: number): void {
    const frames = this.#frames;
    let bytes = 0;
    let count = 0;
    for (const frame of frames) {
      if (count > 0 && bytes + frame.length > limit) break;
      bytes += frame.length;
      count += 1;
    }
    this.#frames = frames.slice(count);
    this.#droppable = this.#droppable.slice(count);
    this.#write(frames.slice(0, count), bytes);
  }

  // Drops events from the end that the policy names, an eighth of the limit at a time, so that a full outbox is not searched
  // for every frame.
  #makeRoomFor({ length }: Uint8Array): void {
    const { limit, policy } = this.#settings;
    const goal = Math.max(length, limit >> 3);
    const count = this.#frames.length;
    const keeps = new Array<boolean>(count).fill(true);
    let freed = 0;
    let dropped = 0;
    for (let step = 0; step < count && freed < goal; step += 1) {
      const at = policy === 'drop-oldest' ? step : count - 1 - step;
      if (!this.#droppable[at]) continue;
      keeps[at] = false;
      freed += this.#frames[at]?.length ?? 0;
      dropped += 1;
    }
    this.#frames = this.#frames.filter((_, at) => keeps[at]);
    this.#droppable = this.#droppable.filter((_, at) => keeps[at]);
    this.#waiting -= freed;
    if (dropped > 0) this.#owner.dropped(dropped);
  }

  #overflow(): void {
    if (this.#isClosed) return;
    this.close();
    this.#owner.overflowed();
  }
}
