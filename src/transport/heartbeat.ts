/**
 * Finds peers that are gone without a word: pings every link once per interval and gives up on one that has left the
 * pings of two intervals unanswered. One timer for all links; the pings are spread over the interval.
 */

import type { Timers } from '../base/clock.ts';

/** A link that can be pinged. */
export interface Pulse {
  /** Octets that have been read from the peer, but for its pings: who does not read can send those. */
  heard(): number;
  /** Whether nothing is read from the link at present: its answers cannot be heard, so none is missed. */
  isPaused(): boolean;
  ping(): void;
  /** The peer left too many pings unanswered. */
  lost(): void;
}

/** The pulse of many links. */
export interface Heartbeat {
  /** Begins with a link; the function that is returned ends it. */
  watch(pulse: Pulse): () => void;
  /** Stops the timer. */
  close(): void;
}

/** How often, and how patient. */
export interface HeartbeatOptions {
  /** ms between two pings of one link; 0 never pings. */
  readonly interval: number;
  /** Unanswered pings after which a peer is given up. */
  readonly maxMissed: number;
  readonly clock: Timers;
}

/** What is known of a link since its last ping. */
interface Watched {
  heard: number;
  missed: number;
}

const slots = 16;
const nothing = (): void => {};

/** A heartbeat whose timer runs only while there are links. */
export const createHeartbeat = ({ interval, maxMissed, clock }: HeartbeatOptions): Heartbeat => {
  const wheel = Array.from({ length: slots }, () => new Map<Pulse, Watched>());
  let timer: unknown;
  let at = 0;
  let count = 0;

  const check = (pulse: Pulse, watched: Watched): void => {
    const heard = pulse.heard();
    // Any octet is a sign of life, also one of a message that is not whole yet. It may have been one of a ping: then it is
    // taken off again when the ping has come.
    if (heard > watched.heard) {
      watched.missed = 0;
      watched.heard = heard;
    }
    if (watched.missed >= maxMissed) return pulse.lost();
    watched.missed = pulse.isPaused() ? 0 : watched.missed + 1;
    pulse.ping();
  };
  const turn = (): void => {
    at = (at + 1) % slots;
    for (const [pulse, watched] of [...(wheel[at] ?? [])]) check(pulse, watched);
    timer = count > 0 ? clock.setTimeout(turn, interval / slots) : undefined;
  };
  const stopTimer = (): void => {
    if (timer !== undefined) clock.clearTimeout(timer);
    timer = undefined;
  };
  return {
    watch: (pulse) => {
      if (interval === 0) return nothing;
      const slot = wheel[at];
      // What it has said so far counts at the first look, when nothing can have been missed: it need not be asked now.
      slot?.set(pulse, { heard: 0, missed: 0 });
      count += 1;
      timer ??= clock.setTimeout(turn, interval / slots);
      return () => {
        if (!slot?.delete(pulse)) return;
        count -= 1;
        if (count === 0) stopTimer();
      };
    },
    close: stopTimer,
  };
};
