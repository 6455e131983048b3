/** The parameters of a key that is derived from a salted secret. */

/**
 * How a key is derived: the salt, a text that is used as it is and not decoded; the number of rounds; and the length of the
 * key in octets.
 */
export interface Derivation {
  readonly salt: string;
  readonly iterations: number;
  readonly keylen: number;
}
