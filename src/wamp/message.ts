/**
 * The messages of WAMP as plain values: what peers send to the router, and what the router sends to peers.
 *
 * Here lives the table of message names, codes (Basic Profile, "Message Codes and Direction") and elements. The types and
 * both directions of the codec are derived from it. WAMP v1 has other names and codes; its dialect translates them, so
 * nothing behind a connection knows v1. What must not live here: bytes, validation, state.
 */

import type { Dict } from '../base/dict.ts';
import type { Id } from './id.ts';
import type { MessagePayload } from './payload.ts';
import type { RoutedPublication } from './publication.ts';
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
 * dictionary that may be missing, `type` the name of the request that an ERROR is about, `payload` its args and
 * kwargs: two elements, left out when empty.
 */
export const messageTable = {
  HELLO: { code: 1, from: 'peer', fields: ['realm:uri', 'details:dict'] },
  WELCOME: { code: 2, from: 'router', fields: ['session:id', 'details:dict'] },
  ABORT: { code: 3, from: 'both', fields: ['details:dict', 'reason:reason', 'payload:payload'] },
  CHALLENGE: { code: 4, from: 'router', fields: ['method:text', 'extra:dict'] },
  AUTHENTICATE: { code: 5, from: 'peer', fields: ['signature:text', 'extra:dict'] },
  GOODBYE: { code: 6, from: 'both', fields: ['details:dict', 'reason:reason'] },
  ERROR: {
    code: 8,
    from: 'both',
    fields: ['requestType:type', 'request:id', 'details:dict', 'error:reason', 'payload:payload'],
  },
  PUBLISH: {
    code: 16,
    from: 'peer',
    fields: ['request:id', 'options:dict', 'topic:uri', 'payload:payload'],
  },
  PUBLISHED: { code: 17, from: 'router', fields: ['request:id', 'publication:id'] },
  SUBSCRIBE: { code: 32, from: 'peer', fields: ['request:id', 'options:dict', 'topic:uri'] },
  SUBSCRIBED: { code: 33, from: 'router', fields: ['request:id', 'subscription:id'] },
  UNSUBSCRIBE: { code: 34, from: 'peer', fields: ['request:id', 'subscription:id'] },
  UNSUBSCRIBED: { code: 35, from: 'router', fields: ['request:id', 'details:details'] },
  EVENT: {
    code: 36,
    from: 'router',
    fields: ['subscription:id', 'publication:id', 'details:dict', 'payload:payload'],
  },
  CALL: {
    code: 48,
    from: 'peer',
    fields: ['request:id', 'options:dict', 'procedure:uri', 'payload:payload'],
  },
  CANCEL: { code: 49, from: 'peer', fields: ['request:id', 'options:dict'] },
  RESULT: { code: 50, from: 'router', fields: ['request:id', 'details:dict', 'payload:payload'] },
  REGISTER: { code: 64, from: 'peer', fields: ['request:id', 'options:dict', 'procedure:uri'] },
  REGISTERED: { code: 65, from: 'router', fields: ['request:id', 'registration:id'] },
  UNREGISTER: { code: 66, from: 'peer', fields: ['request:id', 'registration:id'] },
  UNREGISTERED: { code: 67, from: 'router', fields: ['request:id', 'details:details'] },
  INVOCATION: {
    code: 68,
    from: 'router',
    fields: ['request:id', 'registration:id', 'details:dict', 'payload:payload'],
  },
  INTERRUPT: { code: 69, from: 'router', fields: ['request:id', 'options:dict'] },
  YIELD: { code: 70, from: 'peer', fields: ['request:id', 'options:dict', 'payload:payload'] },
} as const satisfies Record<string, MessageLayout>;

/** The name of a message, in capitals as in the specification. */
export type MessageType = keyof typeof messageTable;

/** Every message name, in the order of the codes. */
export const messageTypes = Object.keys(messageTable) as readonly MessageType[];

