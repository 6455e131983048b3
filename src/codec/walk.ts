/**
 * Walks over the heads of a binary message, before any of it is decoded. Decoders build each level and each element first
 * and check afterwards, or recurse until the stack overflows: a hostile message of 1 MiB costs them half a second and
 * 200 MB. And what is passed on without being decoded has to be well-formed, since its receivers are not asked.
 *
 * The walk finds everything that can be wrong with the octets. What they mean is not looked at: any tag, extension or
 * simple value, and any key, is well-formed. Nothing is allocated: all walks share one head, one list of open
 * containers and one record of what was found.
 */

import { tooDeep, tooMany } from './bounds.ts';
import { isText, notUtf8 } from './text.ts';

/** What a head says that its value is. Those from `list` on contain values. */
export const kind = {
  /** A number, a boolean, a simple value. */
  scalar: 0,
  /** An integer of eight octets. */
  longInteger: 1,
  /** null, or undefined. */
  nothing: 2,
  text: 3,
  binary: 4,
  extension: 5,
  list: 6,
  dictionary: 7,
  /** Says something of the one value that follows. */
  tag: 8,
  /** No value, but the end of an endless one. */
  break: 9,
  /** Octets that begin nothing. */
  reserved: 10,
} as const;

/** The head of one value, and where the value ends. */
export interface Head {
  /** One of `kind`. */
  kind: number;
  /** Octets of the head. */
  start: number;
  /** Octets of the head and, unless it is a container, of what it is the head of. */
  size: number;
  /**
   * How many elements a list has, entries a dictionary, octets a text or a binary value; the number of a tag. `endless` if a
   * break ends it; a text or binary value then is in parts, which are of its kind and not endless.
   */
  count: number;
}

/** For `count`: all up to a break. */
export const endless = -1;

/** Reads the head that begins at `at` into `head`. Octets past the end are read as zeros. */
export type ReadHead = (data: Uint8Array, at: number, head: Head) => void;

/** A new head for a ReadHead function to fill. */
export const createHead = (): Head => ({ kind: 0, start: 0, size: 0, count: 0 });

/** The unsigned big-endian number in `size` octets at `at`; not exact beyond 2^53. */
export const readNumber = (data: Uint8Array, at: number, size: number): number => {
  let value = 0;
  for (let octet = at; octet < at + size; octet += 1) value = value * 256 + (data[octet] ?? 0);
  return value;
};

/** What decoders need to know of a message, one bit each. */
export const trait = {
  /** An integer of eight octets, which may be larger than a number can hold exactly. */
  longInteger: 1,
  /** A binary value. */
  binary: 2,
  /** A text that may begin with U+FEFF, which decoders drop. */
  mark: 4,
} as const;
/** The first octet of U+FEFF. */
const markStart = 0xef;

/** Of so many elements of a message it is known where they begin. No message of WAMP v2 has more. */
const mostStarts = 8;

/** What the last walk found. It is good until the next one. */
export const found = {
  /** Bits of `trait`. */
  traits: 0,
  /** How many elements the list has that is the whole message; 0 if the message is no list. */
  elements: 0,
  /** Where each of the first eight elements begins. */
  starts: new Int32Array(mostStarts),
  /** What each of these is: one of `kind`. */
  kinds: new Uint8Array(mostStarts),
  /** 1 for each of these that is an empty list or dictionary. */
  areEmpty: new Uint8Array(mostStarts),
  /** Where the last element ends. The break of a list without a length is behind it. */
  end: 0,
};

/** What a container expects next: anything, one of an entry's two halves, or parts of its own kind. */
const expects = { any: 0, text: kind.text, binary: kind.binary, key: 100, value: 101 } as const;

const head = createHead();
/** For each container around the innermost one: how many of its values are still to come, and what it expects. */
const lefts: number[] = [];
const expected: number[] = [];

/** For the level on which the elements of a message are: not known yet, and that there is none. The latter is for what is expected, too. */
const unknown = -1;
const none = -2;

const shorter = 'truncated';
const longer = 'longer than it says';
const strayBreak = 'a break that ends nothing';
const reserved = 'an octet that begins nothing';
const foreignPart = 'a part of another kind than the whole';

