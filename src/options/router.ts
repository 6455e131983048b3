/**
 * The options of `new Postmaster()`, which are also most keys of a config file. What is invalid (a misspelt name, a limit
 * that is no number) is refused with one sentence.
 */

import type { PermissionsInput } from '../auth/permission.ts';
import type { GetAuthPermissions, GetAuthSecret } from '../auth/wampcra-v1.ts';
import type { Logger } from '../base/console-log.ts';
import { isDict } from '../base/dict.ts';
import type { Inspect } from '../chart/inspect.ts';
import { engineNames } from '../chart/running-chart.ts';
import type { OutboxPolicy } from '../connection/outbox.ts';
import { either, list, object, ruled } from '../kind/compound.ts';
import type { Given, Kind, Value } from '../kind/kind.ts';
import { libraryOnly, optional, required } from '../kind/kind.ts';
import { Place } from '../kind/place.ts';
import { callback, flag, matching, oneOf, text, textWith, whole } from '../kind/plain.ts';
import { isNetwork } from '../net/address.ts';
import { isHostName } from '../net/request.ts';
import type { PeerInfo } from '../session/peer.ts';
import type { CompressionSettings } from '../transport/websocket/compression.ts';
import { compressionDefaults } from '../transport/websocket/compression.ts';
import { isOrigin } from '../transport/websocket/origin.ts';
import { ConfigError } from '../wamp/error.ts';
import type { PublishOptions } from '../wamp/options.ts';
import type { Publication } from '../wamp/publication.ts';
import type { Limits, V1Settings } from './limits.ts';
import { defaultLimits, defaultV1, limitOptions, v1Options } from './limits.ts';
import { realm } from './realm.ts';

/** What `messageToPublish` returns: false vetoes the publication. */
// biome-ignore lint/suspicious/noConfusingVoidType: a function that returns nothing lets pass
export type PublishVerdict = boolean | undefined | void;

type OnAuthenticated = (authKey: string | null, authExtra: unknown, permissions: PermissionsInput) => unknown;
type OnDisconnect = (authKey: string | null, authExtra: unknown) => unknown;
type MessageToPublish = (
  connection: PeerInfo,
  publication: Publication,
  options: PublishOptions,
) => PublishVerdict | PromiseLike<PublishVerdict>;
type InspectOption = Inspect | { readonly next?: Inspect };

/** How messages are compressed. */
export const compressionOptions = {
  /** How hard messages are compressed: from 1, the fastest, to 9, the smallest result. */
  level: optional(whole(1, 9), compressionDefaults.level),
  /** The size of the compression window as a power of two: 13 is 8 KiB. */
  windowBits: optional(whole(9, 15), compressionDefaults.windowBits),
  /**
   * Whether both sides remember earlier messages, which compresses small messages that are alike further. Each connection
   * then keeps its compressors for as long as it lives.
   */
  contextTakeover: optional(flag, compressionDefaults.contextTakeover),
  /** The shortest message that is compressed. */
  threshold: optional(whole(0, undefined, 'octets'), compressionDefaults.threshold),
} satisfies { readonly [Name in keyof CompressionSettings]: Kind<CompressionSettings[Name]> };

/** How messages are compressed; what is left out has its default. */
export interface CompressionOptions extends Given<typeof compressionOptions> {}

const compression = object(compressionOptions);
const switched: Kind<boolean, CompressionSettings | false> = {
  expected: flag.expected,
  read: (given) => given === true && compressionDefaults,
};

const methods = ['debug', 'info', 'warn', 'error'];
const isLogger = (given: unknown): boolean =>
  given === false || (isDict(given) && methods.every((method) => typeof given[method] === 'function'));
const isInspect = (given: unknown): boolean =>
  typeof given === 'function' || (isDict(given) && typeof given.next === 'function');