/**
 * The id that a peer gave its request: a number of session scope in v2, the callID (any string) in v1. The core returns it
 * unchanged and never interprets it.
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
  readonly payload: MessagePayload;
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

/** Opens a session. In v1 it stands for the call of `procedure#authreq`, and `request` is its callID. */
export type Hello = Message<'HELLO'> & { readonly request?: RequestId };

/** Answers a challenge. In v1 it stands for the call of `procedure#auth`, whose signature may be of any type. */
export interface Authenticate {
  readonly type: 'AUTHENTICATE';
  readonly signature: unknown;
  readonly extra: Dict;
  readonly request?: RequestId;
}

/** Ends a subscription. WAMP v1 has no subscription ids and names the topic instead. */
export type Unsubscribe = Message<'UNSUBSCRIBE'> & { readonly topic?: string };

/** Subscribes to a topic, or a pattern of topics. */
export type Subscribe = Message<'SUBSCRIBE'>;
/** Publishes an event. */
export type Publish = Message<'PUBLISH'>;
/** Calls a procedure. */
export type Call = Message<'CALL'>;
/** Cancels a call. */
export type Cancel = Message<'CANCEL'>;
/** Registers a procedure, or a pattern of procedures. */
export type Register = Message<'REGISTER'>;
/** Ends a registration. */
export type Unregister = Message<'UNREGISTER'>;
/** Answers an invocation. */
export type Yield = Message<'YIELD'>;
/** Fails an invocation. */
export type PeerError = Message<'ERROR'>;

/** Requests that are answered by an acknowledgement, a result or an ERROR. */
export type Request = Subscribe | Unsubscribe | Publish | Call | Register | Unregister;

/** The messages that an established session may send to its realm; the chart lets no others through. */
export type SessionRequest = Request | Cancel | Yield | PeerError;

/** The messages that a peer may send to the router. */
export type PeerMessage = Hello | Authenticate | Message<'ABORT'> | Message<'GOODBYE'> | SessionRequest;

/** One condition on the receivers of an event: the values of `key` that are excluded, and the only ones that are eligible, if given. */
export interface AudienceFilter {
  readonly key: 'id' | 'authid' | 'authrole' | 'takesTransparent';
  readonly exclude: ReadonlySet<unknown> | undefined;
  readonly eligible: ReadonlySet<unknown> | undefined;
}

/** A publication's audience, compiled so that it can be tested against one subscriber after the other. */
export interface PreparedAudience {
  readonly publisher: Id | undefined;
  readonly filters: readonly AudienceFilter[];
}

/**
 * An event for the subscribers of one subscription. All of them get this very object, so that it is encoded once. `topic`
 * is set when the subscription is a pattern, which does not determine the topic.
 */
export interface Event {
  readonly type: 'EVENT';
  readonly subscription: Id;
  readonly publication: RoutedPublication;
  /** Which of the subscribers receive it. Compiled once from the publication's audience, for all of them. */
  readonly audience: PreparedAudience;
  readonly topic: string | undefined;
  readonly retained: boolean;
}

/** Refuses or fails one request. */
export interface ErrorMessage {
  readonly type: 'ERROR';
  readonly requestType: Request['type'];
  readonly request: RequestId;
  readonly error: Reason;
  readonly payload: MessagePayload;
  /** A sentence for people. v1 has an element for it; a v2 peer gets it as the only argument of an error that has no arguments. */
  readonly description: string;
  /** Becomes ERROR.Details if it is a dictionary. v1 sends it as errorDetails. */
  readonly details: unknown;
  /** `callee`: the procedure chose the URI, which is sent unchanged. `router`: a dialect may translate it. */
  readonly from: 'router' | 'callee';
}

/** The messages that a realm sends to one of its sessions. */
export type SessionReply =
  | Message<'SUBSCRIBED' | 'UNSUBSCRIBED' | 'PUBLISHED' | 'RESULT' | 'REGISTERED' | 'UNREGISTERED'>
  | Message<'INVOCATION' | 'INTERRUPT'>
  | Event
  | ErrorMessage;

/** An object under construction: `Whole` with writable properties. */
export type Draft<Whole> = { -readonly [Name in keyof Whole]: Whole[Name] };
