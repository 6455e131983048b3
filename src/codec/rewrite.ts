/** Replaces values inside a payload that a serializer cannot encode as they are. */

import { isDict } from '../base/dict.ts';

/** A copy of `value` in which `change` has been applied to everything but lists and dictionaries. */
export const rewrite = (value: unknown, change: (value: unknown) => unknown): unknown => {
  if (Array.isArray(value)) return value.map((inner) => rewrite(inner, change));
  if (!isDict(value) || typeof value.toJSON === 'function') return change(value);
  const copy: Record<string, unknown> = {};
  for (const name of Object.keys(value)) {
    const inner = rewrite(value[name], change);
    // Plain assignment to this name would set the prototype.
    if (name === '__proto__') Object.defineProperty(copy, name, { value: inner, enumerable: true, configurable: true });
    else copy[name] = inner;
  }
  return copy;
};
