/** How long the router waits for a promise that a callback of the embedding program returned. */

import type { Timers } from './clock.ts';

/**
 * Waits for `pending` at most `ms` milliseconds, then calls `resolve` with its value or `reject` with its error, exactly
 * once. When the time is over first, `reject` gets an Error that says so. Returns a function that stops the waiting; after
 * that neither is called.
 */
export const settleWithin = <Value>(
  pending: Promise<Value>,
  ms: number,
  clock: Timers,
  resolve: (value: Value) => void,
  reject: (error: unknown) => void,
): (() => void) => {
  let isOpen = true;
  const stop = (): void => {
    isOpen = false;
    clock.clearTimeout(timer);
  };
  const once =
    <Given>(task: (given: Given) => void) =>
    (given: Given): void => {
      if (!isOpen) return;
      stop();
      task(given);
    };
  const fail = once(reject);
  const timer = clock.setTimeout(() => fail(new Error(`no answer within ${ms} ms`)), ms);
  pending.then(once(resolve), fail);
  return stop;
};
