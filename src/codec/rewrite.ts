/** Replacing values inside a payload, for what a serializer cannot carry as it is. */

import { isDict } from '../base/dict.ts';

/** A copy of `value` in which `change` has been applied to everything that is no list or dictionary. */
export const rewrite = (value: unknown, change: (value: unknown) => unknown): unknown => {
  if (Array.isArray(value)) return value.map((inner) => rewrite(inner, change));
  if (!isDict(value) || typeof value.toJSON === 'function') return change(value);
  const copy: Record<string, unknown> = {};
  for (const name of Object.keys(value)) {
    const inner = rewrite(value[name], change);
    // Assigning to this name would set the prototype.
    if (name === '__proto__') Object.defineProperty(copy, name, { value: inner, enumerable: true, configurable: true });
    else copy[name] = inner;
  }
  return copy;
};

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/**
 * Whether there is a binary value in it. Every message in JSON is asked, so nothing is allocated: `Object.values` costs two to four
 * times as much, according to what objects the process has written before.
 */
export const hasBinary = (value: unknown): boolean => {
  if (!isObject(value)) return false;
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at += 1) {
      if (isObject(value[at]) && hasBinary(value[at])) return true;
    }
    return false;
  }
  if (value instanceof Uint8Array) return true;
  for (const name in value) {
    const inner = (value as Readonly<Record<string, unknown>>)[name];
    if (isObject(inner) && hasBinary(inner)) return true;
  }
  return false;
};

/** What is no plain value but knows how to be JSON (a Date), as that; everything else as it is. */
export const toPlain = (value: unknown): unknown => {
  if (!isObject(value) || value instanceof Uint8Array) return value;
  return 'toJSON' in value && typeof value.toJSON === 'function' ? (value.toJSON() as unknown) : value;
};
