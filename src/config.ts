/**
 * The config of `postmaster serve`: what may stand in it, and what it means for the router. Reading files is the command's
 * part (`src/cli/config-file.ts`).
 *
 * A problem is told in one sentence that names the file, the path of the key and what was expected there. No sentence
 * repeats a value, nor a key of an object that holds secrets: what a slip of the pen turned into a key may be one.
 */

import type { MonoTypeOperatorFunction } from 'rxjs';
import { z } from 'zod';
import type { PermissionsInput } from './auth/permission.ts';
import type { SecretInput } from './auth/wampcra.ts';
import type { Limits, PostmasterOptions, V1Settings } from './options.ts';
import { defaultLimits, defaultV1 } from './options.ts';
import type { RealmSettings } from './realm-settings.ts';
import { ConfigError } from './wamp/error.ts';
import type { Publication } from './wamp/message.ts';
import { isReserved } from './wamp/uri.ts';

type Handler = (call: unknown) => unknown;
type Callback<Name extends keyof PostmasterOptions> = NonNullable<PostmasterOptions[Name]>;

/** The names of the log levels, most talkative first. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

const longestTimer = 2 ** 31 - 1;
const secretive = { hidesKeys: true };

const must = (expected: string): { error: string } => ({ error: `must be ${expected}` });
const listed = (names: readonly string[]): string => names.join(', ');
const quoted = (names: readonly string[]): string =>
  names
    .map((name) => JSON.stringify(name))
    .join(', ')
    .replace(/, (?=[^,]*$)/, ' or ');
const isPlain = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** In JavaScript a key that holds undefined is a key left out. */
const withoutUndefined = (value: unknown): unknown =>
  isPlain(value) ? Object.fromEntries(Object.entries(value).filter(([, held]) => held !== undefined)) : value;

const text = z.string(must('a non-empty string')).min(1, must('a non-empty string'));
const flag = z.boolean(must('true or false'));
const oneOf = <const Name extends string>(names: readonly Name[]) => z.enum(names, must(quoted(names)));
const whole = (least: number, most: number) => {
  const expected = must(`a whole number from ${least} to ${most}`);
  return z.number(expected).refine((value) => Number.isInteger(value) && value >= least && value <= most, expected);
};
const callback = <Type>() => z.custom<Type>((value) => typeof value === 'function', must('a function'));
const list = <Item extends z.ZodType>(item: Item) => z.array(item, must('a list'));
const record = <Value extends z.ZodType>(value: Value) =>
  z.preprocess(withoutUndefined, z.record(z.string(), value, must('an object')));
const object = <Shape extends z.ZodRawShape>(shape: Shape, options: { readonly hidesKeys?: boolean } = {}) => {
  const known = `known are ${listed(Object.keys(shape))}`;
  const error = (issue: { readonly code?: string; readonly keys?: readonly string[] }): string =>
    issue.code !== 'unrecognized_keys'
      ? `must be an object; ${known}`
      : `has ${options.hidesKeys ? 'an unknown key' : `no ${quoted(issue.keys ?? [])}`}; ${known}`;
  return z.preprocess(withoutUndefined, z.strictObject(shape, { error }));
};
/** An object with the names of `defaults`, each optional. */
const overrides = <Name extends string, Type extends z.ZodType>(
  defaults: Readonly<Record<Name, unknown>>,
  type: Type,
) =>
  object(
    Object.fromEntries(Object.keys(defaults).map((name) => [name, type.exactOptional()])) as Record<
      Name,
      z.ZodExactOptional<Type>
    >,
  );

