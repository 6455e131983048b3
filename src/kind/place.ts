/** The place of a value among the options, and the faults that were found there. */

/** What all places share while one set of options is read. */
export interface Reading {
  /** The faults found so far. Each is a sentence that begins with a path. */
  readonly faults: string[];
  /** The name of the whole, used where the path is empty. */
  readonly name: string;
  /** Whether it comes from a data file (YAML, JSON), which can hold no functions. */
  readonly isData?: boolean;
  /** Resolves a relative file path. Default: paths are left as they are. */
  readonly resolve?: (path: string) => string;
}

/** What `nounOf` calls undefined. */
const nothing = 'nothing';

const nouns: Readonly<Record<string, string>> = {
  bigint: 'a number',
  function: 'a function',
  number: 'a number',
  object: 'an object',
  string: 'a string',
  symbol: 'a symbol',
};

/** The kind of a value, in words. The value itself is not shown, since it may be a secret in the wrong place. */
export const nounOf = (value: unknown): string => {
  if (value === null || typeof value === 'boolean') return String(value);
  if (value === undefined) return nothing;
  if (value === '') return 'an empty string';
  return Array.isArray(value) ? 'a list' : (nouns[typeof value] ?? 'something else');
};

/** A place: the path of a value, made of option names and positions in lists. */
export class Place {
  readonly #reading: Reading;
  readonly #path: string;

  constructor(reading: Reading, path = '') {
    this.#reading = reading;
    this.#path = path;
  }

  /** How many faults have been found so far, at any place. */
  get faults(): number {
    return this.#reading.faults.length;
  }

  get isData(): boolean {
    return this.#reading.isData === true;
  }

  /** The place of the option `name` in this object. */
  at(name: string): Place {
    const isPlain = /^[\w$-]+$/.test(name);
    const step = isPlain ? (this.#path === '' ? name : `.${name}`) : `[${JSON.stringify(name)}]`;
    return new Place(this.#reading, this.#path + step);
  }

  /** The place of an entry in this list. */
  entry(position: number): Place {
    return new Place(this.#reading, `${this.#path}[${position}]`);
  }

  /** The place of an entry in this table, whose keys must not be shown. */
  hidden(position: number): Place {
    return new Place(this.#reading, `${this.#path} (entry ${position + 1})`);
  }

  /** Reports a fault, worded to follow the path. */
  refuse(fault: string): void {
    this.#reading.faults.push(`${this.#path || this.#reading.name} ${fault}`);
  }

  /** Reports that the value must be `expected`. The returned value must not be used, since there is a fault now. */
  mustBe<Value>(expected: string, instead?: string): Value {
    if (instead === nothing) this.refuse(`is missing: it must be ${expected}`);
    else this.refuse(`must be ${expected}${instead === undefined ? '' : `, not ${instead}`}`);
    return undefined as Value;
  }

  /** A file path that is written here, resolved. */
  resolve(path: string): string {
    return this.#reading.resolve?.(path) ?? path;
  }
}
