/**
 * The messages of WAMP as plain values: what peers say to the router, what the router says to peers.
 *
 * Here lives the table of message names and codes (specification, Basic Profile, "Message Codes and Direction") and the
 * elements of each; types and both directions of the codec follow from it. WAMP v1 has other names and codes; its
 * dialect translates, so nothing behind a connection knows v1. What must not live here: bytes, validation, state.
 */

import type { Dict } from '../base/dict.ts';
import type { Id } from './id.ts';
import type { Reason } from './reasons.ts';

/** Who may send a message. */
export type Sender = 'peer' | 'router' | 'both';

interface MessageLayout {
  readonly code: number;
  readonly from: Sender;
  readonly fields: readonly `${string}:${keyof Kinds}`[];
}

/**
 * Every message of WAMP v2: its code on the wire, who may send it, and its elements behind the code as `name:kind`.
 *
 * Kinds: `id` an id, `uri` a URI, `reason` the URI of an error or ending, `text` a string, `dict` a dictionary, `details` a
 * dictionary that may be missing, `type` the name of the request that an ERROR is about, `args` and `kwargs` a payload,
 * left out when empty.
 */
export const messageTable = {
  HELLO: { code: 1, from: 'peer', fields: ['realm:uri', 'details:dict'] },
  WELCOME: { code: 2, from: 'router', fields: ['session:id', 'details:dict'] },
  ABORT: { code: 3, from: 'both', fields: ['details:dict', 'reason:reason', 'args:args', 'kwargs:kwargs'] },
  CHALLENGE: { code: 4, from: 'router', fields: ['method:text', 'extra:dict'] },
  AUTHENTICATE: { code: 5, from: 'peer', fields: ['signature:text', 'extra:dict'] },
  GOODBYE: { code: 6, from: 'both', fields: ['details:dict', 'reason:reason'] },
  ERROR: {
    code: 8,
    from: 'both',
    fields: ['requestType:type', 'request:id', 'details:dict', 'error:reason', 'args:args', 'kwargs:kwargs'],
  },
  PUBLISH: {
    code: 16,
    from: 'peer',
    fields: ['request:id', 'options:dict', 'topic:uri', 'args:args', 'kwargs:kwargs'],
  },
  PUBLISHED: { code: 17, from: 'router', fields: ['request:id', 'publication:id'] },
  SUBSCRIBE: { code: 32, from: 'peer', fields: ['request:id', 'options:dict', 'topic:uri'] },
  SUBSCRIBED: { code: 33, from: 'router', fields: ['request:id', 'subscription:id'] },
  UNSUBSCRIBE: { code: 34, from: 'peer', fields: ['request:id', 'subscription:id'] },
  UNSUBSCRIBED: { code: 35, from: 'router', fields: ['request:id', 'details:details'] },
  EVENT: {
    code: 36,
    from: 'router',
    fields: ['subscription:id', 'publication:id', 'details:dict', 'args:args', 'kwargs:kwargs'],
  },
  CALL: {
    code: 48,
    from: 'peer',
    fields: ['request:id', 'options:dict', 'procedure:uri', 'args:args', 'kwargs:kwargs'],
  },
  CANCEL: { code: 49, from: 'peer', fields: ['request:id', 'options:dict'] },
  RESULT: { code: 50, from: 'router', fields: ['request:id', 'details:dict', 'args:args', 'kwargs:kwargs'] },
  REGISTER: { code: 64, from: 'peer', fields: ['request:id', 'options:dict', 'procedure:uri'] },
  REGISTERED: { code: 65, from: 'router', fields: ['request:id', 'registration:id'] },
  UNREGISTER: { code: 66, from: 'peer', fields: ['request:id', 'registration:id'] },
  UNREGISTERED: { code: 67, from: 'router', fields: ['request:id', 'details:details'] },
  INVOCATION: {
    code: 68,
    from: 'router',
    fields: ['request:id', 'registration:id', 'details:dict', 'args:args', 'kwargs:kwargs'],
  },
  INTERRUPT: { code: 69, from: 'router', fields: ['request:id', 'options:dict'] },
  YIELD: { code: 70, from: 'peer', fields: ['request:id', 'options:dict', 'args:args', 'kwargs:kwargs'] },
} as const satisfies Record<string, MessageLayout>;

/** The name of a message, in capitals as in the specification. */
export type MessageType = keyof typeof messageTable;

/** Every message name, in the order of the codes. */
export const messageTypes = Object.keys(messageTable) as readonly MessageType[];

/** Positional payload. */
export type Args = readonly unknown[];

/** Keyword payload. */
export type Kwargs = Dict;

/** The payload of an event, a call, a result or an error. Empty keyword arguments are none. */
export interface Payload {
  readonly args: Args;
  readonly kwargs: Kwargs | undefined;
}

/**
 * What a peer calls its own request: an id of session scope in v2, the callID (any string) in v1. The core hands it back
 * untouched and never looks inside.
 */
export type RequestId = number | string;

/** How the URI of a subscription, registration or rule is compared (Advanced Profile, "Pattern-based Subscriptions"). */
export type Match = 'exact' | 'prefix' | 'wildcard';

interface Kinds {
  readonly id: Id;
  readonly uri: string;
  readonly reason: Reason;
  readonly text: string;
  readonly dict: Dict;
  readonly details: Dict | undefined;
  readonly type: MessageType;
  readonly args: Args;
  readonly kwargs: Kwargs | undefined;
}

