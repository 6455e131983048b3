/** Encodes messages that end with a dictionary that never changes: that part is encoded once for all of them. */

import type { Dict } from '../base/dict.ts';
import type { Serializer } from './serializer.ts';

/**
 * An encoder for lists that puts `tail` in the place of an empty dictionary. That dictionary must be the last entry of a
 * dictionary that is the last element of the list. The serializers keep the order of entries, so it is at the very end of
 * the encoding.
 */
export const encodeWithTail = (serializer: Serializer, tail: Dict): Serializer['encode'] => {
  /** A dictionary as it stands in a list of one element, whose head is one octet. */
  const inList = (value: Dict): string | Uint8Array => {
    const list = serializer.encode([value]);
    return list.slice(1, list.length - serializer.tail.length);
  };
  const encoded = inList(tail);
  // Behind it stand the ends of the dictionary around it and of the list.
  const behind = serializer.tail.length * 2;
  const hole = inList({}).length;
  return (list) => {
    const data = serializer.encode(list);
    const end = data.length - behind;
    if (typeof data === 'string') return data.slice(0, end - hole) + encoded + data.slice(end);
    return Buffer.concat([data.subarray(0, end - hole), encoded as Uint8Array, data.subarray(end)]);
  };
};
