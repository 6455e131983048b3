/** Roughly how many octets of memory a publication takes while it is kept or waits. */

import { sizeOfValue } from '../base/value-size.ts';
import type { Publication } from '../wamp/message.ts';

const overhead = 64;

/** Octets of topic, payload, audience and what events say besides; infinite where a program published what cannot be measured. */
export const sizeOf = ({ topic, args, kwargs, audience, details }: Publication): number => {
  try {
    return overhead + topic.length + sizeOfValue([args, kwargs, audience, details]);
  } catch {
    // It contains itself, or what it is read from throws. No peer can send that.
    return Number.POSITIVE_INFINITY;
  }
};
