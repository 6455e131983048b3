/**
 * The outboxes that have something to say, flushed once per turn of the event loop. A turn that takes long is cut: pings, new
 * connections and other realms are served in between.
 */

import type { Join } from '../transport/link.ts';

/** What is flushed. */
export interface Flushable {
  flush(): void;
}

/** Flushes every outbox that has something to say, once per turn. */
export interface FlushQueue {
  add(outbox: Flushable): void;
  /** Flushes what is there before its turn comes. */
  flush(): void;
  /**
   * ms that a turn should be given for work before it is flushed: as short as those who wait could wish, but twice what flushing
   * has taken lately, so that writing to many takes no more than a third of the time.
   */
  readonly turnLength: number;
  readonly join: Join;
}

/** What a queue needs from outside. */
export interface FlushQueueOptions {
  /** Called once per turn that has something to flush. */
  readonly schedule: (flush: () => void) => unknown;
  /** In ms. */
  readonly now: () => number;
  /** Told when an outbox could not be flushed; the others are. */
  readonly onFault: (error: unknown) => void;
}

/** ms after which a turn is cut. */
const longestTurn = 20;
/** ms of work that a turn has at least. */
const shortestTurn = 5;
/** Outboxes between two looks at the clock. */
const clockEvery = 64;

const isSame = (frames: readonly Uint8Array[], others: readonly Uint8Array[]): boolean => {
  if (frames.length !== others.length) return false;
  for (let at = 0; at < frames.length; at += 1) if (frames[at] !== others[at]) return false;
  return true;
};

/** An empty queue. */
export const createFlushQueue = ({ schedule, now, onFault }: FlushQueueOptions): FlushQueue => {
  let added: Flushable[] = [];
  /** What a turn that was cut has left. */
  let left: Flushable[] = [];
  let isScheduled = false;
  let lastFrames: readonly Uint8Array[] = [];
  let lastJoined: Uint8Array | undefined;
  let isFlushing = false;
  /** ms that flushing took: that of the last turn, or what is left of a longer one, which is halved with each. */
  let took = 0;

  /** Flushes some of them until the time is over; returns the others. */
  const flushUntil = (end: number, outboxes: Flushable[]): Flushable[] => {
    for (let at = 0; at < outboxes.length; ) {
      try {
        outboxes[at]?.flush();
      } catch (error) {
        onFault(error);
      }
      at += 1;
      if (at % clockEvery === 0 && now() > end) return outboxes.slice(at);
    }
    return [];
  };
  const plan = (): void => {
    if (isScheduled) return;
    isScheduled = true;
    schedule(flush);
  };
  const flush = (): void => {
    isScheduled = false;
    isFlushing = true;
    const begin = now();
    // Those who came later get half of the turn, so that one answer need not wait for a long fan-out.
    const [newcomers, waiting] = [added, left];
    added = [];
    const late = flushUntil(begin + (waiting.length > 0 ? longestTurn / 2 : longestTurn), newcomers);
    const rest = flushUntil(begin + longestTurn, waiting);
    left = rest.length > 0 ? rest.concat(late) : late;
    if (left.length > 0) plan();
    isFlushing = false;
    took = Math.max(now() - begin, took / 2);
    lastFrames = [];
    lastJoined = undefined;
  };
  return {
    add: (outbox) => {
      added.push(outbox);
      plan();
    },
    flush,
    get turnLength() {
      return Math.min(longestTurn, Math.max(shortestTurn, 2 * took));
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
