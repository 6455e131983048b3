/** A map that usually has a single entry. It allocates nothing until there is a second one. */

/** Values by key, in the order of insertion. */
export class SmallMap<Key extends number, Value> {
  #key: Key | undefined;
  #value: Value | undefined;
  #all: Map<Key, Value> | undefined;

  get size(): number {
    return this.#all?.size ?? (this.#key === undefined ? 0 : 1);
  }

  get(key: Key): Value | undefined {
    if (this.#all) return this.#all.get(key);
    return key === this.#key ? this.#value : undefined;
  }

  set(key: Key, value: Value): void {
    if (this.#all) this.#all.set(key, value);
    else if (this.#key === undefined || this.#key === key) {
      this.#key = key;
      this.#value = value;
    } else {
      this.#all = new Map([
        [this.#key, this.#value as Value],
        [key, value],
      ]);
      this.#key = undefined;
      this.#value = undefined;
    }
  }

  delete(key: Key): void {
    if (this.#all) this.#all.delete(key);
    else if (key === this.#key) {
      this.#key = undefined;
      this.#value = undefined;
    }
  }

  keys(): readonly Key[] {
    return this.#all ? [...this.#all.keys()] : this.#key === undefined ? [] : [this.#key];
  }

  values(): readonly Value[] {
    return this.#all ? [...this.#all.values()] : this.#key === undefined ? [] : [this.#value as Value];
  }
}
