/** What a client can be told, and what it tells. */

import type { Dict } from '../base/dict.ts';
import type { Id } from '../wamp/id.ts';
import type { Payload } from '../wamp/message.ts';
import type { CancelMode } from '../wamp/options.ts';
import type { ClientAuth } from './authenticator.ts';
import type { WireOptions } from './wire.ts';

/** How pauses between attempts grow: ms, ms, and a factor; each is shortened by chance, up to a half. */
export interface ReconnectOptions {
  /** Default: 250. */
  readonly initialDelay?: number;
  /** Default: 30,000. */
  readonly maxDelay?: number;
  /** Default: 2. */
  readonly factor?: number;
}

/** Options of `connect`. */
export interface ClientOptions extends WireOptions {
  readonly realm: string;
  readonly authid?: string;
  /** Ways to authenticate, best first. Default: anonymous. */
  readonly auth?: readonly ClientAuth[];
  /** Default: on, with the defaults of its parts. */
  readonly reconnect?: ReconnectOptions | false;
  /** Told when a session is open: the first one, and each after a connection that was lost. */
  readonly onOpen?: (session: SessionFacts) => void;
  /** Told when a session is over; `willReconnect` whether there will be another. */
  readonly onEnd?: (facts: EndFacts) => void;
  /**
   * Hears what handlers and callbacks throw, or their promises reject with, beside the topic or procedure, or the name of the callback; and
   * which subscription or registration could not be had again on a new connection. Default: a line on stderr.
   */
  readonly onError?: (error: unknown, uri: string) => void;
}

/** What WELCOME said. */
export interface SessionFacts {
  readonly id: Id;
  readonly authid: string;
  readonly authrole: string;
  readonly details: Dict;
}

/** How a session ended. */
export interface EndFacts {
  /** The reason of GOODBYE or ABORT, or `wamp.error.network_failure`. */
  readonly reason: string;
  readonly description: string;
  readonly willReconnect: boolean;
}

/** An event. */
export interface ReceivedEvent extends Payload {
  readonly topic: string;
  readonly publication: Id;
  /** EVENT.Details: the publisher where it is disclosed, `retained` for a retained event. */
  readonly details: Dict;
}

/** Options of a call. */
export interface ClientCallOptions {
  /** ms; the router ends the call with `wamp.error.timeout`. */
  readonly timeout?: number;
  /** Cancels the call when it aborts. */
  readonly signal?: AbortSignal;
  /** What becomes of the callee then. Default: killnowait. */
  readonly cancelMode?: CancelMode;
  /** Hears progressive results. */
  readonly onProgress?: (result: Payload) => void;
  readonly discloseMe?: boolean;
}

/** A subscription. It outlives connections. */
export interface ClientSubscription {
  readonly topic: string;
  unsubscribe(): Promise<void>;
}

/** A registration. It outlives connections. */
export interface ClientRegistration {
  readonly procedure: string;
  unregister(): Promise<void>;
}
