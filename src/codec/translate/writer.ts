/**
 * What a translation passes from the reader of one serializer to the writer of another: the values of a payload, one after
 * another as they stand there. It is a model of values of its own, since those of JavaScript cannot tell 1.0 from 1.
 * A serializer takes part with one reader and one writer, whatever others there are.
 */

import { out, room } from './output.ts';

/** Writes values, each behind the one before. Throws a CannotHold for what its serializer has no place for. */
export interface Writer {
  /** Forgets what an earlier translation left open. */
  begin(): void;
  null(): void;
  undefined(): void;
  boolean(value: boolean): void;
  /** An integer that a number holds exactly. */
  integer(value: number): void;
  /** Any other integer. */
  bigInteger(value: bigint): void;
  /** A floating-point number that fits into `size` octets. */
  float(value: number, size: 4 | 8): void;
  /** `mantissa` times ten to the power of `exponent`. */
  decimal(mantissa: bigint, exponent: bigint): void;
  /** A text, in UTF-8. */
  text(data: Uint8Array, from: number, to: number): void;
  binary(data: Uint8Array, from: number, to: number): void;
  /** A point in time: whole seconds since 1970, and nanoseconds after that. */
  time(seconds: number, nanoseconds: number): void;
  /** A point in time as a text, which should be one of RFC 3339, in UTF-8. */
  timeText(data: Uint8Array, from: number, to: number): void;
  /** Begins a list or a dictionary, whose keys are written as values before those of the entries. The count may be `endless`. */
  open(isDictionary: boolean, count: number): void;
  /** Ends it; `count` is how many elements, or entries, it has got. */
  close(count: number): void;
  /**
   * Takes a value by which a method above, or the reader, would throw a CannotHold, as the octets of its serializer. Absent where
   * that is thrown.
   */
  foreign?(octets: Uint8Array): void;
}

/** Writes octets of a serializer. */
export interface OctetWriter extends Writer {
  /** The name of the serializer. */
  readonly name: string;
  /** A value that is there in octets of this serializer. */
  encoded(octets: Uint8Array): void;
}

/** Reads all values of `data`, which are known to be well-formed. */
export type Reader = (data: Uint8Array, to: Writer) => void;

/** A serializer, as translations know it. */
export interface Format {
  /** The name in the subprotocol `wamp.2.<name>`. */
  readonly name: string;
  readonly read: Reader;
  readonly writer: OctetWriter;
  /** Throws unless `octets` are one well-formed value. */
  check(octets: Uint8Array): void;
}

/**
 * `open` and `close` of a binary writer. The head of a container begins with its count: where that is not known one octet
 * is left free, and a longer head makes itself room at the end.
 */
export const createContainers = (
  putHead: (isDictionary: boolean, count: number) => void,
  sizeOfHead: (count: number) => number,
): Pick<Writer, 'begin' | 'open' | 'close'> => {
  /** For each open container: where its head is, if that is still to be written. */
  const heads: number[] = [];
  const areDictionaries: boolean[] = [];
  const written = -1;
  let depth = 0;
  return {
    begin: () => {
      depth = 0;
    },
    open: (isDictionary, count) => {
      const isKnown = count >= 0;
      heads[depth] = isKnown ? written : out.at;
      areDictionaries[depth] = isDictionary;
      depth += 1;
      room(sizeOfHead(count));
      if (isKnown) putHead(isDictionary, count);
      else out.at += 1;
    },
    close: (count) => {
      depth -= 1;
      const head = heads[depth] as number;
      if (head === written) return;
      const more = sizeOfHead(count) - 1;
      if (more > 0) {
        room(more);
        out.data.copyWithin(head + 1 + more, head + 1, out.at);
      }
      const end = out.at + more;
      out.at = head;
      putHead(areDictionaries[depth] as boolean, count);
      out.at = end;
    },
  };
};
