/** Replaces values inside a payload that a serializer cannot encode as they are. */

import { isDict } from '../base/dict.ts';

/** A copy of `value` in which `change` has been applied to everything but lists and dictionaries; to a Map as well. */
export const rewrite = (value: unknown, change: (value: unknown) => unknown): unknown => {
  if (Array.isArray(value)) return value.map((inner) => rewrite(inner, change));
  if (!isDict(value) || value instanceof Map || typeof value.toJSON === 'function') return change(value);
  const copy: Record<string, unknown> = {};
  for (const name of Object.keys(value)) {
    const inner = rewrite(value[name], change);
    // Plain assignment to this name would set the prototype.
    if (name === '__proto__') Object.defineProperty(copy, name, { value: inner, enumerable: true, configurable: true });
    else copy[name] = inner;
  }
  return copy;
};

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/**
 * Whether `value` contains a binary value. Called for every JSON message, so it allocates nothing: `Object.values` takes
 * two to four times as long, depending on the objects that the process has written before.
 */
export const hasBinary = (value: unknown): boolean => {
  if (!isObject(value)) return false;
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at += 1) {
      if (isObject(value[at]) && hasBinary(value[at])) return true;
    }
    return false;
  }
  if (value instanceof Uint8Array || value instanceof Map) return true;
  for (const name in value) {
    const inner = (value as Readonly<Record<string, unknown>>)[name];
    if (isObject(inner) && hasBinary(inner)) return true;
  }
  return false;
};
