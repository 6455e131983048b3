/** Where among the options a value stands, and what is wrong there. */

/** What all places of one reading share. */
export interface Reading {
  /** What has been found so far, a sentence each that begins with a path. */
  readonly faults: string[];
  /** How the whole is called. */
  readonly name: string;
  /** Whether it comes from a file of data (YAML, JSON), which can hold no function. */
  readonly isData?: boolean;
  /** The folder that relative paths of files start from. Default: they are left as they are. */
  readonly resolve?: (path: string) => string;
}

/** What stands where nothing stands. */
const nothing = 'nothing';

const nouns: Readonly<Record<string, string>> = {
  bigint: 'a number',
  function: 'a function',
  number: 'a number',
  object: 'an object',
  string: 'a string',
  symbol: 'a symbol',
};

/** What a value is, without the value: it may be a secret that stands in the wrong place. */
export const nounOf = (value: unknown): string => {
  if (value === null || typeof value === 'boolean') return String(value);
  if (value === undefined) return nothing;
  if (value === '') return 'an empty string';
  return Array.isArray(value) ? 'a list' : (nouns[typeof value] ?? 'something else');
};

/** A place: the path of a value, from the names of options and positions in lists. */
export class Place {
  readonly #reading: Reading;
  readonly #path: string;

  constructor(reading: Reading, path = '') {
    this.#reading = reading;
    this.#path = path;
  }

  /** How many faults have been found, here and elsewhere. */
  get faults(): number {
    return this.#reading.faults.length;
  }

  get isData(): boolean {
    return this.#reading.isData === true;
  }

  /** The place of an option in the object here. */
  at(name: string): Place {
    const isPlain = /^[\w$-]+$/.test(name);
    const step = isPlain ? (this.#path === '' ? name : `.${name}`) : `[${JSON.stringify(name)}]`;
    return new Place(this.#reading, this.#path + step);
  }

  /** The place of an entry of the list here. */
  entry(position: number): Place {
    return new Place(this.#reading, `${this.#path}[${position}]`);
  }

  /** The place of an entry of the table here, whose keys must not be told. */
  hidden(position: number): Place {
    return new Place(this.#reading, `${this.#path} (entry ${position + 1})`);
  }

  /** Tells a fault, as it stands behind the path. */
  refuse(fault: string): void {
    this.#reading.faults.push(`${this.#path || this.#reading.name} ${fault}`);
  }

  /** Tells what should be here and is not. Returns a value that nobody may look at, since there is a fault now. */
  mustBe<Value>(expected: string, instead?: string): Value {
    if (instead === nothing) this.refuse(`is missing: it must be ${expected}`);
    else this.refuse(`must be ${expected}${instead === undefined ? '' : `, not ${instead}`}`);
    return undefined as Value;
  }

  /** The path of a file that is written here. */
  resolve(path: string): string {
    return this.#reading.resolve?.(path) ?? path;
  }
}
