/** The payload of a WAMP v2 message as WAMP v1 carries it: as one JSON value. */

import { endOfValue, nextValue } from '../json-walk.ts';

const argsBefore = Buffer.from('{"args":');
const kwargsBefore = Buffer.from(',"kwargs":');
const end = Buffer.from('}');
const empty = Buffer.from('{}');

/**
 * A single argument as it is, anything else as an object with `args` and `kwargs`. `data` is the JSON of the arguments and,
 * behind a comma, of the keyword arguments if there are any.
 */
export const toV1 = (data: Uint8Array): Uint8Array => {
  const args = nextValue(data, 0);
  const argsEnd = endOfValue(data, args);
  const kwargs = nextValue(data, argsEnd);
  const hasKwargs = kwargs < data.length && nextValue(data, kwargs + 1) < data.length;
  const first = nextValue(data, args + 1);
  if (!hasKwargs && first < argsEnd) {
    const firstEnd = endOfValue(data, first);
    if (nextValue(data, firstEnd) >= argsEnd) return data.subarray(first, firstEnd);
  }
  return Buffer.concat([
    ...[argsBefore, data.subarray(args, argsEnd)],
    ...[kwargsBefore, hasKwargs ? data.subarray(kwargs, endOfValue(data, kwargs)) : empty, end],
  ]);
};
