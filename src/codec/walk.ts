/**
 * Scans the heads of a binary message before any of it is decoded. Decoders build each level and each element first and
 * check afterwards, or recurse until the stack overflows. A hostile message of 1 MiB costs them half a second and 200 MB.
 * Invalid encodings are left for the decoder to refuse.
 *
 * Nothing is allocated: all scans share one head and one list of open containers.
 */

import { tooDeep, tooMany } from './bounds.ts';
import { isText, notUtf8 } from './text.ts';

/** The head of one value, and where the value ends. */
export interface Head {
  /** Octets of the head and, unless it is a container, of the value. */
  size: number;
  /**
   * How many values are inside, keys included: 0 if it is not a container, `isEmpty` for an empty one, `endless` if a break
   * ends it. `isBreak` if this is that break.
   */
  inner: number;
  /** Offset of the text from the start of the value; 0 if it is not a text. */
  text: number;
  /** Bits of `trait` seen so far. Bits are only ever added. */
  traits: number;
}

/** What decoders need to know of a message, one bit each. */
export const trait = {
  /** A 64-bit integer, which may be larger than a number can hold exactly. */
  longInteger: 1,
  /** A binary value. */
  binary: 2,
  /** A text that may begin with U+FEFF, which decoders drop. */
  mark: 4,
} as const;
/** The first octet of U+FEFF. */
const markStart = 0xef;

/** For `inner`: all values up to a break. */
export const endless = Number.POSITIVE_INFINITY;
/** For `inner`: this is the break. */
export const isBreak = -1;
/** For `inner`: an empty container, which still counts as a level. */
export const isEmpty = -2;

/** Reads the head that begins at `at` into `head`. */
export type ReadHead = (data: Uint8Array, at: number, head: Head) => void;

/** The unsigned big-endian number in `size` octets at `at`. */
export const readNumber = (data: Uint8Array, at: number, size: number): number => {
  let value = 0;
  for (let octet = at; octet < at + size; octet += 1) value = value * 256 + (data[octet] ?? 0);
  return value;
};

/** A new head for a ReadHead function to fill. */
export const createHead = (): Head => ({ size: 0, inner: 0, text: 0, traits: 0 });

const head = createHead();
/** For each outer container, how many of its values are still to come. */
const open: number[] = [];

/** The bits of `trait` in the message that `refusalOf` accepted last. */
export const traitsSeen = (): number => head.traits;

/** Why `data` is refused before it is decoded; undefined if it is not. `readHead` reads the heads of its format. */
export const refusalOf = (
  data: Uint8Array,
  readHead: ReadHead,
  maxDepth: number,
  maxElements: number,
): string | undefined => {
  head.traits = 0;
  let at = 0;
  let elements = 0;
  let depth = 0;
  /** How many values of the innermost container are still to come. */
  let left = 1;
  while (left > 0) {
    readHead(data, at, head);
    const { size, inner, text } = head;
    if (text > 0) {
      if (!isText(data, at + text, at + size)) return notUtf8;
      if (data[at + text] === markStart) head.traits |= trait.mark;
    }
    at += size;
    if (inner !== isBreak) elements += 1;
    if (elements > maxElements) return tooMany;
    // Octets past the end are read as zeros, and each zero counts as a value.
    if (at > data.length) return 'truncated';
    if (left !== endless) left -= 1;
    if ((inner > 0 || inner === isEmpty) && depth === maxDepth) return tooDeep;
    if (inner > 0) {
      open[depth] = left;
      depth += 1;
      left = inner;
    } else if (inner === isBreak) {
      // A break outside an endless container is invalid; the decoder refuses it.
      if (left !== endless) return undefined;
      left = 0;
    }
    while (left === 0 && depth > 0) {
      depth -= 1;
      left = open[depth] ?? 0;
    }
  }
  return undefined;
};
