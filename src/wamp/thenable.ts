/** Telling a promise from a value, so that synchronous work stays synchronous. */

/** Whether `value` is a promise, or anything else that can be waited for. */
export const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
