/**
 * The wire as a connection sees it: a place to put batches of frames, and somebody to tell what arrives. Transports
 * implement Link and call a LinkListener; they never see a message.
 */

import type { TlsPeer } from '../auth/authentication.ts';

/** How a transport packs one message; the same packed frame may go to many links with the same framing. */
export interface Framing {
  text(payload: string): Uint8Array;
  /** The payload is not kept, a frame may share its memory. */
  binary(payload: Uint8Array): Uint8Array;
}

/** Puts frames together. Where many links are sent the same, it is done once. */
export type Join = (frames: readonly Uint8Array[], bytes: number) => Uint8Array;

/** One link to a peer. No method throws. */
export interface Link {
  readonly framing: Framing;
  /** The largest frame, in octets, that the peer takes; undefined when it has no limit. */
  readonly maxFrame?: number | undefined;
  /**
   * Hands over frames of `bytes` octets in all, in order; `join` makes one of them where the wire wants it so. False: enough
   * for now, `drained` will follow.
   */
  write(frames: readonly Uint8Array[], bytes: number, join: Join): boolean;
  /** Closes in an orderly way; `closed` follows. */
  close(code: number, reason: string): void;
  /** Cuts the wire; `closed` follows. */
  terminate(): void;
  /** The peer is somebody now: what the link let it send so far was less than a message may have. Called again it does nothing. */
  liftHelloLimit?(): void;
  /** Stops reading, until `resume`. */
  pause(): void;
  resume(): void;
}

/** What a link has read and not taken apart yet. */
export interface HeldChunk {
  /** Takes it apart, which tells the listener of each message in it. */
  release(): void;
}

/** Who is told what a link does. */
export interface LinkListener {
  /**
   * So many octets were read that are still to be taken apart. True: not now, as the router has read enough for this turn; `chunk`
   * is released when it is the turn of this link, and nothing more is read from it until then.
   */
  defers(octets: number, chunk: HeldChunk): boolean;
  /** One whole message. The buffer is not kept. */
  received(data: Uint8Array, isBinary: boolean): void;
  /**
   * Does `task` once all messages that came before are heard, which is at once unless some wait. For what a transport does in
   * answer to its peer: a pong, or the end. What the peer sent for it has so many `octets`, none by default: peers that send
   * many wait as those do who send many messages.
   */
  inOrder(task: () => void, octets?: number): void;
  /** The peer sent so many octets that say nothing, such as pongs; reading them takes its time, too. */
  idle(octets: number): void;
  /** The link takes frames again. */
  drained(): void;
  /** The transport is about to write something of its own: what waits must go first. */
  flush(): void;
  /** The transport is about to say its last: all that waits must go first, however full the link is. */
  finish(): void;
  /** The peer sent what its transport cannot read, for the reason `reason`. Nothing of it is heard any more; the link will close. */
  unreadable(reason: string): void;
  /** The peer has been silent for too long. */
  unresponsive(): void;
  /** The link is gone; nothing follows. */
  closed(): void;
}

const ignore = (): void => {};

/** Hears nothing: the listener of a link that nobody listens to yet. */
export const deafListener: LinkListener = {
  defers: () => false,
  received: ignore,
  inOrder: (task) => task(),
  idle: ignore,
  drained: ignore,
  flush: ignore,
  finish: ignore,
  unreadable: ignore,
  unresponsive: ignore,
  closed: ignore,
};

/** What is known of a peer before it has said anything. */
export interface Handshake {
  /** `wamp.1`, `wamp.2.json`, ... */
  readonly protocol: string;
  readonly remoteAddress: string | undefined;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Where the link is encrypted. */
  readonly tls?: TlsPeer | undefined;
}
