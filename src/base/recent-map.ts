/** A map of bounded size: what is added when it is full takes the place of the oldest. */

/** Knows the last so many keys that were added to it, and their values. */
export class RecentMap<Key, Value> {
  readonly #values = new Map<Key, Value>();
  readonly #size: number;

  /** `size` is the most entries that it holds; at least 1. */
  constructor(size: number) {
    this.#size = size;
  }

  has(key: Key): boolean {
    return this.#values.has(key);
  }

  get(key: Key): Value | undefined {
    return this.#values.get(key);
  }

  /** Adds an entry, or changes the value of one, which stays as old as it was. */
  set(key: Key, value: Value): void {
    this.#values.set(key, value);
    if (this.#values.size <= this.#size) return;
    const [oldest] = this.#values.keys();
    this.#values.delete(oldest as Key);
  }
}
