/** Roughly how many octets a publication takes, for what is bounded by size. */

import type { Publication } from '../wamp/message.ts';

const overhead = 128;

const sizeOfValue = (value: unknown): number => {
  if (typeof value === 'string') return value.length + 2;
  if (typeof value !== 'object' || value === null) return 8;
  if (value instanceof Uint8Array) return value.length + 2;
  let size = 2;
  if (Array.isArray(value)) for (const inner of value) size += sizeOfValue(inner);
  else for (const [name, inner] of Object.entries(value)) size += name.length + 4 + sizeOfValue(inner);
  return size;
};

/** Octets of topic and payload and what surrounds them; infinite where a program published what cannot be measured. */
export const sizeOf = ({ topic, args, kwargs }: Publication): number => {
  try {
    return overhead + topic.length + sizeOfValue(args) + sizeOfValue(kwargs);
  } catch {
    // It contains itself, or what it is read from throws. No peer can send that.
    return Number.POSITIVE_INFINITY;
  }
};
