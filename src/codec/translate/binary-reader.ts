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

const part = createHead();

/** The octets of a text or binary value whose parts begin at `from`, put together, and where it ends. */
export const joinParts = (data: Uint8Array, from: number, readHead: ReadHead): readonly [Uint8Array, number] => {
  let size = 0;
  let end = from;
  for (readHead(data, end, part); part.kind !== kind.break; readHead(data, end, part)) {
    if (end >= data.length) throw new CannotHold(notWellFormed);
    size += part.size - part.start;
    end += part.size;
  }
  if (size > data.length) throw new CannotHold(notWellFormed);
  const whole = new Uint8Array(size);
  let at = 0;
  for (let next = from; next < end; next += part.size) {
    readHead(data, next, part);
    for (let octet = next + part.start; octet < next + part.size; octet += 1) whole[at++] = data[octet] as number;
  }
  return [whole, end + 1];
};

/** Where the well-formed value that begins at `from` ends. */
const endOfValue = (data: Uint8Array, from: number, readHead: ReadHead): number => {
  const around: number[] = [];
  let left = 1;
  let at = from;
  do {
    readHead(data, at, part);
    const { kind: is, size, count } = part;
    at += size;
    if (is === kind.break) left = 0;
    else {
      if (left > 0) left -= 1;
      if (is >= kind.list || count === endless) {
        around.push(left);
        left = is === kind.tag ? 1 : is === kind.dictionary && count > 0 ? count * 2 : count;
      }
    }
    while (left === 0 && around.length > 0) left = around.pop() as number;
  } while (left !== 0 && at < data.length);
  return at;
};

/** For each container around the innermost one: how many of its values are to come, how many have come, and if it is a dictionary. */
const lefts: number[] = [];
const passes: number[] = [];
const areDictionaries: boolean[] = [];
const head = createHead();

/** A reader for a binary serializer. */
export const createBinaryReader = (readHead: ReadHead, readOther: ReadOther): Reader => {
  /** Reads what only the serializer knows. Returns where it ends. */
  const readRest = (data: Uint8Array, at: number, to: Writer): number => {
    if (!to.foreign) return readOther(data, at, head, to);
    try {
      return readOther(data, at, head, to);
    } catch (error) {
      if (!(error instanceof CannotHold)) throw error;
      const end = endOfValue(data, at, readHead);
      to.foreign(data.subarray(at, end));
      return end;
    }
  };
  /** Reads what is no container. Returns where it ends. */
  const readPlain = (data: Uint8Array, at: number, to: Writer): number => {
    const { kind: is, start, size, count } = head;
    if (is !== kind.text && is !== kind.binary) return readRest(data, at, to);
    const isText = is === kind.text;
    if (count === endless) {
      const [whole, end] = joinParts(data, at + size, readHead);
      if (isText) to.text(whole, 0, whole.length);
      else to.binary(whole, 0, whole.length);
      return end;
    }
    if (isText) to.text(data, at + start, at + size);
    else to.binary(data, at + start, at + size);
    return at + size;
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
