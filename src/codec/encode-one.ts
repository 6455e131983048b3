/** Single values, as they stand within a message. */

import { fromText } from '#platform/octets';
import type { Serializer } from './serializer.ts';

/** Octets of a value by itself; the head of a list with one element is one octet. */
export const encodeOne = (value: unknown, { encode, tail }: Pick<Serializer, 'encode' | 'tail'>): Uint8Array => {
  const encoded = encode([value]);
  const list = typeof encoded === 'string' ? fromText(encoded) : encoded;
  return list.subarray(1, list.length - tail.length);
};
