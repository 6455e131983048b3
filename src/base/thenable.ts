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

/** Then `next`: at once if `value` is there, later if it is a promise. */
export const chain = <A, B>(value: A | PromiseLike<A>, next: (value: A) => B | Promise<B>): B | Promise<B> => {
  const pending = asPromise(value);
  return pending ? pending.then((settled) => next(settled as A)) : next(value as A);
};

/** Values of which each promise has been waited for. */
type Settled<Values extends readonly unknown[]> = { readonly [At in keyof Values]: Awaited<Values[At]> };

/** All of `values`: at once if none of them is a promise. */
export const all = <const Values extends readonly unknown[]>(
  values: Values,
): Settled<Values> | Promise<Settled<Values>> => {
  const pending = values.map(asPromise);
  return pending.some((promise) => promise)
    ? (Promise.all(pending.map((promise, at) => promise ?? values[at])) as Promise<Settled<Values>>)
    : (values as Settled<Values>);
};

/**
 * What `ask`, which may be code of the embedding program, answers, now or later. What it throws, or its promise rejects with,
 * goes to `recover` and nowhere else, and the answer is what that makes of it.
 */
export const attempt = <A, B>(
  ask: () => A | PromiseLike<A>,
  recover: (error: unknown) => B,
): A | B | Promise<A | B> => {
  try {
    const answer = ask();
    return (asPromise(answer) as Promise<A> | undefined)?.catch(recover) ?? (answer as A);
  } catch (error) {
    return recover(error);
  }
};
