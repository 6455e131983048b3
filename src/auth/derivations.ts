/**
 * Keys of salted secrets, derived by the threads of the process, a few at a time. Peers stand in the line of the address that they
 * come from, and the lines take turns: who floods one keeps itself waiting and nobody else.
 */

import { overloaded } from './denial.ts';

/** Numbers that bound the deriving. */
export interface DerivationLimits {
  /** Keys that are derived at once. */
  readonly running: number;
  /** Peers that may wait, over all lines. */
  readonly waiting: number;
}

interface Waiting {
  readonly begin: () => void;
  readonly refuse: (error: unknown) => void;
}

/** Work that is done in turns between addresses. */
export class Derivations {
  readonly #limits: DerivationLimits;
  /** By address, the one whose turn is next first. No line is empty. */
  readonly #lines = new Map<string, Waiting[]>();
  #waiting = 0;
  #running = 0;

  constructor(limits: DerivationLimits) {
    this.#limits = limits;
  }

  /**
   * Does `derive` when it is the turn of `address`, of all peers whose address is not known together. Rejects with `overloaded` where
   * too many wait: the last of the longest line.
   */
  async run<Key>(address: string | undefined, derive: () => Promise<Key>): Promise<Key> {
    if (this.#running < this.#limits.running) this.#running += 1;
    else await this.#wait(address ?? '');
    try {
      return await derive();
    } finally {
      this.#next();
    }
  }

  #wait(address: string): Promise<void> {
    return new Promise((begin, refuse) => {
      const line = this.#lines.get(address) ?? [];
      this.#lines.set(address, line);
      line.push({ begin, refuse });
      this.#waiting += 1;
      if (this.#waiting > this.#limits.waiting) this.#refuseOne(address, line);
    });
  }

  // The newcomer, unless another line is longer than that which it has joined: then the last of the longest.
  #refuseOne(newcomer: string, joined: Waiting[]): void {
    let [address, longest] = [newcomer, joined];
    for (const [each, line] of this.#lines) if (line.length > longest.length) [address, longest] = [each, line];
    this.#waiting -= 1;
    longest.pop()?.refuse(overloaded);
    if (longest.length === 0) this.#lines.delete(address);
  }

  // Whoever begins takes the place of the one that has ended; its line goes behind the others.
  #next(): void {
    const [turn] = this.#lines;
    if (!turn) {
      this.#running -= 1;
      return;
    }
    const [address, line] = turn;
    this.#lines.delete(address);
    this.#waiting -= 1;
    line.shift()?.begin();
    if (line.length > 0) this.#lines.set(address, line);
  }
}
