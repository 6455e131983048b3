/** How long the router waits for what a callback of the embedding program promised. */

import type { Timers } from './clock.ts';

/**
 * Tells what `pending` comes to, once: `resolve` its value, or `reject` its error, or that there was no answer within `ms`. What is
 * returned stops the waiting; after that neither is called.
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
