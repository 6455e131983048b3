/** A realm in the config: roles, users by authentication method, what is kept and told; and what it means for the router. */

import { z } from 'zod';
import type { AuthenticatorSettings, ByProcedure, CredentialOf } from './auth/methods.ts';
import type { PermissionsInput } from './auth/permission.ts';
import type { SecretInput } from './auth/wampcra.ts';
import { callback, flag, list, listed, must, object, oneOf, record, secretive, text, whole } from './config-schema.ts';
import type { Authorizer } from './realm/authorizer.ts';
import type { Disclosure } from './realm/disclosure.ts';
import type { RealmSettings } from './realm-settings.ts';
import { longestTimer } from './wamp/clock.ts';

const match = oneOf(['exact', 'prefix', 'wildcard']);
const uri = z.string(must('a string'));
const secretText = must('a text of at least 16 characters');

const permission = object({
  uri,
  match: match.exactOptional(),
  call: flag.exactOptional(),
  register: flag.exactOptional(),
  publish: flag.exactOptional(),
  subscribe: flag.exactOptional(),
  disclose: flag.exactOptional(),
}).refine((rule) => rule.uri !== '' || rule.match === 'prefix', {
  path: ['uri'],
  error: 'may be empty only where match is "prefix"',
});

const craUser = object(
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

const scramParameters = {
  kdf: oneOf(['pbkdf2', 'argon2id13']),
  salt: text,
  iterations: whole(1, longestTimer),
  memory: whole(1, longestTimer).exactOptional(),
};

const scramUser = object(
  {
    ...scramParameters,
    storedKey: text,
    serverKey: text,
    role: text,
  },
  secretive,
);

const hexKey = z.string(must('64 hexadecimal digits')).regex(/^[\da-fA-F]{64}$/, must('64 hexadecimal digits'));

const users = object({
  ticket: record(object({ ticket: text, role: text }, secretive)).exactOptional(),
  wampcra: record(craUser).exactOptional(),
  'wamp-scram': record(scramUser).exactOptional(),
  cryptosign: record(object({ authorizedKeys: list(hexKey), role: text })).exactOptional(),
  tls: record(object({ role: text })).exactOptional(),
});

const byProcedure = object({ procedure: text });
const dynamic = z.union([callback<(request: unknown) => unknown>(), byProcedure], must('a function or { procedure }'));

/** One realm of the config. */
export const realm = object({
  name: text,
  roles: record(object({ permissions: list(permission) })).default({}),
  users: users.exactOptional(),
  authenticators: object({
    ticket: dynamic.exactOptional(),
    wampcra: dynamic.exactOptional(),
    'wamp-scram': dynamic.exactOptional(),
    cryptosign: dynamic.exactOptional(),
    tls: dynamic.exactOptional(),
    cookie: object({ name: text, principals: dynamic }).exactOptional(),
  }).exactOptional(),
  authorizer: dynamic.exactOptional(),
  anonymous: text.exactOptional(),
  disclosure: oneOf(['never', 'on-request', 'always']).exactOptional(),
  requestIds: oneOf(['off', 'warn', 'strict']).exactOptional(),
  uris: oneOf(['loose', 'strict']).exactOptional(),
  decoySecret: z.string(secretText).min(16, secretText).exactOptional(),
  decoys: object({
    wampcra: list(
      object({
        salt: text.exactOptional(),
        iterations: whole(1, longestTimer).exactOptional(),
        keylen: whole(1, longestTimer).exactOptional(),
        isDerived: flag.exactOptional(),
      }),
    ).exactOptional(),
    'wamp-scram': list(object(scramParameters)).exactOptional(),
  }).exactOptional(),
  history: list(
    object({
      uri,
      match: match.exactOptional(),
      limit: whole(1, longestTimer).exactOptional(),
      maxSize: whole(1, longestTimer).exactOptional(),
    }),
  ).exactOptional(),
  forceReregister: list(text).exactOptional(),
  progressWithoutCanceling: flag.exactOptional(),
}).superRefine((given, context) => {
  const check = (path: readonly (string | number)[], role: string | undefined): void => {
    if (role === undefined || Object.hasOwn(given.roles, role)) return;
    const known = listed(Object.keys(given.roles)) || 'it has none';
    context.addIssue({ code: 'custom', path: [...path], message: `is none of the roles of this realm (${known})` });
  };
  check(['anonymous'], given.anonymous);
  for (const [method, entries] of Object.entries(given.users ?? {})) {
    for (const [key, { role }] of Object.entries(entries)) check(['users', method, key, 'role'], role);
    if (given.authenticators && method in given.authenticators) {
      context.addIssue({
        code: 'custom',
        path: ['authenticators', method],
        message: 'has users beside it: only one can be',
      });
    }
  }
  given.forceReregister?.forEach((role, at) => {
    check(['forceReregister', at], role);
  });
});

/** A realm of a config, checked. */
export type ConfigRealm = z.output<typeof realm>;

/** The permissions of a role. */
export const permissionsOf = ({ roles }: ConfigRealm, role: string): PermissionsInput => roles[role]?.permissions;

type CraUser = z.output<typeof craUser>;

/** The secret of a user. The schema has seen to it that what is left is one of the shapes that there are. */
export const secretOf = ({ role: _, ...secret }: CraUser): SecretInput => secret as SecretInput;

const authenticatorsOf = ({ users: given = {}, authenticators = {} }: ConfigRealm): AuthenticatorSettings => {
  const { wampcra, ...others } = given;
  const cra: Record<string, CredentialOf<'wampcra'>> = {};
  for (const [authid, user] of Object.entries(wampcra ?? {})) cra[authid] = { secret: secretOf(user), role: user.role };
  const tables: {
    readonly ticket?: Readonly<Record<string, CredentialOf<'ticket'>>>;
    readonly 'wamp-scram'?: Readonly<Record<string, CredentialOf<'wamp-scram'>>>;
    readonly cryptosign?: Readonly<Record<string, CredentialOf<'cryptosign'>>>;
  } = others;
  // What a function of the config answers is checked when it answers.
  return { ...tables, ...(wampcra && { wampcra: cra }), ...(authenticators as AuthenticatorSettings) };
};

/** The options of the router that a realm of the config describes. */
export const realmSettings = (given: ConfigRealm): RealmSettings => {
  const { name, roles, users: _, authenticators: _all, authorizer, anonymous, ...others } = given;
  const authenticators = authenticatorsOf(given);
  return {
    ...(others as { readonly disclosure?: Disclosure }),
    name,
    roles: Object.fromEntries(Object.entries(roles).map(([role, { permissions }]) => [role, permissions])),
    ...(anonymous !== undefined && { anonymous: permissionsOf(given, anonymous) }),
    ...(Object.keys(authenticators).length > 0 && { authenticators }),
    ...(authorizer && { authorizer: authorizer as Authorizer | ByProcedure }),
  };
};
