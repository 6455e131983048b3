/**
 * The config of `postmaster serve`: what may stand in it, and what it means for the router. Reading files is the command's
 * part (`src/cli/config-file.ts`).
 *
 * A problem is told in one sentence that names the file, the path of the key and what was expected there. No sentence
 * repeats a value, nor a key of an object that holds secrets: what a slip of the pen turned into a key may be one.
 */

import type { MonoTypeOperatorFunction } from 'rxjs';
import { z } from 'zod';
import { engineNames } from './chart/engine.ts';
import type { ConfigRealm } from './config-realm.ts';
import { permissionsOf, realm, realmSettings, secretOf } from './config-realm.ts';
import {
  callback,
  flag,
  list,
  listed,
  must,
  object,
  oneOf,
  overrides,
  record,
  secretive,
  text,
  whole,
} from './config-schema.ts';
import { everyRealm, scopeFault } from './interceptor/scope.ts';
import { isNetwork } from './net/address.ts';
import { isHostName } from './net/request.ts';
import type { Limits, PostmasterOptions, V1Settings } from './options.ts';
import { defaultLimits, defaultV1 } from './options.ts';
import type { CompressionOptions } from './transport/compression.ts';
import { compressionFault } from './transport/compression.ts';
import { longestTimer } from './wamp/clock.ts';
import { ConfigError } from './wamp/error.ts';
import type { Publication } from './wamp/message.ts';
import { isReserved } from './wamp/uri.ts';

type Handler = (call: unknown) => unknown;
type Callback<Name extends keyof PostmasterOptions> = NonNullable<PostmasterOptions[Name]>;

