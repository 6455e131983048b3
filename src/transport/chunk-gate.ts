/**
 * What a socket brings, taken apart at once or, while the router has read enough for this turn, when it is the turn of its link: a
 * chunk of 64 KiB may be a thousand frames, and every socket of a router can bring one in the same turn.
 */

import type { HeldChunk, LinkListener } from './link.ts';

/** Between a socket and what takes its chunks apart. */
export class ChunkGate implements HeldChunk {
  readonly #take: (chunk: Buffer) => void;
  #held: Buffer | undefined;

  /** `take` is given the chunks, in order. */
  constructor(take: (chunk: Buffer) => void) {
    this.#take = take;
  }

  /** A chunk has come. `listener` says whether it is taken apart now; it stops the reading where not. */
  hear(listener: LinkListener, chunk: Buffer): void {
    // One at most is held: what comes all the same comes with it.
    if (this.#held === undefined && listener.defers(chunk.length, this)) {
      this.#held = chunk;
      return;
    }
    this.release();
    this.#take(chunk);
  }

  release(): void {
    const held = this.#held;
    this.#held = undefined;
    if (held !== undefined) this.#take(held);
  }
}
