import { describe, expect, test } from 'vitest';
import { checkConfig, optionsOf } from '../../src/config/schema.ts';
import { Postmaster } from '../../src/index.ts';

const map = (source: unknown): unknown => source;
const rules = [{ uri: 'a', publish: true }];
const realm = { name: 'realm1', roles: { member: rules } };

describe('a config', () => {
  test('with principals of WAMP-CRA in the realm of v1 becomes options that look them up', async () => {
    const alice = { secret: 's', role: 'member' };
    const bob = { secret: { derivedKey: 'k', salt: 'x', iterations: 5 }, role: 'member' };
    const carol = { secret: 'c', role: 'soprano', permissions: [] };
    const options = optionsOf(
      checkConfig(
        {
          realms: [
            {
              ...realm,
              authenticators: { wampcra: { alice, bob, carol } },
              anonymous: rules,
            },
          ],
          limits: { callTimeout: 5 },
          v1: { strict: true },
        },
        'file',
      ),
    );
    expect(() => new Postmaster(options)).not.toThrow();
    expect(await options.getAuthSecret?.('alice')).toBe('s');
    expect(await options.getAuthSecret?.('bob')).toEqual({ derivedKey: 'k', salt: 'x', iterations: 5 });
    for (const key of ['nobody', 'constructor', '__proto__', ''])
      expect(await options.getAuthSecret?.(key)).toBeUndefined();
    expect(await options.getAuthPermissions?.('alice', null)).toEqual(rules);
    expect(await options.getAuthPermissions?.('carol', null)).toEqual([]);
    expect(await options.getAuthPermissions?.('nobody', null)).toBeUndefined();
    expect(options.realms).toMatchObject([
      {
        name: 'realm1',
        anonymous: rules,
        roles: { member: rules },
        authenticators: { wampcra: { alice, bob, carol } },
      },
    ]);
    expect(options).toMatchObject({ v1: { strict: true }, limits: { callTimeout: 5 } });
    expect(Object.keys(options)).not.toContain('listeners');
  });

  test.each<[string, unknown, string]>([
    ['nothing', null, 'f: the config must be an object'],
    ['no realms', {}, 'f: realms is missing: it must be a list of at least one realm'],
    ['an engine that there is not', { realms: [realm], machines: 'xstat' }, 'f: machines must be '],
    ['empty realms', { realms: [] }, 'f: realms must be a list of at least one realm'],
    ['an unknown key', { realms: [realm], cluster: {} }, 'f: the config has no "cluster"; known are listeners'],
    [
      'a user of a role that there is not',
      { realms: [{ ...realm, authenticators: { ticket: { joe: { ticket: 't', role: 'r' } } } }] },
      'f: realms[0].authenticators.ticket (entry 1).role is not a role of this realm; it has member',
    ],
    [
      'users, as there once were',
      { realms: [{ ...realm, users: { ticket: { joe: { ticket: 't', role: 'member' } } } }] },
      'f: realms[0].users is an old key: write "authenticators", as CONFIG.md has it',
    ],
    [
      'permissions below a role, as there once were',
      { realms: [{ ...realm, roles: { member: { permissions: rules } } }] },
      'f: realms[0].roles.member.permissions is an old key: put its rules in its place, one level up',
    ],
    [
      'a role for anonymous peers, as there once was',
      { realms: [{ ...realm, anonymous: 'guest' }] },
      'f: realms[0].anonymous must be a list of rules, or { pubsub, rpc }, not the name of a role: write the rules of "guest" here',
    ],
    [
      'a secret in pieces, as there once was',
      { realms: [{ ...realm, authenticators: { wampcra: { joe: { secret: 's', salt: 'x', role: 'member' } } } }] },
      'f: realms[0].authenticators.wampcra (entry 1).salt belongs into the secret: write secret: { ... }',
    ],
    [
      'an option for programs',
      { realms: [realm], logger: console },
      'f: logger is for programs that embed the router: here it is "log"',
    ],
    [
      'a decoy with a secret',
      { realms: [{ ...realm, decoys: { wampcra: [{ secret: 'x' }] } }] },
      'f: realms[0].decoys.wampcra[0] has an unknown key; known are salt, iterations, keylen, isDerived',
    ],
    [
      'a public key that is none',
      { realms: [{ ...realm, authenticators: { cryptosign: { joe: { authorizedKeys: ['x'], role: 'member' } } } }] },
      'f: realms[0].authenticators.cryptosign (entry 1).authorizedKeys[0] must be 64 hexadecimal digits',
    ],
    [
      'a RawSocket listener without a place',
      { realms: [realm], rawSockets: [{}] },
      'f: rawSockets[0] must have one of port and path',
    ],
    [
      'a level of compression that is none',
      { realms: [realm], compression: { level: 0 } },
      'f: compression.level must be a whole number from 1 to 9',
    ],
    [
      'permissions of a socket that may be decimal',
      { realms: [realm], rawSockets: [{ path: '/run/x', mode: 440 }] },
      'f: rawSockets[0].mode must be octal digits in quotes, such as "0660"',
    ],
    [
      'an unknown key deep inside',
      { realms: [{ ...realm, decoyList: {} }] },
      'f: realms[0] has no "decoyList"; known are name, anonymous, roles, authenticators, authorizer, disclosure',
    ],
    [
      'a wrong match',
      { realms: [{ name: 'a', roles: { r: [{ uri: 'x', match: 'glob' }] } }] },
      'f: realms[0].roles.r[0].match must be "exact", "prefix" or "wildcard"',
    ],
    [
      'a flag of a realm that is none',
      { realms: [{ ...realm, progressWithoutCanceling: 'yes' }] },
      'f: realms[0].progressWithoutCanceling must be true or false',
    ],
    [
      'a flag that is none',
      { realms: [{ name: 'a', roles: { r: [{ uri: 'x', call: 1 }] } }] },
      'f: realms[0].roles.r[0].call must be true or false, not a number',
    ],
    [
      'a role that is none',
      { realms: [{ name: 'a', authenticators: { wampcra: { a: { secret: 's', role: 'boss' } } } }] },
      'f: realms[0].authenticators.wampcra (entry 1).role is not a role of this realm, which has none',
    ],
    [
      'a user without a secret',
      { realms: [{ ...realm, authenticators: { wampcra: { a: { role: 'member' } } } }] },
      'f: realms[0].authenticators.wampcra (entry 1).secret is missing: it must be a non-empty string, or',
    ],
    [
      'a derived key without a salt',
      { realms: [{ ...realm, authenticators: { wampcra: { a: { secret: { derivedKey: 'k' }, role: 'member' } } } }] },
      'f: realms[0].authenticators.wampcra (entry 1).secret must have a salt beside',
    ],
    [
      'a port that is none',
      { realms: [realm], listeners: [{ port: '80' }] },
      'f: listeners[0].port must be a whole number from 0 to 65535',
    ],
    [
      'a path without a slash',
      { realms: [realm], listeners: [{ path: 'ws' }] },
      'f: listeners[0].path must be a path that begins with a slash',
    ],
    [
      'a limit that does not exist',
      { realms: [realm], limits: { outbox: 1 } },
      'f: limits has no "outbox"; did you mean "outboxSize"?',
    ],
    ['a realm that does not exist', { realms: [realm], v1Realm: 'x' }, 'f: v1Realm is not one of the realms (realm1)'],
    ['a level that does not exist', { realms: [realm], log: { level: 'loud' } }, 'f: log.level must be "trace"'],
    [
      'a host with a scheme',
      { realms: [realm], hosts: ['https://router.example'] },
      'f: hosts[0] must be a host name without port, such as router.example',
    ],
    [
      'a proxy that is no network',
      { realms: [realm], trustedProxies: ['10.0.0.0/8', '10.0.0.0/'] },
      'f: trustedProxies[1] must be an IP address, or a network such as 10.0.0.0/8',
    ],
    [
      'an origin that is none',
      { realms: [realm], origins: ['example.com'] },
      'f: origins[0] must be "*", "loopback", "null" or an origin',
    ],
    ['a procedure in reserved space', { realms: [realm], procedures: { 'wamp.x': () => 1 } }, 'cannot be registered'],
    ['a callback that is none', { realms: [realm], messageToPublish: true }, 'f: messageToPublish must be a function'],
    [
      'an interceptor with an unknown key',
      { realms: [realm], interceptors: [{ operator: map, topik: 'com.topic' }] },
      'f: interceptors[0] has no "topik"; did you mean "topic"?',
    ],
    [
      'an interceptor of a realm that there is not',
      { realms: [realm], interceptors: [map, { realm: 'x', operator: map }] },
      'f: interceptors[1].realm is not one of the realms (realm1), nor "*" for all',
    ],
    [
      'an interceptor with a match and no topic',
      { realms: [realm], interceptors: [{ match: 'prefix', operator: map }] },
      'f: interceptors[0] has a match but no topic',
    ],
    [
      'an interceptor with a misspelt match',
      { realms: [realm], interceptors: [{ topic: 'com.', match: 'prefx', operator: map }] },
      'f: interceptors[0].match must be "exact", "prefix" or "wildcard"',
    ],
    [
      'an interceptor with a topic that is no URI',
      { realms: [realm], interceptors: [{ topic: 'com.ticker.', operator: map }] },
      'f: interceptors[0] has a topic that is not a valid URI; a pattern needs match: "prefix" or "wildcard"',
    ],
    [
      'an interceptor with a topic longer than any',
      { realms: [realm], limits: { maxUriLength: 5 }, interceptors: [{ topic: 'com.topic', operator: map }] },
      'f: interceptors[0] has a topic that is not a valid URI',
    ],
    [
      'an interceptor without an operator',
      { realms: [realm], interceptors: [{}] },
      'f: interceptors[0].operator is missing: it must be a function',
    ],
    [
      'a role that takes over registrations and is none',
      { realms: [{ ...realm, forceReregister: ['member', 'boss'] }] },
      'f: realms[0].forceReregister[1] is not a role of this realm; it has member',
    ],
    [
      'one callback without the other',
      { realms: [realm], getAuthSecret: () => '' },
      'f: getAuthSecret needs the other of the two callbacks beside it',
    ],
    [
      'principals beside callbacks',
      {
        realms: [{ ...realm, authenticators: { wampcra: {} } }],
        getAuthSecret: () => '',
        getAuthPermissions: () => null,
      },
      'f: getAuthSecret cannot be given together with a table of principals for wampcra',
    ],
  ])('with %s is refused', (_, config, sentence) => {
    expect(() => checkConfig(config, 'f')).toThrow(sentence);
  });

  test('has interceptors for a topic, a pattern, a realm and all realms', () => {
    const interceptors = [
      map,
      { operator: map, realm: '*' },
      { operator: map, realm: 'realm1', topic: 'com.topic' },
      { operator: map, topic: 'com.', match: 'prefix' },
      { operator: map, topic: 'x'.repeat(600) },
    ];
    const config = checkConfig({ realms: [realm], limits: { maxUriLength: 600 }, interceptors }, 'f');
    expect(config.interceptors).toEqual([{ operator: map }, ...interceptors.slice(1)]);
  });

  test('names every problem, one a line, and no secret', () => {
    const config = {
      realms: [
        {
          ...realm,
          authenticators: {
            wampcra: { hunter1: { secret: 'hunter2', hunter3: 1, role: 'hunter4', permissions: 'hunter6' } },
          },
        },
      ],
      limits: { callTimeout: 'hunter5' },
      drain: -1,
    };
    const lines = (() => {
      try {
        checkConfig(config, 'f');
      } catch (error) {
        return (error as Error).message.split('\n');
      }
      return [];
    })();
    expect(lines.length).toBeGreaterThanOrEqual(2);
    expect(lines.join()).not.toContain('hunter');
  });
});
