/**
 * The options of `new Postmaster()`: their meaning, their defaults in one literal each, and the check that refuses what
 * cannot be meant (a name that is misspelt, a limit that is no number) with one sentence.
 */

import type { PermissionsInput } from './auth/permission.ts';
import type { GetAuthPermissions, GetAuthSecret } from './auth/wampcra-v1.ts';
import type { Inspect } from './chart/actor.ts';
import type { EngineName } from './chart/engine.ts';
import { engineNames } from './chart/engine.ts';
import type { OutboxPolicy } from './connection/outbox.ts';
import { isNetwork } from './net/address.ts';
import { isHostName } from './net/request.ts';
import type { PeerInfo } from './realm/peer.ts';
import type { RealmSettings } from './realm-settings.ts';
import { checkNames, checkRealm } from './realm-settings.ts';
import type { CompressionOptions, CompressionSettings } from './transport/compression.ts';
import { checkCompression } from './transport/compression.ts';
import { ConfigError } from './wamp/error.ts';
import type { Publication } from './wamp/message.ts';
import type { PublishOptions } from './wamp/options.ts';
import type { Logger } from './wamp/report.ts';
import { defaultUriLimit } from './wamp/uri.ts';

/** Every number that bounds something. Sizes in octets, times in ms. */
export const defaultLimits = {
  /** The largest message a peer may send; a larger one closes the connection with 1009. */
  maxMessageSize: 1024 * 1024,
  /** What a peer may send before it has a session, or in WAMP v1 has said something; more closes the connection with 1009. */
  maxHelloSize: 16 * 1024,
  /** Levels of lists and objects in a message. */
  maxDepth: 64,
  /** Values and keys in a message. */
  maxElements: 128 * 1024,
  /** Octets of a URI. */
  maxUriLength: defaultUriLimit,
  /** What may wait to be written to one connection. */
  outboxSize: 4 * 1024 * 1024,
  /** How long a WAMP v2 peer may take for its HELLO. */
  helloTimeout: 5_000,
  /** How long an authenticator, and then a challenged WAMP v2 peer, may take; and a procedure that is the authorizer. */
  authTimeout: 5_000,
  /** The same for v1, whose old clients derive their keys slowly. */
  v1AuthTimeout: 60_000,
  /** How long a peer may take to answer a close frame. */
  closeTimeout: 3_000,
  /** Between two pings of one connection; 0 never pings. */
  pingInterval: 20_000,
  /** Unanswered pings that end a connection. */
  maxMissedPings: 2,
  /** After which a call is answered with an error; 0 is never. */
  callTimeout: 0,
  /** Subscriptions of one session. */
  maxSubscriptions: 10_000,
  /** Registrations of one session. */
  maxRegistrations: 10_000,
  /** Calls of one session without an answer. */
  maxPendingCalls: 1_024,
  /** Calls of one registration that wait because all its callees are busy. */
  maxQueuedCalls: 1_024,
  /** Testaments of one session. */
  maxTestaments: 100,
  /** Octets of memory, roughly, of what peers of one realm have sent and the router has to hold: requests, calls, testaments. */
  maxHeldSize: 256 * 1024 * 1024,
  /** The same of one session. */
  maxHeldSizePerSession: 16 * 1024 * 1024,
  /** Topics of one realm with a retained event. */
  maxRetainedTopics: 10_000,
  /** Octets, roughly, of the retained events of one realm. */
  maxRetainedSize: 64 * 1024 * 1024,
  /** Connections of the whole router. */
  maxConnections: 10_000,
  /** Connections of one address at a time. */
  maxConnectionsPerAddress: 1_000,
  /** New connections, and further sessions on them, per second from one address. */
  maxJoinsPerSecond: 100,
  /** Failed authentications per minute from one address. */
  maxFailedAuthsPerMinute: 10,
  /** Messages of one v1 connection that mean nothing, before it is closed. */
  maxBadMessages: 100,
  /** Failed authentications of one v1 connection, before it is closed. */
  maxFailedLogins: 10,
  /** Prefixes of one v1 connection. */
  maxPrefixes: 1_000,
} as const;

/** Limits, each optional. */
export type Limits = { readonly [Name in keyof typeof defaultLimits]: number };

/** How the router speaks WAMP v1. Everything is off by default. */
export const defaultV1 = {
  /** Closes on bad input (1002, 1003, 1007) instead of ignoring it. */
  strict: false,
  /** Answers as the 2013 Postmaster did: permissions as a map, `error:notimplemented`, lower-cased names, calls unchecked. */
  postmasterCompat: false,
  /** Publishers hear their own events only when they ask for it, as on the reference server. */
  excludePublisherByDefault: false,
  /** Answers an unknown authkey with `no-such-authkey` instead of a challenge that nobody can solve. */
  discloseUnknownKeys: false,
  /** Takes a WebSocket without a subprotocol as v1. */
  allowMissingSubprotocol: false,
  /** Peers join as anonymous at once, without WAMP-CRA. The v1 realm must allow anonymous peers something. */
  open: false,
} as const;

