/**
 * A look at the heads of a binary message before anything of it is built. Decoders build each level and each element first and
 * ask afterwards, or recurse until the stack is full: for a hostile message of 1 MiB that takes half a second and 200 MB. What
 * is not of the format at all is left for its decoder to refuse.
 *
 * Nothing is allocated: there is one head, and one list of what is open, for all walks.
 */

import { tooDeep, tooMany } from './bounds.ts';
import { isText, notUtf8 } from './text.ts';

/** The head of one value, and where that ends. */
export interface Head {
  /** Octets of the head and, for what is no container, of the value. */
  size: number;
  /** Values inside, keys too; 0 of what is no container, `isEmpty`, `endless` where a break ends them, `isBreak` for that break. */
  inner: number;
  /** Where in it a text begins; 0 where there is none. */
  text: number;
  /** What has been met so far, of `trait`: added to, never taken from. */
  traits: number;
}

/** What decoders need to know of a message, a bit each. */
export const trait = {
  /** An integer of 64 bits, which may be more than a number holds. */
  longInteger: 1,
  /** A binary value. */
  binary: 2,
  /** A text that may begin with U+FEFF, which decoders drop. */
  mark: 4,
} as const;
/** The first octet of U+FEFF. */
const markStart = 0xef;

/** As number of values inside: as many as come before a break. */
export const endless = Number.POSITIVE_INFINITY;
/** As number of values inside: this is the break. */
export const isBreak = -1;
/** As number of values inside: it is a container, and a level, with none. */
export const isEmpty = -2;

/** Reads the head that begins at `at` into `head`. */
export type ReadHead = (data: Uint8Array, at: number, head: Head) => void;

/** The number of `size` octets at `at`. */
export const readNumber = (data: Uint8Array, at: number, size: number): number => {
  let value = 0;
  for (let octet = at; octet < at + size; octet += 1) value = value * 256 + (data[octet] ?? 0);
  return value;
};

/** A head to be read into. */
export const createHead = (): Head => ({ size: 0, inner: 0, text: 0, traits: 0 });

const head = createHead();
/** Values that are still to come in each outer container. */
const open: number[] = [];

/** What the message has that `refusalOf` has looked at last and found no reason to refuse: bits of `trait`. */
export const traitsSeen = (): number => head.traits;

/** Why `data`, whose heads `readHead` reads, is refused before it is decoded. */
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
  /** Values that are still to come in the innermost container. */
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
    // What is missing is read as zeros, each of them a value.
    if (at > data.length) return 'shorter than it says';
    if (left !== endless) left -= 1;
    if ((inner > 0 || inner === isEmpty) && depth === maxDepth) return tooDeep;
    if (inner > 0) {
      open[depth] = left;
      depth += 1;
      left = inner;
    } else if (inner === isBreak) {
      // Where none can be, it is not of the format.
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