/** The names of the log levels, most talkative first. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

const tls = object(
  { cert: text, key: text, passphrase: text.exactOptional(), clientCa: text.exactOptional() },
  secretive,
);

const listener = object({
  host: text.exactOptional(),
  port: whole(0, 65_535).exactOptional(),
  path: z
    .string(must('a path that begins with a slash'))
    .regex(/^\/[^?#\s]*$/, must('a path that begins with a slash'))
    .exactOptional(),
  tls: tls.exactOptional(),
  rawSocket: flag.exactOptional(),
});

const rawSocket = object({
  port: whole(0, 65_535).exactOptional(),
  host: text.exactOptional(),
  path: text.exactOptional(),
  // A number could be meant octal or decimal.
  mode: z
    .string(must('octal digits in quotes, such as "0660"'))
    .regex(/^0?[0-7]{3}$/, must('octal digits in quotes, such as "0660"'))
    .transform((digits) => Number.parseInt(digits, 8))
    .exactOptional(),
  tls: tls.exactOptional(),
}).refine(({ port, path }) => (port === undefined) !== (path === undefined), {
  error: 'must have one of port and path',
});

/** `origins` is compared with what a browser sends: lower case, no slash at the end, no default port. */
const isOrigin = (value: string): boolean => {
  if (value === '*' || value === 'loopback' || value === 'null') return true;
  const { origin } = URL.canParse(value) ? new URL(value) : { origin: undefined };
  return origin === 'null' ? /^[a-z][a-z0-9+.-]*:\/\/[^/?#\sA-Z]+$/.test(value) : origin === value;
};
const origin = z
  .string(must('a string'))
  .refine(isOrigin, must('"*", "loopback", "null" or an origin as browsers send it, such as https://app.example.com'));

const expectedHost = must('a host name without port, such as router.example');
const host = z.string(expectedHost).refine(isHostName, expectedHost);

const expectedNetwork = must('an IP address, or a network such as 10.0.0.0/8');
const network = z.string(expectedNetwork).refine(isNetwork, expectedNetwork);

const procedures = record(
  z.preprocess(
    (value) => (typeof value === 'function' ? { handler: value } : value),
    object({ open: flag.exactOptional(), handler: callback<Handler>() }),
  ),
).superRefine((given, context) => {
  for (const uri of Object.keys(given).filter((uri) => uri === '' || isReserved(uri))) {
    context.addIssue({ code: 'custom', path: [uri], message: 'cannot be registered: its URI is empty or reserved' });
  }
});

const interceptor = z.preprocess(
  (value) => (typeof value === 'function' ? { operator: value } : value),
  object({
    realm: text.exactOptional(),
    topic: z.string(must('a string')).exactOptional(),
    match: oneOf(['exact', 'prefix', 'wildcard']).exactOptional(),
    operator: callback<MonoTypeOperatorFunction<Publication>>(),
  }),
);

/** What only a config file in JavaScript can give. */
const functions = {
  procedures: procedures.exactOptional(),
  interceptors: list(interceptor).exactOptional(),
  messageToPublish: callback<Callback<'messageToPublish'>>().exactOptional(),
  onAuthenticated: callback<Callback<'onAuthenticated'>>().exactOptional(),
  onDisconnect: callback<Callback<'onDisconnect'>>().exactOptional(),
  getAuthSecret: callback<Callback<'getAuthSecret'>>().exactOptional(),
  getAuthPermissions: callback<Callback<'getAuthPermissions'>>().exactOptional(),
};

const compression = z.custom<boolean | CompressionOptions>().superRefine((given, context) => {
  const fault = compressionFault(given);
  if (fault) context.addIssue({ code: 'custom', path: fault.name ? [fault.name] : [], message: fault.message });
});

const schema = object({
  listeners: list(listener).min(1, must('a list of at least one listener')).exactOptional(),
  rawSockets: list(rawSocket).exactOptional(),
  realms: z.array(realm, must('a list of at least one realm')).min(1, must('a list of at least one realm')),
  v1Realm: text.exactOptional(),
  v1: overrides<keyof V1Settings, typeof flag>(defaultV1, flag).exactOptional(),
  limits: overrides<keyof Limits, ReturnType<typeof whole>>(defaultLimits, whole(0, longestTimer)).exactOptional(),
  outboxPolicy: oneOf(['close', 'drop-oldest', 'drop-newest']).exactOptional(),
  origins: list(origin).exactOptional(),
  hosts: list(host).exactOptional(),
  trustedProxies: list(network).exactOptional(),
  compression: compression.exactOptional(),
  limitLoopback: flag.exactOptional(),
  machines: oneOf(engineNames).exactOptional(),
  drain: whole(0, longestTimer).exactOptional(),
  log: object({
    level: oneOf(logLevels).exactOptional(),
    maxWaiting: whole(0, longestTimer).exactOptional(),
  }).exactOptional(),
  ...functions,
}).superRefine((config, context) => {
  const refuse = (path: PropertyKey | readonly PropertyKey[], message: string): void =>
    context.addIssue({ code: 'custom', path: [path].flat(), message });
  const names = config.realms.map(({ name }) => name);
  const { maxUriLength } = { ...defaultLimits, ...config.limits };
  config.interceptors?.forEach(({ operator: _, ...scope }, at) => {
    const fault = scopeFault(scope, maxUriLength);
    if (fault !== undefined) refuse(['interceptors', at], fault);
    if (scope.realm === undefined || scope.realm === everyRealm || names.includes(scope.realm)) return;
    refuse(['interceptors', at, 'realm'], `is none of the realms (${listed(names)}), nor "${everyRealm}" for all`);
  });
  if (config.v1Realm !== undefined && !names.includes(config.v1Realm)) {
    refuse('v1Realm', `is none of the realms (${listed(names)})`);
  }
  const { getAuthSecret, getAuthPermissions } = config;
  if (!getAuthSecret !== !getAuthPermissions) {
    refuse(getAuthSecret ? 'getAuthSecret' : 'getAuthPermissions', 'needs the other of the two callbacks beside it');
  } else if (getAuthSecret && config.realms.some(({ users }) => users?.wampcra)) {
    refuse('getAuthSecret', 'cannot be given together with the users of a realm');
  }
});

/** What a config file says, checked. */
export type Config = z.output<typeof schema>;

const pathOf = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((done, key) => {
    if (typeof key === 'number') return `${done}[${key}]`;
    const name = String(key);
    if (!/^[\w$-]+$/.test(name)) return `${done}[${JSON.stringify(name)}]`;
    return done === '' ? name : `${done}.${name}`;
  }, '') || 'the config';

/** Checks what stands in `file`. Throws a ConfigError with a line for each problem. */
export const checkConfig = (given: unknown, file: string): Config => {
  const { data, error } = schema.safeParse(given);
  if (data) return data;
  throw new ConfigError(error.issues.map(({ path, message }) => `${file}: ${pathOf(path)} ${message}`).join('\n'));
};

/** The keys that hold functions: a file of mere data cannot have them. */
export const functionKeys: readonly string[] = Object.keys(functions);

/** A Map, so that no authkey finds what every object inherits. */
const lookUps = (given: ConfigRealm): Pick<PostmasterOptions, 'getAuthSecret' | 'getAuthPermissions'> => {
  const users = new Map(Object.entries(given.users?.wampcra ?? {}));
  return {
    getAuthSecret: (authKey) => {
      const found = users.get(authKey);
      return found && secretOf(found);
    },
    getAuthPermissions: (authKey) => {
      const found = users.get(authKey);
      return found && permissionsOf(given, found.role);
    },
  };
};

/** The options of the router that a config describes. Listeners, procedures and interceptors are the command's to install. */
export const optionsOf = (config: Config): PostmasterOptions => {
  const {
    listeners: _,
    rawSockets: _raw,
    drain: _drain,
    log: _log,
    procedures: _procedures,
    interceptors: _all,
    ...options
  } = config;
  const [first] = config.realms;
  const v1Realm = config.realms.find(({ name }) => name === config.v1Realm) ?? first;
  return { ...(v1Realm?.users && lookUps(v1Realm)), ...options, realms: config.realms.map(realmSettings) };
};
