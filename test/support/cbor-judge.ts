/** Whether octets are one well-formed value of CBOR: the pseudocode of RFC 8949, Appendix C, and UTF-8 for its texts. */

const decoder = new TextDecoder('utf-8', { fatal: true });

class NotWellFormed extends Error {}

/** What the item was: its major type, or the break that ends an item without a length. */
type Item = number | 'break';

class Judge {
  #at = 0;
  readonly #data: Uint8Array;

  constructor(data: Uint8Array) {
    this.#data = data;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#data.length;
  }

  #take(count: number): Uint8Array {
    if (this.#at + count > this.#data.length) throw new NotWellFormed();
    const octets = this.#data.subarray(this.#at, this.#at + count);
    this.#at += count;
    return octets;
  }

  #number(info: number): number {
    if (info < 24) return info;
    if (info > 27) throw new NotWellFormed();
    return this.#take(2 ** (info - 24)).reduce((value, octet) => value * 256 + octet, 0);
  }

  item(mayBreak = false): Item {
    const first = this.#take(1)[0] as number;
    const [type, info] = [first >> 5, first & 31];
    if (info === 31) return this.#endless(type, mayBreak);
    const value = this.#number(info);
    if (type === 2) this.#take(value);
    else if (type === 3) decoder.decode(this.#take(value));
    else if (type === 4) for (let left = value; left > 0; left -= 1) this.item();
    else if (type === 5) for (let left = value * 2; left > 0; left -= 1) this.item();
    else if (type === 6) this.item();
    else if (type === 7 && info === 24 && value < 32) throw new NotWellFormed();
    return type;
  }

  #endless(type: number, mayBreak: boolean): Item {
    if (type === 7 && mayBreak) return 'break';
    if (type < 2 || type > 5) throw new NotWellFormed();
    const isString = type < 4;
    for (;;) {
      const start = this.#data[this.#at] ?? 0;
      const is = this.item(true);
      if (is === 'break') return type;
      if (isString && (is !== type || (start & 31) === 31)) throw new NotWellFormed();
      if (type === 5) this.item();
    }
  }
}

/** Whether octets are one well-formed value of CBOR. */
export const isWellFormedCbor = (data: Uint8Array): boolean => {
  const judge = new Judge(data);
  try {
    judge.item();
    return judge.isAtEnd;
  } catch {
    return false;
  }
};
