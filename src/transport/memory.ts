/**
 * A link whose two ends are in one process, for tests and tools. What the router writes reaches the peer in the same turn,
 * and what the peer sends reaches the router at once. Nothing between the ends can hide a race.
 */

import type { Link, LinkListener } from './link.ts';
import { payloadFraming } from './websocket/frame.ts';

/** The peer's end. */
export interface MemoryPeer {
  /** Sends one message: a text, or a binary one. */
  send(message: string | Uint8Array): void;
  /** Closes the link. */
  close(): void;
}

/** Is called with what arrives at the peer's end. */
export interface MemoryPeerListener {
  received(message: string | Uint8Array): void;
  closed(code: number, reason: string): void;
}

/**
 * Creates a link and returns the peer's end. `connect` is given the router's end and returns its listener. `isBinary` says
 * whether the router writes binary messages (default: false). `later` defers the listener's `closed` (default: setImmediate).
 */
export const createMemoryLink = (
  peer: MemoryPeerListener,
  connect: (link: Link) => LinkListener,
  options: { readonly isBinary?: boolean; readonly later?: (task: () => void) => unknown } = {},
): MemoryPeer => {
  const { isBinary = false, later = setImmediate } = options;
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
      for (const frame of frames) if (isOpen) peer.received(isBinary ? frame : decoder.decode(frame));
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
    send: (message) =>
      inbound(() => isOpen && listener.received(Buffer.from(message as Uint8Array), typeof message !== 'string')),
    close: () => inbound(() => end(1000, '')),
  };
};
