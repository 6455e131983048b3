/** Encodes messages that end with a dictionary that never changes: that part is encoded once for all of them. */

import type { Dict } from '../base/dict.ts';
import type { Serializer } from './serializer.ts';

/**
 * An encoder for lists that puts `tail` in the place of an empty dictionary. That dictionary must be the last entry of a
 * dictionary that is the last element of the list. The serializers keep the order of entries, so it is at the very end of
 * the encoding.
 */
export const encodeWithTail = (serializer: Serializer, tail: Dict): Serializer['encode'] => {
  const tailData = serializer.encode([tail]);
  if (typeof tailData === 'string') {
    const end = '}]';
    const text = tailData.slice(1, -1) + end;
    const cut = `{}${end}`.length;
    return (list) => (serializer.encode(list) as string).slice(0, -cut) + text;
  }
  // The head of a list with one element is one octet, and so is an empty dictionary.
  const octets = tailData.slice(1);
  return (list) => {
    const data = serializer.encode(list) as Uint8Array;
    return Buffer.concat([data.subarray(0, -1), octets]);
  };
};
