/**
 * The messages of WAMP as plain values: what peers say to the router, what the router says to peers.
 *
 * Here lives the table of message names and codes (specification, Basic Profile, "Message Codes and Direction") and the
 * shape of each message that the core handles. WAMP v1 has other names and codes; its dialect translates, so nothing
 * behind a connection knows v1. What must not live here: bytes, validation, state.
 */

import type { Id } from './id.ts';
import type { Reason } from './reason.ts';

/** Who may send a message. */
export type Sender = 'peer' | 'router' | 'both';

/** Every message of WAMP v2 with its code on the wire and who may send it. */
export const messageTable = {
  HELLO: { code: 1, from: 'peer' },
  WELCOME: { code: 2, from: 'router' },
  ABORT: { code: 3, from: 'both' },
  CHALLENGE: { code: 4, from: 'router' },
  AUTHENTICATE: { code: 5, from: 'peer' },
  GOODBYE: { code: 6, from: 'both' },
  ERROR: { code: 8, from: 'both' },
  PUBLISH: { code: 16, from: 'peer' },
  PUBLISHED: { code: 17, from: 'router' },
  SUBSCRIBE: { code: 32, from: 'peer' },
  SUBSCRIBED: { code: 33, from: 'router' },
  UNSUBSCRIBE: { code: 34, from: 'peer' },
  UNSUBSCRIBED: { code: 35, from: 'router' },
  EVENT: { code: 36, from: 'router' },
  CALL: { code: 48, from: 'peer' },
  CANCEL: { code: 49, from: 'peer' },
  RESULT: { code: 50, from: 'router' },
  REGISTER: { code: 64, from: 'peer' },
  REGISTERED: { code: 65, from: 'router' },
  UNREGISTER: { code: 66, from: 'peer' },
  UNREGISTERED: { code: 67, from: 'router' },
  INVOCATION: { code: 68, from: 'router' },
  INTERRUPT: { code: 69, from: 'router' },
  YIELD: { code: 70, from: 'peer' },
} as const satisfies Record<string, { readonly code: number; readonly from: Sender }>;

/** The name of a message, in capitals as in the specification. */
export type MessageType = keyof typeof messageTable;

/** Every message name, in the order of the codes. */
export const messageTypes = Object.keys(messageTable) as readonly MessageType[];

/** Positional payload. */
export type Args = readonly unknown[];

/** Keyword payload. */
export type Kwargs = Readonly<Record<string, unknown>>;

/** The payload of an event, a call, a result or an error. */
export interface Payload {
  readonly args: Args;
  readonly kwargs: Kwargs | undefined;
}

/**
 * What a peer calls its own request: an id of session scope in v2, the callID (any string) in v1. The core hands it back
 * untouched and never looks inside.
 */
export type RequestId = number | string;

/** How the URI of a subscription or rule is compared (Advanced Profile, "Pattern-based Subscriptions"). */
export type Match = 'exact' | 'prefix' | 'wildcard';

/** Opens a session. In v1 this is the call of `procedure#authreq`: `authkey` is the authid, `authextra` its `extra`. */
export interface Hello {
  readonly type: 'HELLO';
  readonly request: RequestId;
  readonly authid: unknown;
  readonly authextra: unknown;
}

/** Answers a challenge. In v1 this is the call of `procedure#auth`. */
export interface Authenticate {
  readonly type: 'AUTHENTICATE';
  readonly request: RequestId;
  readonly signature: unknown;
}

/** Ends a session. WAMP v1 has no such message. */
export interface Goodbye {
  readonly type: 'GOODBYE';
  readonly reason: string;
}

/** Asks for the events of a topic. */
export interface Subscribe {
  readonly type: 'SUBSCRIBE';
  readonly request: RequestId;
  readonly topic: string;
  readonly match: Match;
}

/** Ends a subscription, named by its topic: WAMP v1 knows no subscription ids. */
export interface Unsubscribe {
  readonly type: 'UNSUBSCRIBE';
  readonly request: RequestId;
  readonly topic: string;
  readonly match: Match;
}

/** Who may and may not hear a publication. Presence decides: an empty `eligible` is nobody. */
export interface PublishOptions {
  readonly acknowledge?: boolean;
  readonly exclude_me?: boolean;
  readonly exclude?: readonly Id[];
  readonly eligible?: readonly Id[];
}

/** Publishes an event to a topic. */
export interface Publish extends Payload {
  readonly type: 'PUBLISH';
  readonly request: RequestId;
  readonly topic: string;
  readonly options: PublishOptions;
}

/** Calls a procedure. */
export interface Call extends Payload {
  readonly type: 'CALL';
  readonly request: RequestId;
  readonly procedure: string;
  /** Whether the caller wants progressive results. */
  readonly progress: boolean;
}

/** What a peer may say to the router. */
export type PeerMessage = Hello | Authenticate | Goodbye | Subscribe | Unsubscribe | Publish | Call;

/** What an established session may ask of its realm; the chart lets nothing else through. */
export type SessionRequest = Subscribe | Unsubscribe | Publish | Call;

/** Acknowledges SUBSCRIBE. */
export interface Subscribed {
  readonly type: 'SUBSCRIBED';
  readonly request: RequestId;
  readonly subscription: Id;
}

/** Acknowledges UNSUBSCRIBE. */
export interface Unsubscribed {
  readonly type: 'UNSUBSCRIBED';
  readonly request: RequestId;
}

/** Acknowledges PUBLISH, when asked to. */
export interface Published {
  readonly type: 'PUBLISHED';
  readonly request: RequestId;
  readonly publication: Id;
}

/** An event for the subscribers of one subscription. All of them are given this very object, so it is encoded once. */
export interface Event {
  readonly type: 'EVENT';
  readonly subscription: Id;
  readonly publication: Publication;
}

/** The answer to a call; with `progress` one of several, more follow. */
export interface Result extends Payload {
  readonly type: 'RESULT';
  readonly request: RequestId;
  readonly progress: boolean;
}

/** Refuses or fails one request. */
export interface ErrorMessage extends Payload {
  readonly type: 'ERROR';
  readonly requestType: SessionRequest['type'];
  readonly request: RequestId;
  readonly error: Reason;
  readonly description: string;
  readonly details: unknown;
  /** `callee`: the procedure chose the URI, it passes as it is. `router`: a dialect may have its own name for it. */
  readonly from: 'router' | 'callee';
}

/** What a realm says to one of its sessions. */
export type SessionReply = Subscribed | Unsubscribed | Published | Event | Result | ErrorMessage;

/**
 * One accepted publication, as interceptors, `messageToPublish` and observers of a topic see it. Never changed: an
 * interceptor passes it on or emits a copy (`{ ...publication, args }`).
 */
export interface Publication extends Payload {
  /** Random over 1 to 2^53 - 1; the same for every subscriber (Basic Profile, "IDs"). */
  readonly id: Id;
  readonly topic: string;
  /** Session id of the publisher; absent when the embedding program published. */
  readonly publisher?: Id;
  readonly realm: string;
  /** When the router accepted it, in ms since 1970. */
  readonly time: number;
}
