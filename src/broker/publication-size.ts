/** A rough estimate of the memory that a publication takes while it is kept or waits. */

import { sizeOfValue } from '../base/value-size.ts';
import type { Publication } from '../wamp/message.ts';

const overhead = 64;

/** The octets of topic, payload, audience and details. Infinite if they cannot be measured, which only a program can cause. */
export const sizeOf = ({ topic, args, kwargs, audience, details }: Publication): number => {
  try {
    return overhead + topic.length + sizeOfValue([args, kwargs, audience, details]);
  } catch {
    // The value contains itself, or a getter of it throws. Neither can come from a peer.
    return Number.POSITIVE_INFINITY;
  }
};
