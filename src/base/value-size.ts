/** Roughly how many octets of memory a value takes, for what is bounded by size. */

/** Of a list or dictionary, however empty; and of each of its members. */
const container = 64;
const slot = 16;

/** Octets of a value and of all that is in it. It must not contain itself. */
export const sizeOfValue = (value: unknown): number => {
  if (typeof value === 'string') return Buffer.byteLength(value) + slot;
  if (typeof value !== 'object' || value === null) return slot;
  if (value instanceof Uint8Array) return value.length + container;
  let size = container;
  if (Array.isArray(value)) for (const inner of value) size += sizeOfValue(inner);
  else
    for (const name in value)
      size += name.length + slot + sizeOfValue((value as Readonly<Record<string, unknown>>)[name]);
  return size;
};
