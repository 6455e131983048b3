/** A set of bounded size: what is added when it is full takes the place of the oldest. */

/** Knows the last so many values that were added to it. */
export class RecentSet<Value> {
  readonly #values = new Set<Value>();
  readonly #size: number;

  constructor(size: number) {
    this.#size = size;
  }

  has(value: Value): boolean {
    return this.#values.has(value);
  }

  add(value: Value): void {
    this.#values.add(value);
    if (this.#values.size <= this.#size) return;
    const [oldest] = this.#values;
    this.#values.delete(oldest as Value);
  }
}
