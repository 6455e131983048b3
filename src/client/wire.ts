/**
 * The client's end of a connection, which is called a wire here: it sends and receives messages in one of the serializers, and knows
 * nothing of sessions. How one is opened is in `wire.ts` of each platform.
 */

import type { ChannelBinding } from '../auth/channel-binding.ts';
import type { SerializerName } from '../codec/serializers.ts';
import type { ProtocolViolation } from '../wamp/error.ts';
import type { Message } from '../wamp/message.ts';
import type { PayloadParts } from '../wamp/payload.ts';

/** Options of a wire on any platform. */
export interface CommonWireOptions {
  /** Serializers that may be used, best first. RawSocket offers the first only. Default: all of them, JSON first. */
  readonly serializers?: readonly SerializerName[];
  /** ms that opening the wire may take. Default: 10,000. */
  readonly connectTimeout?: number;
}

/** Is called with what happens on a wire. */
export interface WireListener {
  /** A message of the router, or a ProtocolViolation for what is no message. */
  received(message: Message | ProtocolViolation): void;
  /** The wire is closed; nothing follows. */
  closed(reason: string): void;
}

/** An open wire. */
export interface Wire {
  /**
   * Sends a message. Throws when the serializer cannot encode it, and on a RawSocket when it is larger than the router
   * accepts.
   */
  send(message: Message): void;
  close(): void;
  /** Payloads in the octets of its serializer. */
  readonly payloadParts: PayloadParts;
  /** 32 octets that both ends of the TLS connection share and nobody else has, or a sentence that says why there are none. */
  channelId(type: ChannelBinding): Uint8Array | string;
  /** Begins to call `listener`, first with what has arrived before. */
  listen(listener: WireListener): void;
}

/** ms that opening a wire may take, where the program does not say. */
export const defaultTimeout = 10_000;
/**
 * The limits of a message of the router. Its elements are not limited: the client trusts the router with its time. Its levels
 * are, since decoding recurses; a router may allow its peers more than the usual 64.
 */
export const bounds = { maxDepth: 1024, maxElements: Number.POSITIVE_INFINITY };
/** The longest message that the client takes, in octets. */
export const maxLength = 16 * 1024 * 1024;

/** Keeps what happens on a wire until somebody listens. */
export interface Mailbox extends WireListener {
  /** Passes on what has happened, and from now on what happens. */
  listen(listener: WireListener): void;
}

/** A mailbox in which nothing has happened. */
export const createMailbox = (): Mailbox => {
  let target: WireListener | undefined;
  const waiting: ((listener: WireListener) => void)[] = [];
  const deliver = (what: (listener: WireListener) => void): void => {
    if (target) what(target);
    else waiting.push(what);
  };
  return {
    received: (message) => deliver((listener) => listener.received(message)),
    closed: (reason) => deliver((listener) => listener.closed(reason)),
    listen: (listener) => {
      target = listener;
      for (const what of waiting.splice(0)) what(listener);
    },
  };
};