/** The options of a router. */
export const routerOptions = {
  /** The realms, at least one. */
  realms: required(list(realm, { least: 1, expected: 'a list of at least one realm' })),
  /** The realm of WAMP v1 connections, and of everything for which no realm is named. Default: the first. */
  v1Realm: text,
  /**
   * The secret of an authkey: a string, `{ secret, salt, iterations?, keylen? }` or `{ derivedKey, salt, ... }`;
   * `''` or undefined if there is no such authkey. Default: there are none.
   */
  getAuthSecret: callback<GetAuthSecret>(),
  /** What an authkey may do. Default: nothing. */
  getAuthPermissions: callback<GetAuthPermissions>(),
  /** Called when a session has authenticated. The authkey of an anonymous one is null. */
  onAuthenticated: callback<OnAuthenticated>(),
  /** Called once for each session that had authenticated, when it is over. */
  onDisconnect: callback<OnDisconnect>(),
  /**
   * Called for each publication of a peer that has the permission, before any subscriber receives it, with the options that
   * the publisher gave: true or undefined, or a promise of one, lets it pass, false vetoes it. A WampError that it throws is
   * sent to the publisher, if it asked for an acknowledgement. If it throws or answers anything else, or answers later than
   * `limits.authTimeout`, the publication is refused, and that is logged.
   */
  messageToPublish: callback<MessageToPublish>(),
  /** Limits of sizes, counts and times. */
  limits: optional(object(limitOptions) as Kind<Partial<Limits>, Limits>, defaultLimits),
  /** What happens to events when an outbox is full: the connection is closed, or the oldest or newest of them are dropped. */
  outboxPolicy: optional<Kind<OutboxPolicy>, OutboxPolicy>(oneOf(['close', 'drop-oldest', 'drop-newest']), 'close'),
  /** How WAMP v1 is spoken. */
  v1: optional(object(v1Options) as Kind<Partial<V1Settings>, V1Settings>, defaultV1),
  /** Browser origins that may connect besides the router's own host; `*` is all, `loopback` is any page of this machine. */
  origins: optional(
    list(textWith('"*", "loopback", "null" or an origin such as https://app.example.com', isOrigin)),
    [],
  ),
  /**
   * Host names, without port, under which pages of the router's own site may connect on a loopback or private socket. Others
   * are refused there, because any page can point a name of its own at such an address. IP addresses and loopback names need
   * not be listed.
   */
  hosts: optional(list(textWith('a host name without port, such as router.example', isHostName)), []),
  /**
   * Addresses and networks of the proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are trusted: for limits per
   * address, for the log and for `origins`. From any other peer these headers are ignored.
   */
  trustedProxies: optional(list(textWith('an IP address, or a network such as 10.0.0.0/8', isNetwork)), []),
  /** Whether, and how, messages are compressed for peers that offer permessage-deflate. */
  compression: optional(
    either<boolean | CompressionOptions, CompressionSettings | false>(
      'true, false or an object',
      [compression],
      (given) => (typeof given === 'boolean' ? switched : isDict(given) ? compression : undefined),
    ),
    false,
  ),
  /** Whether the limits per address apply to loopback addresses too. */
  limitLoopback: optional(flag, false),
  /** What runs the chart of each connection: `compiled`, a table made from it, or `xstate`, a live actor of XState. */
  machines: optional(oneOf(engineNames), 'compiled'),
  /**
   * XState's option of that name: called with everything that the charts of the router and of its connections do. With compiled
   * charts it is given equal events, but for the actions of a transition. It sees what peers send, secrets included.
   */
  inspect: libraryOnly(
    matching<InspectOption>('a function or an observer with next', isInspect),
    'is for programs that embed the router',
  ),
  /** A pino logger, or anything with its methods. Default: warnings and errors go to stderr, a line each. With false nothing is logged. */
  logger: libraryOnly(
    matching<Logger | false>(`false, or a logger with the methods ${methods.join(', ')}`, isLogger),
    'is for programs that embed the router: here it is "log"',
  ),
};

/** The default of `drain`: ms for which calls may go on when the router is told to end. */
export const defaultDrain = 5_000;

/** Options of `new Postmaster()`. CONFIG.md has each with what it must be and its default. */
export interface PostmasterOptions extends Given<typeof routerOptions> {}

/** Options with every default filled in. */
export interface Settings extends Value<typeof routerOptions> {
  readonly v1Realm: string;
}

/** Keys that only a config file has, with what a program does instead. */
const inConfigFiles = {
  listeners: 'is for config files: a program calls listen()',
  rawSockets: 'is for config files: a program calls listenRawSocket()',
  drain: 'is for config files: a program calls close({ drain })',
  log: 'is for config files: a program has "logger"',
  procedures: 'is for config files: a program calls registerRPC() or registerUnauthRPC()',
  interceptors: 'is for config files: a program calls intercept()',
};

/** Checks the rules that concern several options at once, for programs and for config files. */
export const checkTogether = (given: Value<typeof routerOptions>, place: Place): void => {
  const { realms, v1 } = given;
  const names = realms.map(({ name }) => name);
  for (const [at, name] of names.entries()) {
    const first = names.indexOf(name);
    if (first < at)
      place.at('realms').entry(at).at('name').refuse(`is "${name}", which is the name of realms[${first}] already`);
  }
  const own = given.v1Realm === undefined ? realms[0] : realms.find(({ name }) => name === given.v1Realm);
  if (!own) place.at('v1Realm').refuse(`is not one of the realms (${names.join(', ')})`);
  else if (v1.open && own.anonymous === undefined) {
    place
      .at('v1')
      .at('open')
      .refuse(`lets peers join as anonymous, but the realm "${own.name}" has no "anonymous" permissions`);
  }
};

const router = ruled(object(routerOptions, { elsewhere: inConfigFiles }), checkTogether);

/** Fills in the defaults. Throws a ConfigError with a line for each invalid option: its path, and what it must be. */
export const checkOptions = (options: PostmasterOptions): Settings => {
  const faults: string[] = [];
  const settings = router.read(options, new Place({ faults, name: 'the options object' }));
  if (faults.length > 0) throw new ConfigError(faults.join('\n'));
  return { ...settings, v1Realm: settings.v1Realm ?? settings.realms[0]?.name ?? '' };
};
