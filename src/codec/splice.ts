/**
 * Passing a payload on as it came. Most messages are sent on in the turn in which they were read, to peers with the same
 * serializer: their arguments are then copied from the message that came, not encoded again. Each serializer remembers the
 * last message that it read for this; what is sent is compared with it by identity, so a payload that somebody has replaced
 * is encoded as any other.
 */

/** The place of the arguments in messages that take a payload on from a peer, by code. */
const sources: Readonly<Record<number, number>> = { 16: 4, 48: 4, 70: 3 };
/** The same for messages that bring it to another. */
const targets: Readonly<Record<number, number>> = { 36: 4, 50: 3, 68: 4 };

/** The place of the arguments in a message that brings a payload to a peer. */
export const payloadPlace = (list: readonly unknown[]): number => targets[list[0] as number] ?? list.length;

/** The last message that was read, as text or octets, and where its payload is in there. */
export interface Splice<Data> {
  /** Keeps a message that has been decoded. */
  remember(list: unknown, data: Data): void;
  /** Where the payload of `list` begins in `data`, from where on it goes to the end; -1 when it is another payload. */
  find(list: readonly unknown[]): number;
  readonly data: Data;
}

/**
 * A splice that knows no message yet. `locate` finds where the element with an index begins; -1 where it cannot tell.
 */
export const createSplice = <Data>(nothing: Data, locate: (data: Data, element: number) => number): Splice<Data> => {
  const none: readonly unknown[] = [];
  const unknown = -2;
  let last = none;
  let data = nothing;
  let start = unknown;
  return {
    get data() {
      return data;
    },
    remember: (list, from) => {
      if (!Array.isArray(list) || list.length < 4) return;
      last = list;
      data = from;
      start = unknown;
    },
    find: (list) => {
      const [to, from] = [targets[list[0] as number], sources[last[0] as number]];
      if (to === undefined || from === undefined || list.length <= to) return -1;
      if (list[to] !== last[from] || list[to + 1] !== last[from + 1]) return -1;
      if (start === unknown) start = locate(data, from);
      return start;
    },
  };
};
