/**
 * What a transport and the router know of each other. A transport implements Link, to which frames are written in batches,
 * and passes what arrives to a LinkListener. It never sees a WAMP message.
 */

import type { TlsPeer } from '../auth/authentication.ts';

/** How a transport frames one message. The same frame may be written to many links that have the same framing. */
export interface Framing {
  /** A frame with a text message. */
  text(payload: string): Uint8Array;
  /** A frame with a binary message. The framing does not keep the payload, but the frame may share its memory. */
  binary(payload: Uint8Array): Uint8Array;
  /** A frame of a message of `octets` octets, a text or a binary one, which its caller writes: they are the last of the frame. */
  room(octets: number, isText: boolean): Buffer;
}

/** Joins frames of `bytes` octets in all. If many links are sent the same frames, they are joined once. */
export type Join = (frames: readonly Uint8Array[], bytes: number) => Uint8Array;

/** One link to a peer. No method throws. */
export interface Link {
  readonly framing: Framing;
  /** The largest frame, in octets, that the peer takes; undefined when it has no limit. */
  readonly maxFrame?: number | undefined;
  /**
   * Writes frames in order, `bytes` octets in all. A link whose socket takes one buffer makes it with `join`. Returns false
   * when the link is full; the listener's `drained` follows.
   */
  write(frames: readonly Uint8Array[], bytes: number, join: Join): boolean;
  /** Closes in an orderly way; `closed` follows. */
  close(code: number, reason: string): void;
  /** Cuts the wire; `closed` follows. */
  terminate(): void;
  /**
   * Lifts the smaller limit on what a peer may send before it has a session (in WAMP v1: before its first message). Calling
   * it again has no effect.
   */
  liftHelloLimit?(): void;
  /** Stops reading until `resume` is called. */
  pause(): void;
  /** Reads again. */
  resume(): void;
}

/** A chunk that a link has read and not parsed yet. */
export interface HeldChunk {
  /** Parses the chunk, which calls the listener for each message in it. */
  release(): void;
}

/** Is called with what happens on a link. */
export interface LinkListener {
  /**
   * Asks whether a chunk of `octets` octets is not to be parsed yet, because the router has read enough in this turn of the
   * event loop. If true, the listener pauses the link, and releases `chunk` when it is the link's turn.
   */
  defers(octets: number, chunk: HeldChunk): boolean;
  /** One whole message. The listener does not keep the buffer. */
  received(data: Uint8Array, isBinary: boolean): void;
  /**
   * Runs `task` once all messages that came before it have been handled: at once, unless some of them wait. It is for what a
   * transport does in answer to its peer, such as a pong or the end. `octets` is the size of what the peer sent to cause it,
   * 0 by default: a peer that sends many pings waits as one does that sends many messages.
   */
  inOrder(task: () => void, octets?: number): void;
  /**
   * The peer sent `octets` octets that carry no message, such as pongs. They are counted because reading them takes time as
   * well.
   */
  idle(octets: number): void;
  /** The link takes frames again. */
  drained(): void;
  /** The transport is about to write a frame of its own: frames that wait must be written first. */
  flush(): void;
  /** The transport is about to write its last frame: all frames that wait must be written first, however full the link is. */
  finish(): void;
  /**
   * The peer sent something that the transport cannot read; `reason` says why. What the peer sends after it is ignored, and
   * the link will close.
   */
  unreadable(reason: string): void;
  /** The peer has been silent for too long. */
  unresponsive(): void;
  /** The link is gone; nothing follows. */
  closed(): void;
}

const ignore = (): void => {};

/** Ignores everything: the listener of a link that has no other yet. */
export const ignoringListener: LinkListener = {
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

/** What is known of a peer before its first message. */
export interface Handshake {
  /** `wamp.1`, `wamp.2.json`, ... */
  readonly protocol: string;
  readonly remoteAddress: string | undefined;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Only for a link over TLS. */
  readonly tls?: TlsPeer | undefined;
}