type Elements<Field extends string> = {
  readonly [Part in Field as Part extends `${infer Name}:${string}` ? Name : never]: Part extends `request:id`
    ? RequestId
    : Part extends `${string}:${infer Kind extends keyof Kinds}`
      ? Kinds[Kind]
      : never;
};

/** A message as a value: its name and its elements by name. */
export type Message<Type extends MessageType = MessageType> = Type extends MessageType
  ? { readonly type: Type } & Elements<(typeof messageTable)[Type]['fields'][number]>
  : never;

/** Opens a session. In v1 this is the call of `procedure#authreq`, whose callID is the request. */
export type Hello = Message<'HELLO'> & { readonly request?: RequestId };

/** Answers a challenge. In v1 this is the call of `procedure#auth`; only there the signature may be no text. */
export interface Authenticate {
  readonly type: 'AUTHENTICATE';
  readonly signature: unknown;
  readonly extra: Dict;
  readonly request?: RequestId;
}

/** Ends a subscription. WAMP v1 knows no subscription ids, it names the topic. */
export type Unsubscribe = Message<'UNSUBSCRIBE'> & { readonly topic?: string };

export type Subscribe = Message<'SUBSCRIBE'>;
export type Publish = Message<'PUBLISH'>;
export type Call = Message<'CALL'>;
export type Cancel = Message<'CANCEL'>;
export type Register = Message<'REGISTER'>;
export type Unregister = Message<'UNREGISTER'>;
export type Yield = Message<'YIELD'>;
/** Fails an invocation. */
export type PeerError = Message<'ERROR'>;

/** Requests that are answered by an acknowledgement, a result or an ERROR. */
export type Request = Subscribe | Unsubscribe | Publish | Call | Register | Unregister;

/** What an established session may say to its realm; the chart lets nothing else through. */
export type SessionRequest = Request | Cancel | Yield | PeerError;

/** What a peer may say to the router. */
export type PeerMessage = Hello | Authenticate | Message<'ABORT'> | Message<'GOODBYE'> | SessionRequest;

/** Values of a subscriber that hear nothing, and the only ones that may hear anything. */
export interface HearerFilter {
  readonly key: 'id' | 'authid' | 'authrole';
  readonly exclude: ReadonlySet<unknown> | undefined;
  readonly eligible: ReadonlySet<unknown> | undefined;
}

/** An audience, prepared to be asked about one subscriber after the other. */
export interface Hearers {
  readonly publisher: Id | undefined;
  readonly filters: readonly HearerFilter[];
}

/**
 * An event for the subscribers of one subscription. All of them are given this very object, so it is encoded once. `topic` is
 * there when the subscription is a pattern and does not tell it.
 */
export interface Event {
  readonly type: 'EVENT';
  readonly subscription: Id;
  readonly publication: Publication;
  /** Who of the subscribers hears it: made from the publication's audience, once for all of them. */
  readonly hearers: Hearers;
  readonly topic: string | undefined;
  readonly retained: boolean;
}

/** Refuses or fails one request. */
export interface ErrorMessage extends Payload {
  readonly type: 'ERROR';
  readonly requestType: Request['type'];
  readonly request: RequestId;
  readonly error: Reason;
  /** A sentence for people. v1 has an element for it; v2 peers get it as the only argument of an error that has none. */
  readonly description: string;
  /** ERROR.Details, if it is a dictionary; v1 sends it as errorDetails. */
  readonly details: unknown;
  /** `callee`: the procedure chose the URI, it passes as it is. `router`: a dialect may have its own name for it. */
  readonly from: 'router' | 'callee';
}

/** What a realm says to one of its sessions. */
export type SessionReply =
  | Message<'SUBSCRIBED' | 'UNSUBSCRIBED' | 'PUBLISHED' | 'RESULT' | 'REGISTERED' | 'UNREGISTERED'>
  | Message<'INVOCATION' | 'INTERRUPT'>
  | Event
  | ErrorMessage;

/**
 * Who may hear a publication (Advanced Profile, "Subscriber Black- and Whitelisting"). Every list that is there must let a subscriber
 * pass; an empty `eligible` is nobody, an empty audience is everybody.
 */
export interface Audience {
  /** Session id of the publisher, where it is not to hear its own publication. */
  readonly publisher?: Id | undefined;
  readonly exclude?: readonly Id[] | undefined;
  readonly exclude_authid?: readonly string[] | undefined;
  readonly exclude_authrole?: readonly string[] | undefined;
  readonly eligible?: readonly Id[] | undefined;
  readonly eligible_authid?: readonly string[] | undefined;
  readonly eligible_authrole?: readonly string[] | undefined;
}

/**
 * One accepted publication, as interceptors, `messageToPublish` and observers of a topic see it: plain data, so that a copy of any kind
 * (`{ ...publication, args }`, `structuredClone`, JSON) is for the same audience. Never changed: an interceptor passes it on or
 * emits a copy.
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
  readonly audience: Audience;
  /** What EVENT.Details says of it, besides what depends on the subscription. */
  readonly details?: Dict | undefined;
  /** Whether its publisher asked the broker to keep it for later subscribers (Advanced Profile, "Event Retention"). */
  readonly retain?: boolean | undefined;
}

/** Something that is still being put together. */
export type Draft<Whole> = { -readonly [Name in keyof Whole]: Whole[Name] };