const note = (at: number): void => {
  const element = found.elements;
  found.elements += 1;
  if (element >= mostStarts) return;
  found.starts[element] = at;
  found.kinds[element] = head.kind;
  found.areEmpty[element] = head.count === 0 && (head.kind === kind.list || head.kind === kind.dictionary) ? 1 : 0;
};

/** An element without a length is found to be empty when its break follows its first octet at once. */
const noteBreak = (at: number): void => {
  const element = found.elements - 1;
  const isContainer = found.kinds[element] === kind.list || found.kinds[element] === kind.dictionary;
  if (isContainer && found.starts[element] === at - 1) found.areEmpty[element] = 1;
};

/** What an endless container expects after its head. */
const expectedIn = (container: number): number =>
  container === kind.dictionary ? expects.key : container === kind.list ? expects.any : container;

/** What an endless container expects after a value that is `is`; `none` if that value may not be there. */
const expectedAfter = (is: number, expecting: number): number => {
  if (expecting === expects.key) return expects.value;
  if (expecting === expects.value) return expects.key;
  return expecting === expects.any || (is === expecting && head.count !== endless) ? expecting : none;
};

/** Notes what decoders need to know of the value at `at`. Returns whether it is no text, or one of UTF-8. */
const isGood = (data: Uint8Array, at: number): boolean => {
  if (head.kind === kind.longInteger) found.traits |= trait.longInteger;
  else if (head.kind === kind.binary) found.traits |= trait.binary;
  else if (head.kind === kind.text && head.count > 0) {
    if (data[at + head.start] === markStart) found.traits |= trait.mark;
    return isText(data, at + head.start, at + head.size);
  }
  return true;
};

/**
 * Why `data` is not one well-formed value within the limits; undefined if it is. `readHead` reads the heads of its format.
 * What it saw of the elements is in `found`.
 */
export const refusalOf = (
  data: Uint8Array,
  readHead: ReadHead,
  maxDepth: number,
  maxElements: number,
): string | undefined => {
  found.traits = 0;
  found.elements = 0;
  found.end = 0;
  let at = 0;
  let elements = 0;
  let depth = 0;
  /** How many values of the innermost container are still to come. */
  let left = 1;
  let expecting: number = expects.any;
  let messageLevel = unknown;
  /** Whether there is more to do for a value than to look at it: by far the most are neither elements of the message nor in an endless container. */
  let isSpecial = true;
  while (left !== 0) {
    readHead(data, at, head);
    const is = head.kind;
    if (is === kind.break) {
      if (left !== endless || expecting === expects.value) return strayBreak;
      if (depth === messageLevel) found.end = at;
      else if (depth === messageLevel + 1) noteBreak(at);
      at += 1;
      left = 0;
    } else {
      elements += 1;
      if (elements > maxElements) return tooMany;
      if (is === kind.reserved) return reserved;
      // Octets past the end are read as zeros, and each zero counts as a value.
      if (at + head.size > data.length) return shorter;
      if (isSpecial) {
        expecting = expectedAfter(is, expecting);
        if (expecting === none) return foreignPart;
        if (depth === messageLevel) note(at);
        else if (messageLevel === unknown && is !== kind.tag) messageLevel = is === kind.list ? depth + 1 : none;
      }
      if (left > 0) left -= 1;
      if (is !== kind.scalar && !isGood(data, at)) return notUtf8;
      at += head.size;
      if (is >= kind.list || head.count === endless) {
        if (is >= kind.list && depth === maxDepth) return tooDeep;
        lefts[depth] = left;
        expected[depth] = expecting;
        depth += 1;
        left = is === kind.tag ? 1 : is === kind.dictionary && head.count > 0 ? head.count * 2 : head.count;
        expecting = left === endless ? expectedIn(is) : expects.any;
        isSpecial = expecting !== expects.any || depth === messageLevel || messageLevel === unknown;
      }
    }
    while (left === 0 && depth > 0) {
      if (depth === messageLevel && found.end === 0) found.end = at;
      depth -= 1;
      left = lefts[depth] ?? 0;
      expecting = expected[depth] ?? expects.any;
      isSpecial = expecting !== expects.any || depth === messageLevel;
    }
  }
  return at === data.length ? undefined : longer;
};
