/** Tells promises from plain values, so that synchronous work stays synchronous. */

/**
 * `value` as a native promise if it is a thenable, undefined if it is a plain value. A thenable of another library may
 * throw, settle twice, or throw when its `then` is read; the promise returned here does none of that.
 */
export const asPromise = <Value>(value: Value): Promise<Awaited<Value>> | undefined => {
  if (typeof value !== 'object' || value === null) return undefined;
  try {
    return 'then' in value && typeof value.then === 'function' ? Promise.resolve(value) : undefined;
  } catch (error) {
    return Promise.reject(error);
  }
};

/** Calls `next` with `value`: at once if it is a plain value, when it has resolved if it is a promise. */
export const chain = <A, B>(value: A | PromiseLike<A>, next: (value: A) => B | Promise<B>): B | Promise<B> => {
  const pending = asPromise(value);
  return pending ? pending.then((settled) => next(settled as A)) : next(value as A);
};

/** The types of the values, with each promise replaced by what it resolves to. */
type Settled<Values extends readonly unknown[]> = { readonly [At in keyof Values]: Awaited<Values[At]> };

/** All of `values`, with promises awaited. Synchronous if none of them is a promise. */
export const all = <const Values extends readonly unknown[]>(
  values: Values,
): Settled<Values> | Promise<Settled<Values>> => {
  const pending = values.map(asPromise);
  return pending.some((promise) => promise)
    ? (Promise.all(pending.map((promise, at) => promise ?? values[at])) as Promise<Settled<Values>>)
    : (values as Settled<Values>);
};

/**
 * Calls `ask`, which may be code of the embedding program, and returns its answer, synchronously or as a promise. If it
 * throws or rejects, the answer is what `recover` makes of the error.
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
