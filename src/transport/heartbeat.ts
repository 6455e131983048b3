/**
 * Finds peers that are gone without closing their link. It pings every link once per interval, and gives a peer up that has
 * left `maxMissed` pings in a row unanswered. One timer serves all links; the pings are spread over the interval.
 */

import type { Timers } from '../base/clock.ts';

/** A link that can be pinged. */
export interface Pulse {
  /** Octets read from the peer, not counting its pings: a peer that does not read can still send pings. */
  octetsRead(): number;
  /** Whether reading from the link is paused. Its answers cannot arrive then, so no ping counts as missed. */
  isPaused(): boolean;
  ping(): void;
  /** The peer left too many pings unanswered. */
  lost(): void;
}

/** Pings many links. */
export interface Heartbeat {
  /** Begins to ping a link. The returned function ends that. */
  watch(pulse: Pulse): () => void;
  /** Stops the timer. */
  close(): void;
}

/** How often links are pinged, and when a peer is given up. */
export interface HeartbeatOptions {
  /** ms between two pings of one link; 0 never pings. */
  readonly interval: number;
  /** Unanswered pings after which a peer is given up. */
  readonly maxMissed: number;
  readonly clock: Timers;
}

/** What is known of a link since its last ping. */
interface Watched {
  octetsRead: number;
  missed: number;
}

const slots = 16;
const nothing = (): void => {};

/** Creates a heartbeat. Its timer runs only while there are links. */
export const createHeartbeat = ({ interval, maxMissed, clock }: HeartbeatOptions): Heartbeat => {
  const wheel = Array.from({ length: slots }, () => new Map<Pulse, Watched>());
  let timer: unknown;
  let at = 0;
  let count = 0;

  const check = (pulse: Pulse, watched: Watched): void => {
    const octetsRead = pulse.octetsRead();
    // Any octet is a sign of life, even one of a message that is not complete. If it is the beginning of a ping, it is taken
    // off again once the ping is complete.
    if (octetsRead > watched.octetsRead) {
      watched.missed = 0;
      watched.octetsRead = octetsRead;
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
      // 0 instead of `pulse.octetsRead()`: no ping can have been missed at the first check, so what was read before then does
      // no harm.
      slot?.set(pulse, { octetsRead: 0, missed: 0 });
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
