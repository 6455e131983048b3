/**
 * Derives the keys of salted secrets on the thread pool, a few at a time. Logins wait in one queue per address of their
 * peers, and the queues take turns. An address that floods the router therefore delays only itself.
 */

import { overloaded } from './denial.ts';

/** Limits for key derivations. */
export interface DerivationLimits {
  /** How many keys are derived at once. */
  readonly running: number;
  /** How many logins may wait, over all queues. */
  readonly waiting: number;
}

interface Waiting {
  readonly begin: () => void;
  readonly refuse: (error: unknown) => void;
}

/** Runs derivations in turns between addresses. */
export class Derivations {
  readonly #limits: DerivationLimits;
  /** The queues by address, the next in turn first. No queue is empty. */
  readonly #lines = new Map<string, Waiting[]>();
  #waiting = 0;
  #running = 0;

  constructor(limits: DerivationLimits) {
    this.#limits = limits;
  }

  /**
   * Runs `derive` when it is the turn of `address`; all peers of unknown address share one queue. If too many logins wait,
   * the last of the longest queue rejects with `overloaded`.
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

  // Refuses the new login. If another queue is longer than the one it joined, the last login of the longest queue is
  // refused instead.
  #refuseOne(newcomer: string, joined: Waiting[]): void {
    let [address, longest] = [newcomer, joined];
    for (const [each, line] of this.#lines) if (line.length > longest.length) [address, longest] = [each, line];
    this.#waiting -= 1;
    longest.pop()?.refuse(overloaded);
    if (longest.length === 0) this.#lines.delete(address);
  }

  // Starts the next login in place of the one that has ended, and moves its queue behind the others.
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