/** WAMP v1 options, each optional. */
export type V1Settings = { readonly [Name in keyof typeof defaultV1]: boolean };

/** What `messageToPublish` says of a publication: false keeps it from everybody. */
// biome-ignore lint/suspicious/noConfusingVoidType: a function that returns nothing lets pass
export type PublishVerdict = boolean | undefined | void;

/** Options of `new Postmaster()`. */
export interface PostmasterOptions {
  /** At least one. */
  readonly realms: readonly (string | RealmSettings)[];
  /** The realm of WAMP v1 connections, and of everything that names none. Default: the first. */
  readonly v1Realm?: string;
  /**
   * The secret of an authkey: a string, `{ secret, salt, iterations?, keylen? }` or `{ derivedKey, salt, ... }`;
   * `''` or undefined when there is no such key. Default: there are no keys.
   */
  readonly getAuthSecret?: GetAuthSecret;
  /** What an authkey may do. Default: nothing. */
  readonly getAuthPermissions?: GetAuthPermissions;
  /** Told when a session has authenticated. The authkey of an anonymous one is null. */
  readonly onAuthenticated?: (authKey: string | null, authExtra: unknown, permissions: PermissionsInput) => unknown;
  /** Told once for each session that had authenticated, when it is over. */
  readonly onDisconnect?: (authKey: string | null, authExtra: unknown) => unknown;
  /**
   * Asked about each publication of a peer that has the permission, before anybody hears it, with the options that the publisher gave:
   * true or undefined, or a promise of one, lets it pass, false vetoes it. A WampError that it throws is what the publisher hears, if it
   * asked to. Anything else that it throws or answers, and an answer later than `limits.authTimeout`, refuses the
   * publication, and is logged.
   */
  readonly messageToPublish?: (
    connection: PeerInfo,
    publication: Publication,
    options: PublishOptions,
  ) => PublishVerdict | PromiseLike<PublishVerdict>;
  readonly limits?: Partial<Limits>;
  /** What happens to events when an outbox is full. Default: `close`. */
  readonly outboxPolicy?: OutboxPolicy;
  readonly v1?: Partial<V1Settings>;
  /** Browser origins that may connect besides the router's own host; `*` is all, `loopback` is any page of this machine. */
  readonly origins?: readonly string[];
  /**
   * Host names, without port, that pages of the router's own site may have on a loopback or private socket, as any page can give
   * its own name such an address. IP addresses and loopback names need not be listed.
   */
  readonly hosts?: readonly string[];
  /**
   * Addresses and networks, such as `10.0.0.0/8`, of the proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` count: for limits per
   * address, for the log and for `origins`. Those of nobody else do.
   */
  readonly trustedProxies?: readonly string[];
  /** Whether, and how, messages are compressed for peers that offer permessage-deflate. Default: false. */
  readonly compression?: boolean | CompressionOptions;
  /** Whether per-address limits bind loopback addresses too. Default: false. */
  readonly limitLoopback?: boolean;
  /** What runs the chart of each connection: a compiled table, or a live actor of XState. Default: `compiled`. */
  readonly machines?: EngineName;
  /**
   * XState's option of that name: told of everything that the actors of the router and of its connections do. Needs
   * `machines: 'xstate'`. Sees what peers say, secrets included.
   */
  readonly inspect?: Inspect | { readonly next?: Inspect };
  /** A pino logger, or anything with its methods. Default: nothing is logged. */
  readonly logger?: Logger;
}

/** Options with every default filled in. */
export interface Settings extends Omit<PostmasterOptions, 'compression'> {
  readonly realms: readonly RealmSettings[];
  readonly v1Realm: string;
  readonly limits: Limits;
  readonly outboxPolicy: OutboxPolicy;
  readonly v1: V1Settings;
  readonly origins: readonly string[];
  readonly hosts: readonly string[];
  readonly trustedProxies: readonly string[];
  readonly compression: CompressionSettings | undefined;
  readonly limitLoopback: boolean;
  readonly machines: EngineName;
}

