/** A rough estimate of the memory that a publication takes while it is kept or waits. */

import { sizeOfValue } from '../base/value-size.ts';
import type { RoutedPublication } from '../wamp/publication.ts';

const overhead = 64;

/** The octets of topic, payload, audience and details. Infinite if they cannot be measured, which only a program can cause. */
export const sizeOf = ({ topic, payload, audience, details }: RoutedPublication): number => {
  try {
    return overhead + topic.length + payload.size + sizeOfValue([audience, details]);
  } catch {
    // The value contains itself, or a getter of it throws. Neither can come from a peer.
    return Number.POSITIVE_INFINITY;
  }
};
