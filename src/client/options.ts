/** The options of a client, and what it passes to callbacks. */

import type { WireOptions } from '#platform/wire';
import type { Dict } from '../base/dict.ts';
import type { Id } from '../wamp/id.ts';
import type { Match } from '../wamp/message.ts';
import type { CancelMode } from '../wamp/options.ts';
import type { Payload, PayloadForm } from '../wamp/payload.ts';
import type { ClientAuth } from './authenticator.ts';

/** How the pauses between attempts to connect grow. Each is shortened at random, by up to a half. */
export interface ReconnectOptions {
  /** The first pause, in ms. Default: 250. */
  readonly initialDelay?: number;
  /** The longest pause, in ms. Default: 30,000. */
  readonly maxDelay?: number;
  /** How many times longer each pause is than the one before. Default: 2. */
  readonly factor?: number;
}

/** Options of `connect`. */
export interface ClientOptions extends WireOptions {
  /** The realm to join. */
  readonly realm: string;
  /** The authid in HELLO. Default: none; the authentication method or the router decides. */
  readonly authid?: string;
  /** Ways to authenticate, best first. Default: anonymous. */
  readonly auth?: readonly ClientAuth[];
  /** How it connects again after a lost connection; false if it does not. Default: as `ReconnectOptions` say. */
  readonly reconnect?: ReconnectOptions | false;
  /** Called when a session is open: the first one, and each one after a lost connection. */
  readonly onOpen?: (session: SessionFacts) => void;
  /** Called when a session is over. `willReconnect` says whether the client connects again. */
  readonly onEnd?: (facts: EndFacts) => void;
  /**
   * Called with what a handler or callback throws, or its promise rejects with, and with the error of a subscription or
   * registration that cannot be restored on a new connection. `uri` is the topic or procedure, or the name of the callback.
   * Default: a line on stderr.
   */
  readonly onError?: (error: unknown, uri: string) => void;
}

/** What WELCOME says about a session. */
export interface SessionFacts {
  readonly id: Id;
  /** Empty if WELCOME has none. */
  readonly authid: string;
  /** Empty if WELCOME has none. */
  readonly authrole: string;
  /** WELCOME.Details. */
  readonly details: Dict;
}

/** How a session ended. */
export interface EndFacts {
  /** The reason of GOODBYE or ABORT, or `wamp.error.network_failure`. */
  readonly reason: string;
  /** The same in words; may be empty. */
  readonly description: string;
  /** Whether the client will connect again. */
  readonly willReconnect: boolean;
}

/** An event, as a handler of the client receives it. */
export interface ReceivedEvent<Form extends PayloadForm = 'values'> extends Payload<Form> {
  /** The topic of the publication, also if the subscription is a pattern. */
  readonly topic: string;
  /** The id of the publication, the same for all subscribers. */
  readonly publication: Id;
  /** EVENT.Details: the publisher if it is disclosed, `retained` for a retained event. */
  readonly details: Dict;
}

/** Options of a subscription. */
export interface ClientSubscribeOptions<Form extends PayloadForm = 'values'> {
  /** Whether the topic is a pattern. Default: exact. */
  readonly match?: Match;
  /** Whether the router sends the retained event as well. Default: false. */
  readonly get_retained?: boolean;
  /** The form of payloads. Default: values. */
  readonly payload?: Form;
}

/** Options of a call. */
export interface ClientCallOptions<Form extends PayloadForm = 'values'> {
  /** The form of the result and the progressive results. Default: values. The error of a call has values. */
  readonly payload?: Form;
  /** ms after which the router ends the call with `wamp.error.timeout`. Default: that of the router, if it has one. */
  readonly timeout?: number;
  /** Cancels the call when it aborts. */
  readonly signal?: AbortSignal;
  /** What the router does with the invocation when the call is cancelled. Default: killnowait. */
  readonly cancelMode?: CancelMode;
  /** Called with each progressive result. Without it none are asked for. */
  readonly onProgress?: (result: Payload<Form>) => void;
  /** Whether the caller is disclosed to the callee, where the router allows it. */
  readonly discloseMe?: boolean;
}

/** A subscription. It is restored after a lost connection. */
export interface ClientSubscription {
  readonly topic: string;
  /**
   * Ends the subscription. UNSUBSCRIBE is sent when no other handler has the same subscription. Calling it again has no
   * effect. Rejects with the WampError by which the router refused.
   */
  unsubscribe(): Promise<void>;
}

/** A registration. It is restored after a lost connection. */
export interface ClientRegistration {
  readonly procedure: string;
  /** Ends the registration. Calling it again has no effect. Rejects with the WampError by which the router refused. */
  unregister(): Promise<void>;
}

/** CALL.Options of a call. */
export const callOptions = ({ timeout, onProgress, discloseMe }: Omit<ClientCallOptions<never>, 'payload'>): Dict => ({
  ...(timeout !== undefined && { timeout }),
  ...(onProgress && { receive_progress: true }),
  ...(discloseMe !== undefined && { disclose_me: discloseMe }),
});
