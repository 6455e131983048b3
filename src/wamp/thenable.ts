/** Telling a promise from a value, so that synchronous work stays synchronous. */

/**
 * `value` as a promise if it can be waited for, undefined if it is a plain value. A promise of another library may throw,
 * settle twice or not let its `then` be read; what comes out of here does none of that.
 */
export const asPromise = <Value>(value: Value): Promise<Awaited<Value>> | undefined => {
  if (typeof value !== 'object' || value === null) return undefined;
  try {
    return 'then' in value && typeof value.then === 'function' ? Promise.resolve(value) : undefined;
  } catch (error) {
    return Promise.reject(error);
  }
};

/** Calls code of the embedding program. What it throws, or its promise rejects with, goes to `onFault` and nowhere else. */
export const attempt = (call: () => unknown, onFault: (error: unknown) => void): void => {
  try {
    asPromise(call())?.catch(onFault);
  } catch (error) {
    onFault(error);
  }
};
