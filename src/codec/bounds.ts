/** Limits for decoding a message, besides its size, which the link limits. */

/** Limits for one message. */
export interface Bounds {
  /** Nested levels of lists and dictionaries. */
  readonly maxDepth: number;
  /** Values and keys; lists and dictionaries count too. */
  readonly maxElements: number;
}

/** Why a message with more levels is refused. */
export const tooDeep = 'nested too deeply';
/** Why a message with more elements is refused. */
export const tooMany = 'too many values';
