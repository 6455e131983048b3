/**
 * The outboxes that have something to say, flushed once per turn of the event loop. A turn that takes long is cut: pings, new
 * connections and other realms are served in between.
 */

import type { Join } from './link.ts';

/** What is flushed. */
export interface Flushable {
  flush(): void;
}

/** Flushes every outbox that has something to say, once per turn. */
export interface FlushQueue {
  add(outbox: Flushable): void;
  readonly join: Join;
}

/** What a queue needs from outside. */
export interface FlushQueueOptions {
  /** Called once per turn that has something to flush. */
  readonly schedule: (flush: () => void) => unknown;
  /** In ms. */
  readonly now: () => number;
}

/** ms after which a turn is cut. */
const longestTurn = 20;
/** Outboxes between two looks at the clock. */
const clockEvery = 64;

const isSame = (frames: readonly Uint8Array[], others: readonly Uint8Array[]): boolean => {
  if (frames.length !== others.length) return false;
  for (let at = 0; at < frames.length; at += 1) if (frames[at] !== others[at]) return false;
  return true;
};

/** An empty queue. */
export const createFlushQueue = ({ schedule, now }: FlushQueueOptions): FlushQueue => {
  let waiting: Flushable[] = [];
  let lastFrames: readonly Uint8Array[] = [];
  let lastJoined: Uint8Array | undefined;
  let isFlushing = false;

  const flush = (): void => {
    const outboxes = waiting;
    waiting = [];
    isFlushing = true;
    const end = now() + longestTurn;
    let at = 0;
    while (at < outboxes.length) {
      outboxes[at]?.flush();
      at += 1;
      if (at % clockEvery === 0 && now() > end) break;
    }
    // What is left goes first in the next turn.
    if (at < outboxes.length) {
      const isScheduled = waiting.length > 0;
      waiting = [...outboxes.slice(at), ...waiting];
      if (!isScheduled) schedule(flush);
    }
    isFlushing = false;
    lastFrames = [];
    lastJoined = undefined;
  };
  return {
    add: (outbox) => {
      if (waiting.push(outbox) === 1) schedule(flush);
    },
    join: (frames, bytes) => {
      const [only] = frames;
      if (only && frames.length === 1) return only;
      if (!isFlushing) return Buffer.concat(frames, bytes);
      if (lastJoined && isSame(frames, lastFrames)) return lastJoined;
      lastFrames = frames;
      lastJoined = Buffer.concat(frames, bytes);
      return lastJoined;
    },
  };
};