const optionNames = [
  'realms',
  'v1Realm',
  'getAuthSecret',
  'getAuthPermissions',
  'onAuthenticated',
  'onDisconnect',
  'messageToPublish',
  'limits',
  'outboxPolicy',
  'v1',
  'origins',
  'hosts',
  'trustedProxies',
  'compression',
  'limitLoopback',
  'machines',
  'inspect',
  'logger',
];
const callbackNames = [
  'getAuthSecret',
  'getAuthPermissions',
  'onAuthenticated',
  'onDisconnect',
  'messageToPublish',
] as const;
const policies: readonly OutboxPolicy[] = ['close', 'drop-oldest', 'drop-newest'];
const mayBeZero = new Set<string>(['pingInterval', 'callTimeout', 'helloTimeout']);

const checkLimits = (given: Partial<Limits>): Limits => {
  checkNames(given, Object.keys(defaultLimits), 'limits');
  for (const [name, value] of Object.entries(given)) {
    const least = mayBeZero.has(name) ? 0 : 1;
    if (!Number.isSafeInteger(value) || value < least) {
      throw new ConfigError(`limits.${name} must be a whole number of at least ${least}, not ${JSON.stringify(value)}`);
    }
  }
  return { ...defaultLimits, ...given };
};

const checkV1 = (given: Partial<V1Settings>): V1Settings => {
  checkNames(given, Object.keys(defaultV1), 'v1');
  for (const [name, value] of Object.entries(given)) {
    if (typeof value !== 'boolean')
      throw new ConfigError(`v1.${name} must be true or false, not ${JSON.stringify(value)}`);
  }
  return { ...defaultV1, ...given };
};

const checkRealms = (given: unknown): readonly RealmSettings[] => {
  if (!Array.isArray(given) || given.length === 0) throw new ConfigError('realms must list at least one realm');
  const realms = given.map(checkRealm);
  const names = realms.map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw new ConfigError(`realms names "${twice}" twice`);
  return realms;
};

const checkMachines = ({ machines = 'compiled', inspect }: PostmasterOptions): EngineName => {
  if (!engineNames.includes(machines)) throw new ConfigError(`machines must be one of ${engineNames.join(', ')}`);
  if (inspect === undefined) return machines;
  const next = typeof inspect === 'object' ? inspect?.next : inspect;
  if (typeof next !== 'function') throw new ConfigError('inspect must be a function or an observer with next');
  if (machines === 'xstate') return machines;
  throw new ConfigError(
    "inspect needs machines: 'xstate', as only actors of XState make inspection events; the compiled charts make none",
  );
};

const checkFlag = (name: string, value: unknown): boolean => {
  if (typeof value !== 'boolean') throw new ConfigError(`${name} must be true or false, not ${JSON.stringify(value)}`);
  return value;
};

const checkTexts = (
  name: string,
  given: readonly string[] = [],
  isGood: (text: string) => boolean,
  expected: string,
): readonly string[] => {
  if (Array.isArray(given) && given.every((text) => typeof text === 'string' && isGood(text))) return given;
  throw new ConfigError(`${name} must be a list of ${expected}`);
};

/** Fills in the defaults. Throws a ConfigError that names the option and what it must be. */
export const checkOptions = (options: PostmasterOptions): Settings => {
  if (typeof options !== 'object' || options === null) throw new ConfigError('Postmaster takes an object of options');
  checkNames(options, optionNames, 'the options object');
  for (const name of callbackNames) {
    if (options[name] !== undefined && typeof options[name] !== 'function') {
      throw new ConfigError(`${name} must be a function`);
    }
  }
  const realms = checkRealms(options.realms);
  const [first] = realms;
  const v1Realm = options.v1Realm ?? first?.name ?? '';
  const realm = realms.find(({ name }) => name === v1Realm);
  if (!realm) throw new ConfigError(`v1Realm is "${v1Realm}", which is none of the realms`);
  const v1 = checkV1(options.v1 ?? {});
  if (v1.open && realm.anonymous === undefined) {
    throw new ConfigError(
      `v1.open lets peers join as anonymous, but the realm "${v1Realm}" has no "anonymous" permissions`,
    );
  }
  const outboxPolicy = options.outboxPolicy ?? 'close';
  if (!policies.includes(outboxPolicy)) throw new ConfigError(`outboxPolicy must be one of ${policies.join(', ')}`);
  return {
    ...options,
    realms,
    v1Realm,
    v1,
    outboxPolicy,
    origins: checkTexts('origins', options.origins, () => true, 'strings'),
    hosts: checkTexts('hosts', options.hosts, isHostName, 'host names without port'),
    trustedProxies: checkTexts('trustedProxies', options.trustedProxies, isNetwork, 'IP addresses and networks'),
    limits: checkLimits(options.limits ?? {}),
    compression: checkCompression(options.compression),
    limitLoopback: checkFlag('limitLoopback', options.limitLoopback ?? false),
    machines: checkMachines(options),
  };
};
