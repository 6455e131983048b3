/**
 * The keys of a config file of `postmaster serve`: the options of a router (`src/options`) except those that only programs
 * have, and the keys that only a file has. `file.ts` reads the file.
 */

import type { CredentialOf } from '../auth/methods.ts';
import { isDict } from '../base/dict.ts';
import type { Procedure } from '../dealer/procedure.ts';
import { everyRealm, scopeFault } from '../interceptor/scope.ts';
import type { Interceptor } from '../interceptor/stage.ts';
import { either, list, mapped, object, ruled, table } from '../kind/compound.ts';
import type { Description, Kind, LibraryOnly, Value } from '../kind/kind.ts';
import { defaultsOf, optional, required } from '../kind/kind.ts';
import { Place } from '../kind/place.ts';
import { callback, filePath, flag, matching, oneOf, text, textWith, whole } from '../kind/plain.ts';
import { match } from '../options/permissions.ts';
import { isByProcedure } from '../options/principals.ts';
import type { CheckedRealm } from '../options/realm.ts';
import type { PostmasterOptions } from '../options/router.ts';
import { checkTogether, defaultDrain, routerOptions } from '../options/router.ts';
import { listenDefaults } from '../transport/listen.ts';
import { ConfigError } from '../wamp/error.ts';
import { isReserved } from '../wamp/uri.ts';

/** The names of the log levels, the most verbose first. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** The options of `tls`: a certificate and its key. */
export const tlsOptions = {
  /** The certificate and its chain of authorities, PEM. */
  cert: required(filePath),
  /** The private key of the certificate, PEM. */
  key: required(filePath),
  /** The passphrase of the private key. */
  passphrase: text,
  /** The authorities for certificates of peers, PEM. If it is given, peers may send a certificate. */
  clientCa: filePath,
};

const tls = object(tlsOptions, { hidesKeys: true });
const host = textWith('an address or a host name', (given) => given.trim() !== '');

