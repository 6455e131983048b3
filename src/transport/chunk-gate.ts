/**
 * Passes chunks of a socket to a parser: at once, or, when the router has read enough in this turn of the event loop, once it
 * is the link's turn. A chunk of 64 KiB may hold a thousand frames, and every socket of a router may bring one in the same
 * turn.
 */

import type { HeldChunk, LinkListener } from './link.ts';

/** Stands between a socket and the parser of its chunks. */
export class ChunkGate implements HeldChunk {
  readonly #take: (chunk: Buffer) => void;
  #held: Buffer | undefined;

  /** `take` parses one chunk. It is called with every chunk, in order. */
  constructor(take: (chunk: Buffer) => void) {
    this.#take = take;
  }

  /** Takes a chunk that was read. `listener` decides whether it is parsed now; if not, the listener pauses the link. */
  receive(listener: LinkListener, chunk: Buffer): void {
    // At most one chunk is held. If another arrives nevertheless, both are parsed now.
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
