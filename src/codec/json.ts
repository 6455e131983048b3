/** JSON. */

import { ProtocolViolation } from '../wamp/error.ts';
import { binaryMarker, isBase64 } from './binary-text.ts';
import { tooDeep, tooMany } from './bounds.ts';
import { isNestedWithin } from './depth.ts';
import { hasMoreElements } from './json-walk.ts';
import { hasBinary, rewrite } from './rewrite.ts';
import type { Serializer } from './serializer.ts';
import { readText } from './text.ts';

/** The marker as JSON text has it, where U+0000 must be escaped. */
const escapedMarker = '\\u0000';

const toBinary = (value: unknown): unknown =>
  typeof value === 'string' && value.startsWith(binaryMarker) && isBase64(value.slice(1))
    ? Buffer.from(value.slice(1), 'base64')
    : value;

const fromBinary = (value: unknown): unknown =>
  value instanceof Uint8Array
    ? binaryMarker + Buffer.from(value.buffer, value.byteOffset, value.length).toString('base64')
    : value;

/** A JSON serializer. */
export const createJsonSerializer = (): Serializer => ({
  name: 'json',
  rawSocketNumber: 1,
  isBinary: false,
  encode: (list) => JSON.stringify(hasBinary(list) ? rewrite(list, fromBinary) : list),
  decode: (data, maxDepth, maxElements = Number.POSITIVE_INFINITY) => {
    if (hasMoreElements(data, maxElements)) throw new ProtocolViolation(tooMany);
    const text = readText(data);
    const value: unknown = JSON.parse(text);
    // The shortest text with n levels has 2n characters, so short texts are not checked.
    if (text.length > 2 * maxDepth && !isNestedWithin(value, maxDepth)) throw new ProtocolViolation(tooDeep);
    return text.includes(escapedMarker) ? rewrite(value, toBinary) : value;
  },
});
