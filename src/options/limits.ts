/** The options `limits` and `v1`: the numbers that limit something, and how the router speaks WAMP v1. */

import type { Value } from '../kind/kind.ts';
import { defaultsOf, optional } from '../kind/kind.ts';
import { flag, whole } from '../kind/plain.ts';
import { smallestLength } from '../transport/rawsocket/frame.ts';
import { defaultUriLimit } from '../wamp/uri.ts';

const octets = (value: number, least = 1) => optional(whole(least, undefined, 'octets'), value);
const count = (value: number) => optional(whole(1), value);
const time = (value: number) => optional(whole(1, undefined, 'ms'), value);
/** A time in ms; 0 switches it off. */
const timeOrNever = (value: number) => optional(whole(0, undefined, 'ms'), value);

/** The options of `limits`: every number that limits something. */
export const limitOptions = {
  /** The largest message a peer may send; a larger one closes the connection with 1009. RawSocket can announce no less. */
  maxMessageSize: octets(1024 * 1024, smallestLength),
  /** What a peer may send before it has a session, or in WAMP v1 has said something; more closes the connection with 1009. */
  maxHelloSize: octets(16 * 1024),
  /** Levels of lists and objects in a message. */
  maxDepth: count(64),
  /** Values and keys in a message. */
  maxElements: count(128 * 1024),
  /** The longest URI. */
  maxUriLength: octets(defaultUriLimit),
  /** What may wait to be written to one connection. */
  outboxSize: octets(4 * 1024 * 1024),
  /** How long a WAMP v2 peer may take for its HELLO; 0 is as long as it likes. */
  helloTimeout: timeOrNever(5_000),
  /** How long an authenticator, and then a challenged WAMP v2 peer, may take; and a procedure that is the authorizer. */
  authTimeout: time(5_000),
  /** The same for v1, whose old clients derive their keys slowly. */
  v1AuthTimeout: time(60_000),
  /** How long a peer may take to answer a close frame. */
  closeTimeout: time(3_000),
  /** Between two pings of one connection; 0 never pings. */
  pingInterval: timeOrNever(20_000),
  /** Unanswered pings that end a connection. */
  maxMissedPings: count(2),
  /** After which a call is answered with an error; 0 is never. */
  callTimeout: timeOrNever(0),
  /** Subscriptions of one session. */
  maxSubscriptions: count(10_000),
  /** Registrations of one session. */
  maxRegistrations: count(10_000),
  /** Calls of one session without an answer. */
  maxPendingCalls: count(1_024),
  /** Calls of one registration that wait because all its callees are busy. */
  maxQueuedCalls: count(1_024),
  /** Testaments of one session. */
  maxTestaments: count(100),
  /** Memory, roughly, for what peers of one realm have sent and the router has to hold: requests, calls, testaments. */
  maxHeldSize: octets(256 * 1024 * 1024),
  /** The same of one session. */
  maxHeldSizePerSession: octets(16 * 1024 * 1024),
  /** Topics of one realm with a retained event. */
  maxRetainedTopics: count(10_000),
  /** Memory, roughly, for the retained events of one realm. */
  maxRetainedSize: octets(64 * 1024 * 1024),
  /** Connections of the whole router. */
  maxConnections: count(10_000),
  /** Connections of one address at a time. */
  maxConnectionsPerAddress: count(1_000),
  /** New connections, and further sessions on them, per second from one address. */
  maxJoinsPerSecond: count(100),
  /** Failed authentications per minute from one address. */
  maxFailedAuthsPerMinute: count(10),
  /** Messages of one v1 connection that mean nothing, before it is closed. */
  maxBadMessages: count(100),
  /** Failed authentications of one v1 connection, before it is closed. */
  maxFailedLogins: count(10),
  /** Prefixes of one v1 connection. */
  maxPrefixes: count(1_000),
};

/** Limits with every default filled in. Sizes in octets, times in ms. */
export interface Limits extends Value<typeof limitOptions> {}

/** How the router speaks WAMP v1. Everything is off by default. */
export const v1Options = {
  /** Closes on bad input (1002, 1003, 1007) instead of ignoring it. */
  strict: optional(flag, false),
  /** Answers as the 2013 Postmaster did: permissions as a map, `error:notimplemented`, lower-cased names, calls unchecked. */
  postmasterCompat: optional(flag, false),
  /** Publishers hear their own events only when they ask for it, as on the reference server. */
  excludePublisherByDefault: optional(flag, false),
  /** Answers an unknown authkey with `no-such-authkey` instead of a challenge that nobody can solve. */
  discloseUnknownKeys: optional(flag, false),
  /** Takes a WebSocket without a subprotocol as v1. */
  allowMissingSubprotocol: optional(flag, false),
  /** Peers join as anonymous at once, without WAMP-CRA. The v1 realm must allow anonymous peers something. */
  open: optional(flag, false),
};

/** WAMP v1 options with every default filled in. */
export interface V1Settings extends Value<typeof v1Options> {}

/** The limits of a router without the option `limits`. */
export const defaultLimits: Limits = defaultsOf(limitOptions);

/** The v1 options of a router without the option `v1`. */
export const defaultV1: V1Settings = defaultsOf(v1Options);
