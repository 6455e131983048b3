/**
 * One event goes to its subscribers one after the other, with no other event in between. So it is enough to remember the
 * last one: it is encoded and framed for the first subscriber, and everyone after it gets the same buffer.
 */

import type { Framing } from '../transport/link.ts';
import type { Event } from '../wamp/message.ts';

/** Returns the frame of an event; undefined for an event that this serializer cannot encode. */
export type EventFrames = (event: Event) => Uint8Array | undefined;

/**
 * Makes frames for links that share a framing and a serializer. `frameOf` may throw; `onFailure` is called once per
 * event.
 */
export const encodeOnce = (
  frameOf: (event: Event) => Uint8Array,
  onFailure: (event: Event, error: unknown) => void,
): EventFrames => {
  let last: Event | undefined;
  let frame: Uint8Array | undefined;
  return (event) => {
    if (event === last) return frame;
    last = event;
    try {
      frame = frameOf(event);
    } catch (error) {
      frame = undefined;
      onFailure(event, error);
    }
    return frame;
  };
};

/** Returns a function that calls `create` once for each framing and remembers the result. */
export const perFraming = <Made>(create: (framing: Framing) => Made): ((framing: Framing) => Made) => {
  const known = new Map<Framing, Made>();
  return (framing) => {
    const made = known.get(framing);
    if (made !== undefined) return made;
    const fresh = create(framing);
    known.set(framing, fresh);
    return fresh;
  };
};
