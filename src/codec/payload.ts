/** The payload of a message, between its list and the rest of the router. */

import { isDict, isEmpty, isMissing } from '../base/dict.ts';
import type { Args, Kwargs } from '../wamp/payload.ts';
import { MessagePayload } from '../wamp/payload.ts';

/**
 * The payload that begins with element `at` of a decoded list. Null in the place of args or kwargs counts as missing, and an
 * empty dictionary of kwargs as well. Undefined if it is no payload.
 */
export const payloadOf = (list: readonly unknown[], at: number): MessagePayload | undefined => {
  const args = list[at];
  const kwargs = list[at + 1];
  if (!(isMissing(args) || Array.isArray(args)) || !(isMissing(kwargs) || isDict(kwargs))) return undefined;
  const isBare = isMissing(kwargs) || isEmpty(kwargs);
  return MessagePayload.of(isMissing(args) ? [] : (args as Args), isBare ? undefined : (kwargs as Kwargs));
};
