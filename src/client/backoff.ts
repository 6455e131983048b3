/**
 * Pauses between attempts to connect: each is longer than the one before, and shortened by chance, so that many clients of one
 * router do not come back in the same moment.
 */

import type { ReconnectOptions } from './options.ts';

/** Defaults, in ms. */
const defaults = { initialDelay: 250, maxDelay: 30_000, factor: 2 } as const;

/** Counts attempts. */
export interface Backoff {
  /** ms until the next attempt. */
  next(): number;
  /** An attempt succeeded. */
  reset(): void;
}

/** A backoff without attempts. */
export const createBackoff = (options: ReconnectOptions = {}): Backoff => {
  const { initialDelay, maxDelay, factor } = { ...defaults, ...options };
  let attempts = 0;
  return {
    next: () => {
      const delay = Math.min(maxDelay, initialDelay * factor ** attempts);
      attempts += 1;
      return delay * (1 - Math.random() / 2);
    },
    reset: () => {
      attempts = 0;
    },
  };
};
