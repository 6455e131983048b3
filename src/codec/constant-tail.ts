/** A dictionary that never changes at the end of messages that do: encoded once for all of them. */

import type { Dict } from '../base/dict.ts';
import type { Serializer } from './serializer.ts';

/**
 * Encodes lists with `tail` in the place of an empty dictionary, which must be the last entry of the dictionary that is the
 * last element of the list: the serializers keep the order of entries, so it stands at the very end.
 */
export const encodeWithTail = (serializer: Serializer, tail: Dict): Serializer['encode'] => {
  const tailData = serializer.encode([tail]);
  if (typeof tailData === 'string') {
    const end = '}]';
    const text = tailData.slice(1, -1) + end;
    const cut = `{}${end}`.length;
    return (list) => (serializer.encode(list) as string).slice(0, -cut) + text;
  }
  // A list with one element has a head of one octet, and an empty dictionary is one octet.
  const octets = tailData.slice(1);
  return (list) => {
    const data = serializer.encode(list) as Uint8Array;
    return Buffer.concat([data.subarray(0, -1), octets]);
  };
};
