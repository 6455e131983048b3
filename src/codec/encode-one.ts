/** Single values, as they stand within a message. */

import type { Serializer } from './serializer.ts';

/** Octets of a value by itself; the head of a list with one element is one octet. */
export const encodeOne = (value: unknown, { encode, tail }: Pick<Serializer, 'encode' | 'tail'>): Buffer => {
  const list = Buffer.from(encode([value]));
  return list.subarray(1, list.length - tail.length);
};
