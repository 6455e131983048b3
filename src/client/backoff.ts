/**
 * Pauses between attempts to connect. Each is longer than the one before, and shortened at random, so that many clients of
 * one router do not come back at the same moment.
 */

import { reasons } from '../wamp/reasons.ts';
import type { ReconnectOptions } from './options.ts';

/** Defaults, in ms. */
const defaults = { initialDelay: 250, maxDelay: 30_000, factor: 2 } as const;

/** Counts attempts, and says how long to wait for the next. */
export interface Backoff {
  /** ms until the next attempt. */
  next(): number;
  /** To be called when an attempt has succeeded. */
  reset(): void;
}

/** Creates a backoff without attempts. */
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

/** Whether an attempt that ended for the reason `uri` would end for the same reason again. */
export const isFinal = (uri: string): boolean =>
  uri.startsWith('wamp.error.') && uri !== reasons.networkFailure && uri !== reasons.unavailable;
