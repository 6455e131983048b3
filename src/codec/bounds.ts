/** What bounds a message that is read, besides its size, which the link bounds. */

/** Bounds of one message. */
export interface Bounds {
  /** Levels of lists and dictionaries. */
  readonly maxDepth: number;
  /** Values and keys, lists and dictionaries among them. */
  readonly maxElements: number;
}

/** Why a message with more levels is refused. */
export const tooDeep = 'nested too deeply';
/** Why a message with more elements is refused. */
export const tooMany = 'too many values';
