/** A rough estimate of the memory that a value takes, for what is bounded by size. */

import { lengthOfText } from '#platform/octets';

/** In octets: what a list or dictionary takes besides its members, and what each member takes besides its content. */
const container = 64;
const slot = 16;

/** The size of a value with all that it contains, in octets. The value must not contain itself. */
export const sizeOfValue = (value: unknown): number => {
  if (typeof value === 'string') return lengthOfText(value) + slot;
  if (typeof value !== 'object' || value === null) return slot;
  if (value instanceof Uint8Array) return value.length + container;
  let size = container;
  if (Array.isArray(value)) for (const inner of value) size += sizeOfValue(inner);
  else if (value instanceof Map) for (const [key, inner] of value) size += sizeOfValue(key) + sizeOfValue(inner);
  else
    for (const name in value)
      size += name.length + slot + sizeOfValue((value as Readonly<Record<string, unknown>>)[name]);
  return size;
};