const listener = object({
  host: text.exactOptional(),
  port: whole(0, 65_535).exactOptional(),
  path: z
    .string(must('a path that begins with a slash'))
    .regex(/^\/[^?#\s]*$/, must('a path that begins with a slash'))
    .exactOptional(),
  tls: object({ cert: text, key: text, passphrase: text.exactOptional() }, secretive).exactOptional(),
});

const permission = object({
  uri: z.string(must('a string')),
  match: oneOf(['exact', 'prefix', 'wildcard']).exactOptional(),
  call: flag.exactOptional(),
  register: flag.exactOptional(),
  publish: flag.exactOptional(),
  subscribe: flag.exactOptional(),
}).refine(({ uri, match }) => uri !== '' || match === 'prefix', {
  path: ['uri'],
  error: 'may be empty only where match is "prefix"',
});

const user = object(
  {
    secret: text.exactOptional(),
    derivedKey: text.exactOptional(),
    salt: text.exactOptional(),
    iterations: whole(1, longestTimer).exactOptional(),
    keylen: whole(1, longestTimer).exactOptional(),
    role: text,
  },
  secretive,
)
  .refine(({ secret, derivedKey }) => (secret === undefined) !== (derivedKey === undefined), {
    error: 'must have one of secret and derivedKey',
  })
  .refine(({ derivedKey, iterations, keylen, salt }) => salt ?? (derivedKey ?? iterations ?? keylen) === undefined, {
    error: 'must have a salt beside derivedKey, iterations and keylen',
  });

const roleOf = (roles: object, path: readonly string[], name: string | undefined) =>
  name === undefined || Object.hasOwn(roles, name)
    ? []
    : [{ path, message: `is none of the roles of this realm (${listed(Object.keys(roles)) || 'it has none'})` }];

const realm = object({
  name: text,
  roles: record(object({ permissions: list(permission) })).default({}),
  users: object({ wampcra: record(user).exactOptional() }).exactOptional(),
  anonymous: text.exactOptional(),
}).superRefine(({ roles, users, anonymous }, context) => {
  const unknown = Object.entries(users?.wampcra ?? {}).flatMap(([key, { role }]) =>
    roleOf(roles, ['users', 'wampcra', key, 'role'], role),
  );
  for (const { path, message } of [...roleOf(roles, ['anonymous'], anonymous), ...unknown]) {
    context.addIssue({ code: 'custom', path: [...path], message });
  }
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

const schema = object({
  listeners: list(listener).min(1, must('a list of at least one listener')).exactOptional(),
  realms: z.array(realm, must('a list of at least one realm')).min(1, must('a list of at least one realm')),
  v1Realm: text.exactOptional(),
  v1: overrides<keyof V1Settings, typeof flag>(defaultV1, flag).exactOptional(),
  limits: overrides<keyof Limits, ReturnType<typeof whole>>(defaultLimits, whole(0, longestTimer)).exactOptional(),
  outboxPolicy: oneOf(['close', 'drop-oldest', 'drop-newest']).exactOptional(),
  origins: list(origin).exactOptional(),
  compression: flag.exactOptional(),
  limitLoopback: flag.exactOptional(),
  drain: whole(0, longestTimer).exactOptional(),
  log: object({ level: oneOf(logLevels).exactOptional() }).exactOptional(),
  ...functions,
}).superRefine((config, context) => {
  const refuse = (path: string, message: string): void => context.addIssue({ code: 'custom', path: [path], message });
  const names = config.realms.map(({ name }) => name);
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

type ConfigRealm = Config['realms'][number];
type User = z.output<typeof user>;

const permissionsOf = ({ roles }: ConfigRealm, role: string): PermissionsInput => roles[role]?.permissions;

const realmSettings = (given: ConfigRealm): RealmSettings =>
  given.anonymous === undefined
    ? { name: given.name }
    : { name: given.name, anonymous: permissionsOf(given, given.anonymous) };

// The schema has seen to it that what is left is one of the three shapes.
const secretOf = ({ role: _, ...secret }: User): SecretInput => secret as SecretInput;

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
  const { listeners: _, drain: _drain, log: _log, procedures: _procedures, interceptors: _all, ...options } = config;
  const [first] = config.realms;
  const v1Realm = config.realms.find(({ name }) => name === config.v1Realm) ?? first;
  return { ...(v1Realm?.users && lookUps(v1Realm)), ...options, realms: config.realms.map(realmSettings) };
};
