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
  readonly #queues = new Map<string, Waiting[]>();
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
      const queue = this.#queues.get(address) ?? [];
      this.#queues.set(address, queue);
      queue.push({ begin, refuse });
      this.#waiting += 1;
      if (this.#waiting > this.#limits.waiting) this.#refuseOne(address, queue);
    });
  }

  // Refuses the new login. If another queue is longer than the one it joined, the last login of the longest queue is
  // refused instead.
  #refuseOne(newcomer: string, joined: Waiting[]): void {
    let [address, longest] = [newcomer, joined];
    for (const [each, queue] of this.#queues) if (queue.length > longest.length) [address, longest] = [each, queue];
    this.#waiting -= 1;
    longest.pop()?.refuse(overloaded);
    if (longest.length === 0) this.#queues.delete(address);
  }

  // Starts the next login in place of the one that has ended, and moves its queue behind the others.
  #next(): void {
    const [turn] = this.#queues;
    if (!turn) {
      this.#running -= 1;
      return;
    }
    const [address, queue] = turn;
    this.#queues.delete(address);
    this.#waiting -= 1;
    queue.shift()?.begin();
    if (queue.length > 0) this.#queues.set(address, queue);
  }
}
