/** A map of bounded size: an entry that is added when it is full replaces the oldest one. */

/** A map of the most recently added keys and their values. */
export class RecentMap<Key, Value> {
  readonly #values = new Map<Key, Value>();
  readonly #size: number;

  /** `size`: the most entries that the map holds, at least 1. */
  constructor(size: number) {
    this.#size = size;
  }

  has(key: Key): boolean {
    return this.#values.has(key);
  }

  get(key: Key): Value | undefined {
    return this.#values.get(key);
  }

  /** Adds an entry, or changes the value of an existing one, whose age stays the same. */
  set(key: Key, value: Value): void {
    this.#values.set(key, value);
    if (this.#values.size <= this.#size) return;
    const [oldest] = this.#values.keys();
    this.#values.delete(oldest as Key);
  }
}
