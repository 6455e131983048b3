/** Reads the values of a binary serializer from head to head. What heads do not tell is left to the serializer. */

import type { Head, ReadHead } from '../walk.ts';
import { createHead, endless, kind } from '../walk.ts';
import { CannotHold } from './output.ts';
import type { Reader, Writer } from './writer.ts';

/**
 * Reads what only its serializer knows: a number or boolean, nothing, an extension, or a tag with what it is about. Returns
 * where it ends. A tag that says nothing of its own ends behind its head, and what it is about is read next.
 */
export type ReadOther = (data: Uint8Array, at: number, head: Head, to: Writer) => number;

/** Refused as this where octets are not what they have been checked to be. */
export const notWellFormed = 'what is not well-formed';

/** Reads the octets of a text or binary value whose head is `head`, in parts or not. Returns where it ends. */
export const readParts = (
  data: Uint8Array,
  at: number,
  head: Head,
  readHead: ReadHead,
  take: (data: Uint8Array, from: number, to: number) => void,
): number => {
  if (head.count !== endless) {
    take(data, at + head.start, at + head.size);
    return at + head.size;
  }
  const part = createHead();
  const parts: Uint8Array[] = [];
  let next = at + head.size;
  for (readHead(data, next, part); part.kind === head.kind && next < data.length; readHead(data, next, part)) {
    parts.push(data.subarray(next + part.start, next + part.size));
    next += part.size;
  }
  const whole = Buffer.concat(parts);
  take(whole, 0, whole.length);
  return next + part.size;
};

/** For each container around the innermost one: how many of its values are to come, how many have come, and if it is a dictionary. */
const lefts: number[] = [];
const passes: number[] = [];
const areDictionaries: boolean[] = [];
const head = createHead();

/** A reader for a binary serializer. */
export const createBinaryReader = (readHead: ReadHead, readOther: ReadOther): Reader => {
  /** Reads what is no container. Returns where it ends. */
  const readPlain = (data: Uint8Array, at: number, to: Writer): number => {
    if (head.kind === kind.text) return readParts(data, at, head, readHead, to.text);
    if (head.kind === kind.binary) return readParts(data, at, head, readHead, to.binary);
    return readOther(data, at, head, to);
  };
  return (data, to) => {
    let at = 0;
    let depth = 0;
    let left = endless;
    let passed = 0;
    let isDictionary = false;
    while (at < data.length) {
      readHead(data, at, head);
      const { kind: is, size, count } = head;
      const start = at + size;
      if (start > data.length) throw new CannotHold(notWellFormed);
      if (is === kind.break) {
        at = start;
        left = 0;
      } else {
        const isContainer = is === kind.list || is === kind.dictionary;
        at = isContainer ? start : readPlain(data, at, to);
        // What the tag is about is still to be read, and is the value.
        if (is === kind.tag && at === start) continue;
        passed += 1;
        if (left > 0) left -= 1;
        if (isContainer) {
          lefts[depth] = left;
          passes[depth] = passed;
          areDictionaries[depth] = isDictionary;
          depth += 1;
          isDictionary = is === kind.dictionary;
          to.open(isDictionary, count);
          left = isDictionary && count > 0 ? count * 2 : count;
          passed = 0;
        }
      }
      while (left === 0 && depth > 0) {
        to.close(isDictionary ? passed / 2 : passed);
        depth -= 1;
        left = lefts[depth] ?? 0;
        passed = passes[depth] ?? 0;
        isDictionary = areDictionaries[depth] ?? false;
      }
    }
  };
};
