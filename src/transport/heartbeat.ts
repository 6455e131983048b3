/**
 * Finds peers that are gone without a word: pings every link once per interval and gives up on one that has left the
 * pings of two intervals unanswered. One timer for all links; the pings are spread over the interval.
 */

import type { Clock } from '../wamp/clock.ts';

/** A link that can be pinged. */
export interface Pulse {
  /** Whether nothing is read from the link at present: its answers cannot be heard, so none is missed. */
  isPaused(): boolean;
  ping(): void;
  /** The peer left too many pings unanswered. */
  lost(): void;
}

/** The pulse of many links. */
export interface Heartbeat {
  /** Begins with a link. Call `alive` on the result for every sign of life, `stop` at its end. */
  watch(pulse: Pulse): { alive(): void; stop(): void };
  /** Stops the timer. */
  close(): void;
}

/** How often, and how patient. */
export interface HeartbeatOptions {
  /** ms between two pings of one link; 0 never pings. */
  readonly interval: number;
  /** Unanswered pings after which a peer is given up. */
  readonly maxMissed: number;
  readonly clock: Clock;
}

interface Watched {
  readonly pulse: Pulse;
  readonly slot: number;
  missed: number;
}

const slots = 16;

/** A heartbeat whose timer runs only while there are links. */
export const createHeartbeat = ({ interval, maxMissed, clock }: HeartbeatOptions): Heartbeat => {
  const wheel = Array.from({ length: slots }, () => new Set<Watched>());
  let timer: unknown;
  let at = 0;
  let count = 0;

  const check = (watched: Watched): void => {
    if (watched.missed >= maxMissed) {
      watched.pulse.lost();
      return;
    }
    watched.missed = watched.pulse.isPaused() ? 0 : watched.missed + 1;
    watched.pulse.ping();
  };
  const turn = (): void => {
    at = (at + 1) % slots;
    for (const watched of [...(wheel[at] ?? [])]) check(watched);
    timer = count > 0 ? clock.setTimeout(turn, interval / slots) : undefined;
  };
  const stopTimer = (): void => {
    if (timer !== undefined) clock.clearTimeout(timer);
    timer = undefined;
  };
  return {
    watch: (pulse) => {
      if (interval === 0) return { alive: () => {}, stop: () => {} };
      const watched: Watched = { pulse, slot: at, missed: 0 };
      wheel[at]?.add(watched);
      count += 1;
      timer ??= clock.setTimeout(turn, interval / slots);
      return {
        alive: () => {
          watched.missed = 0;
        },
        stop: () => {
          if (!wheel[watched.slot]?.delete(watched)) return;
          count -= 1;
          if (count === 0) stopTimer();
        },
      };
    },
    close: stopTimer,
  };
};
