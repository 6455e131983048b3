/**
 * A link without a wire: both ends in one process. What the router writes arrives at the peer in the same turn, what the
 * peer sends arrives at the router at once. Serves tests and tools; there is nothing between the ends that could hide a race.
 */

import type { Link, LinkListener } from '../connection/link.ts';
import { payloadFraming } from './frame.ts';

/** The peer's end. */
export interface MemoryPeer {
  /** Sends one text message. */
  send(text: string): void;
  /** Leaves. */
  close(): void;
}

/** What the peer's end is told. */
export interface MemoryPeerListener {
  received(text: string): void;
  closed(code: number, reason: string): void;
}

/** Both ends of one link. `connect` is given the router's end and returns its listener. */
export const createMemoryLink = (
  peer: MemoryPeerListener,
  connect: (link: Link) => LinkListener,
  later: (task: () => void) => unknown = setImmediate,
): MemoryPeer => {
  let isOpen = true;
  let isPaused = false;
  let held: (() => void)[] = [];
  const decoder = new TextDecoder();

  const end = (code: number, reason: string): void => {
    if (!isOpen) return;
    isOpen = false;
    peer.closed(code, reason);
    later(() => listener.closed());
  };
  const inbound = (task: () => void): void => {
    if (isPaused) held.push(task);
    else task();
  };
  const resume = (): void => {
    isPaused = false;
    const tasks = held;
    held = [];
    for (const task of tasks) inbound(task);
  };
  const listener = connect({
    framing: payloadFraming,
    write: (frames) => {
      for (const frame of frames) if (isOpen) peer.received(decoder.decode(frame));
      return true;
    },
    close: end,
    terminate: () => end(1006, ''),
    pause: () => {
      isPaused = true;
    },
    resume,
  });
  return {
    send: (text) => inbound(() => isOpen && listener.received(Buffer.from(text), false)),
    close: () => inbound(() => end(1000, '')),
  };
};
