/**
 * Flushes the outboxes that have frames to write, once per turn of the event loop. A turn that takes too long is interrupted,
 * so that pings, new connections and other realms are served in between.
 */

import type { Join } from '../transport/link.ts';

/** Something that can be flushed, such as an outbox. */
export interface Flushable {
  flush(): void;
}

/** Flushes every outbox that has frames to write, once per turn. */
export interface FlushQueue {
  add(outbox: Flushable): void;
  /** Flushes the outboxes now, ahead of the scheduled flush. */
  flush(): void;
  /**
   * ms of work after which a turn should be flushed, from 5 to 20. It is as short as the peers that wait could wish, but
   * twice what flushing took lately, so that writing to many takes no more than a third of the time.
   */
  readonly turnLength: number;
  readonly join: Join;
}

/** What a queue needs from outside. */
export interface FlushQueueOptions {
  /** Called once per turn that has something to flush. */
  readonly schedule: (flush: () => void) => unknown;
  /** Returns the time in ms. */
  readonly now: () => number;
  /** Called when an outbox could not be flushed; the others are flushed all the same. */
  readonly onFault: (error: unknown) => void;
}

/** ms after which flushing is interrupted until the next turn. */
const longestTurn = 20;
/** ms of work that a turn gets at least. */
const shortestTurn = 5;
/** How many outboxes are flushed between two readings of the clock. */
const clockEvery = 64;

const isSame = (frames: readonly Uint8Array[], others: readonly Uint8Array[]): boolean => {
  if (frames.length !== others.length) return false;
  for (let at = 0; at < frames.length; at += 1) if (frames[at] !== others[at]) return false;
  return true;
};

/** Creates an empty queue. */
export const createFlushQueue = ({ schedule, now, onFault }: FlushQueueOptions): FlushQueue => {
  let added: Flushable[] = [];
  /** Outboxes that an interrupted turn has left. */
  let left: Flushable[] = [];
  let isScheduled = false;
  let lastFrames: readonly Uint8Array[] = [];
  let lastJoined: Uint8Array | undefined;
  let isFlushing = false;
  /** ms that flushing took lately: the time of the last turn, or that of an earlier longer one, halved with each turn since. */
  let took = 0;

  /** Flushes `outboxes` until the time `end`; returns those that are left. */
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
    // If outboxes were left, those added since come first and get half of the time, so that a single reply need not wait for
    // a long fan-out.
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