/** The options of a listener for WebSocket. */
export const listenerOptions = {
  /** The address that is bound. */
  host: optional(host, listenDefaults.host),
  /** The port; 0 picks a free one. */
  port: optional(whole(0, 65_535), listenDefaults.port),
  /** The path of the URL for WebSocket. */
  path: optional(
    textWith('a path that begins with a slash', (given) => /^\/[^?#\s]*$/.test(given)),
    listenDefaults.path,
  ),
  /** Certificate and key: `wss` instead of `ws`. */
  tls,
  /** Whether RawSocket is spoken on the same port. */
  rawSocket: optional(flag, listenDefaults.rawSocket),
};

// Not a number, which could be meant as octal or as decimal.
const mode = mapped(
  textWith('octal digits in quotes, such as "0660"', (given) => /^0?[0-7]{3}$/.test(given)),
  (digits) => Number.parseInt(digits, 8),
);

/** The options of a listener for RawSocket only: a port or a Unix socket. */
export const rawSocketOptions = {
  /** The port; 0 picks a free one. One of `port` and `path` must be there. */
  port: whole(0, 65_535),
  /** The address that is bound. Default: 127.0.0.1. */
  host,
  /** The path of the Unix socket. */
  path: filePath,
  /** Permissions of the Unix socket. Default: those that the process gives to new files. */
  mode,
  /** Certificate and key. */
  tls,
};

const rawSocket = ruled(object(rawSocketOptions), ({ port, path }, place) => {
  if ((port === undefined) === (path === undefined)) place.refuse('must have one of port and path');
});

/** What is logged to stderr. */
export const logOptions = {
  /** The lowest level that is shown. */
  level: optional(oneOf(logLevels), 'info'),
  /** How much may wait while nobody reads stderr; further lines are lost, and their number is logged. */
  maxWaiting: optional(whole(0, undefined, 'octets'), 1024 * 1024),
};

/** The options of a procedure that the router itself offers. */
export const procedureOptions = {
  /** Whether every session may call it, whatever its permissions, and WAMP v1 peers before they authenticate. */
  open: optional(flag, false),
  /** The procedure, as for `registerRPC`. */
  handler: required(callback<Procedure>()),
};

/** The options of an interceptor: an RxJS operator through which publications pass. */
export const interceptorOptions = {
  /** The realm whose publications it sees, or `*` for each. Default: the realm of v1 connections. */
  realm: text,
  /** The topic, or the pattern of topics, whose publications it sees. Default: all. */
  topic: matching<string>('a string', (given) => typeof given === 'string'),
  /** How topics are compared with `topic`. Default: `exact`. */
  match,
  /** The operator. */
  operator: required(callback<Interceptor>()),
};

const procedure = object(procedureOptions);
const interceptor = object(interceptorOptions);
const handlerFault = (uri: string): string | undefined =>
  uri === '' || isReserved(uri) ? 'cannot be registered: its URI is empty or reserved' : undefined;

/** Accepts a function, or an object that has the function under `name` beside other options. */
const functionOr = <Given, Value>(name: string, whole: Kind<Given, Value>): Kind<unknown, Value> => {
  const alone: Kind<unknown, Value> = {
    expected: 'a function',
    read: (given, place) => whole.read({ [name]: given }, place),
  };
  return either<unknown, Value>(`a function, or an object with one as ${name}`, [whole], (given) =>
    typeof given === 'function' ? alone : isDict(given) ? whole : undefined,
  );
};

/** The keys that only a config file has. */
export const fileOptions = {
  /** Where the router listens for WebSocket. */
  listeners: optional(list(object(listenerOptions), { least: 1, expected: 'a list of at least one listener' }), [
    listenDefaults,
  ]),
  /** Where the router listens for RawSocket alone. */
  rawSockets: optional(list(rawSocket), []),
  /** How long pending calls may go on after SIGTERM or SIGINT. */
  drain: optional(whole(0, undefined, 'ms'), defaultDrain),
  /** What is logged to stderr. */
  log: optional(object(logOptions), defaultsOf(logOptions)),
  /** Procedures by URI, each a function or an object with more options. */
  procedures: optional(table(functionOr('handler', procedure), { keyFault: handlerFault }), {}),
  /** RxJS operators through which publications pass, each a function or an object with more options. */
  interceptors: optional(list(functionOr('operator', interceptor)), []),
};

type Shared = {
  readonly [Name in keyof typeof routerOptions as (typeof routerOptions)[Name] extends LibraryOnly
    ? never
    : Name]: (typeof routerOptions)[Name];
};

const all = Object.entries<Description[string]>(routerOptions);
const instead = Object.fromEntries(all.flatMap(([name, kind]) => ('instead' in kind ? [[name, kind.instead]] : [])));
const shared = Object.fromEntries(all.filter(([name]) => !Object.hasOwn(instead, name))) as unknown as Shared;

/** All keys of a config file. */
export const configOptions = { ...fileOptions, ...shared };

/** A checked config file, with every default filled in. */
export interface Config extends Value<typeof configOptions> {}

const craTableOf = ({
  authenticators: { wampcra },
}: CheckedRealm): Readonly<Record<string, CredentialOf<'wampcra'>>> | undefined =>
  wampcra === undefined || typeof wampcra === 'function' || isByProcedure(wampcra) ? undefined : wampcra;

const checkInterceptors = ({ interceptors, realms, limits }: Config, place: Place): void => {
  const names = realms.map(({ name }) => name);
  for (const [at, { operator: _, ...scope }] of interceptors.entries()) {
    const there = place.at('interceptors').entry(at);
    const fault = scopeFault(scope, limits.maxUriLength);
    if (fault !== undefined) there.refuse(fault);
    if (scope.realm === undefined || scope.realm === everyRealm || names.includes(scope.realm)) continue;
    there.at('realm').refuse(`is not one of the realms (${names.join(', ')}), nor "${everyRealm}" for all`);
  }
};

const config = ruled(
  object(configOptions, { elsewhere: instead as Readonly<Record<string, string>> }),
  (given, place) => {
    checkTogether(given, place);
    checkInterceptors(given, place);
    const { getAuthSecret, getAuthPermissions, realms } = given;
    if (!getAuthSecret !== !getAuthPermissions) {
      const name = getAuthSecret ? 'getAuthSecret' : 'getAuthPermissions';
      place.at(name).refuse('needs the other of the two callbacks beside it');
    } else if (getAuthSecret && realms.some(craTableOf)) {
      place.at('getAuthSecret').refuse('cannot be given together with a table of principals for wampcra');
    }
  },
);

/** Options of `checkConfig`. */
export interface ConfigSource {
  /** Whether it is data, which can hold no function. Default: false. */
  readonly isData?: boolean;
  /** Makes the path of a file absolute. Default: it is left as it is. */
  readonly resolve?: (path: string) => string;
}

/**
 * Checks `given`, the content of `file`. Throws a ConfigError with a line for each problem: the file, the path of the key,
 * and what it must be.
 */
export const checkConfig = (given: unknown, file: string, source: ConfigSource = {}): Config => {
  const faults: string[] = [];
  const read = config.read(given, new Place({ faults, name: 'the config', ...source }));
  if (faults.length === 0) return read;
  throw new ConfigError(faults.map((fault) => `${file}: ${fault}`).join('\n'));
};

/**
 * The callbacks by which WAMP v1 uses the WAMP-CRA principals of its realm. They are in a Map, so that no authkey finds what
 * every object inherits.
 */
const lookUps = (realm: CheckedRealm): Pick<PostmasterOptions, 'getAuthSecret' | 'getAuthPermissions'> => {
  const principals = craTableOf(realm);
  if (!principals) return {};
  const known = new Map(Object.entries(principals));
  const roles = new Map(Object.entries({ anonymous: realm.anonymous, ...realm.roles }));
  return {
    getAuthSecret: (authKey) => known.get(authKey)?.secret,
    getAuthPermissions: (authKey) => {
      const { permissions, role } = known.get(authKey) ?? {};
      return (permissions as ReturnType<typeof roles.get>) ?? (role === undefined ? undefined : roles.get(role));
    },
  };
};

/** Returns the router options of a config. The command itself installs listeners, procedures and interceptors. */
export const optionsOf = (given: Config): PostmasterOptions => {
  const entries = Object.entries(given).filter(([name]) => !Object.hasOwn(fileOptions, name));
  const v1Realm = given.realms.find(({ name }) => name === given.v1Realm) ?? given.realms[0];
  return { ...(v1Realm && lookUps(v1Realm)), ...(Object.fromEntries(entries) as unknown as PostmasterOptions) };
};
