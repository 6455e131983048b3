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

/** The options of `limits`: limits of sizes, counts and times. */
export const limitOptions = {
  /**
   * The largest message that a peer may send; a larger one closes the connection with 1009. At least 512, the smallest limit
   * that RawSocket can announce.
   */
  maxMessageSize: octets(1024 * 1024, smallestLength),
  /**
   * What a peer may send before it has a session, or in WAMP v1 before its first message; more closes the connection with
   * 1009.
   */
  maxHelloSize: octets(16 * 1024),
  /** Nested lists and objects in a message, the message itself included. */
  maxDepth: count(64),
  /** Values and keys in a message. */
  maxElements: count(128 * 1024),
  /** The longest URI. */
  maxUriLength: octets(defaultUriLimit),
  /** What may wait to be written to one connection. */
  outboxSize: octets(4 * 1024 * 1024),
  /** How long a WAMP v2 peer may take to send HELLO; 0 is no limit. */
  helloTimeout: timeOrNever(5_000),
  /**
   * How long each of these may take: an authenticator, a WAMP v2 peer to answer CHALLENGE, an authorizer, and
   * `messageToPublish`.
   */
  authTimeout: time(5_000),
  /** The same as `authTimeout` for WAMP v1 connections, because old clients derive their keys slowly. */
  v1AuthTimeout: time(60_000),
  /** How long a peer may take to answer GOODBYE, and then a close frame. */
  closeTimeout: time(3_000),
  /** The time between two pings of one connection; 0 sends none. */
  pingInterval: timeOrNever(20_000),
  /** Unanswered pings in a row that end a connection. */
  maxMissedPings: count(2),
  /** The time after which a call is answered with an error; 0 is never. */
  callTimeout: timeOrNever(0),
  /** Subscriptions of one session. */
  maxSubscriptions: count(10_000),
  /** Registrations of one session. */
  maxRegistrations: count(10_000),
  /** Calls of one session that have no answer yet. */
  maxPendingCalls: count(1_024),
  /** Calls of one registration that wait because all its callees are busy. */
  maxQueuedCalls: count(1_024),
  /** Testaments of one session. */
  maxTestaments: count(100),
  /** Memory, roughly, for what the router holds for the peers of one realm: waiting requests, pending calls, testaments. */
  maxHeldSize: octets(256 * 1024 * 1024),
  /** The same memory for one session. */
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
  /** Invalid messages that one v1 connection may send before it is closed. */
  maxBadMessages: count(100),
  /** Failed authentications of one v1 connection after which it is closed. */
  maxFailedLogins: count(10),
  /** Prefixes that one v1 connection may define. */
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
  /** Publishers receive their own events only when they ask for it, as on the reference server. */
  excludePublisherByDefault: optional(flag, false),
  /** Answers an unknown authkey with `no-such-authkey` instead of a challenge to which no answer is right. */
  discloseUnknownKeys: optional(flag, false),
  /** Treats a WebSocket without a subprotocol as WAMP v1. */
  allowMissingSubprotocol: optional(flag, false),
  /** Peers join as anonymous at once, without WAMP-CRA. The v1 realm must have permissions for anonymous peers. */
  open: optional(flag, false),
};

/** WAMP v1 options with every default filled in. */
export interface V1Settings extends Value<typeof v1Options> {}

/** The limits of a router without the option `limits`. */
export const defaultLimits: Limits = defaultsOf(limitOptions);

/** The v1 options of a router without the option `v1`. */
export const defaultV1: V1Settings = defaultsOf(v1Options);
