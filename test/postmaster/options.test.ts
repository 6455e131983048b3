import { describe, expect, test } from 'vitest';
import type { PostmasterOptions } from '../../src/index.ts';
import { ConfigError, Postmaster } from '../../src/index.ts';

describe('new Postmaster', () => {
  test.each<[unknown, string]>([
    [undefined, 'Postmaster takes an object of options'],
    [{}, 'realms must list at least one realm'],
    [{ realms: [] }, 'realms must list at least one realm'],
    [{ realms: [''] }, 'realms[0] must be a name or an object with a name'],
    [{ realms: ['a', 'a'] }, 'realms names "a" twice'],
    [
      { realms: [{ name: 'a', rolls: {} }] },
      'realms[0] has no "rolls"; known are name, anonymous, roles, authenticators, authorizer, disclosure, requestIds, uris, history, decoySecret, decoys, forceReregister, progressWithoutCanceling',
    ],
    [{ realms: [{ name: 'a', roles: { r: 1 } }] }, 'realms[0].roles.r: '],
    [
      { realms: [{ name: 'a', progressWithoutCanceling: 1 }] },
      'realms[0].progressWithoutCanceling must be true or false',
    ],
    [
      {
        realms: [{ name: 'a', roles: { user: [] }, authenticators: { ticket: { joe: { tickt: 't', role: 'user' } } } }],
      },
      'realms[0].authenticators.ticket must be a table whose every entry is an object without keys but role, permissions,',
    ],
    [
      {
        realms: [{ name: 'a', roles: { user: [] }, authenticators: { tls: { ['j'.repeat(513)]: { role: 'user' } } } }],
      },
      'realms[0].authenticators.tls must be a table whose every key is a text of 1 to 512 octets',
    ],
    [
      { realms: [{ name: 'a', authenticators: { tls: { joe: { role: 'user', permissions: 'all' } } } }] },
      'realms[0].authenticators.tls, permissions of an entry',
    ],
    [{ realms: [{ name: 'a', decoys: { ticket: [] } }] }, 'realms[0].decoys has no "ticket"'],
    [
      { realms: [{ name: 'a', decoys: { wampcra: [] } }] },
      'realms[0].decoys.wampcra must be a list of at least one decoy',
    ],
    [
      { realms: [{ name: 'a', decoys: { wampcra: [{}, { salt: 'x', iterations: 0 }] } }] },
      'realms[0].decoys.wampcra[1]: iterations must be a positive integer',
    ],
    [
      { realms: [{ name: 'a', decoys: { wampcra: [{ secret: 'x' }] } }] },
      'realms[0].decoys.wampcra[0]: a decoy has no "secret"',
    ],
    [
      { realms: [{ name: 'a', decoys: { 'wamp-scram': [{ kdf: 'pbkdf2', salt: '', iterations: 1 }] } }] },
      'realms[0].decoys.wamp-scram[0] must be what its principals have beside their secrets',
    ],
    [{ realms: [{ name: 'a', authenticators: { tikcet: {} } }] }, 'realms[0].authenticators has no "tikcet"'],
    [
      { realms: [{ name: 'a', authenticators: { ticket: { joe: {} } } }] },
      'a table whose every entry is an object with',
    ],
    [
      { realms: [{ name: 'a', authenticators: { cookie: {} } }] },
      'an object with the name of the cookie and principals',
    ],
    [
      {
        realms: [
          { name: 'a', roles: { user: [] }, authenticators: { 'wamp-scram': { joe: { role: 'user', salt: 'x' } } } },
        ],
      },
      'realms[0].authenticators.wamp-scram must be a table whose every entry is an object that has a verifier, as',
    ],
    [
      {
        realms: [
          {
            name: 'a',
            roles: { user: [] },
            authenticators: { cryptosign: { joe: { role: 'user', authorizedKeys: ['x'] } } },
          },
        ],
      },
      'realms[0].authenticators.cryptosign must be a table whose every entry is an object that has authorizedKeys, each',
    ],
    [{ realms: [{ name: 'a', authorizer: 'x' }] }, 'realms[0].authorizer must be a function or { procedure }'],
    [{ realms: [{ name: 'a', disclosure: 'maybe' }] }, 'realms[0].disclosure must be one of never, on-request, always'],
    [{ realms: [{ name: 'a', history: [{ uri: 'x', limit: 0 }] }] }, 'realms[0].history[0].limit must be a positive'],
    [
      { realms: [{ name: 'a', anonymous: { pubsub: 1 } }] },
      'realms[0].anonymous: wamp.error.invalid_argument: permissions: pubsub must be a list',
    ],
    [{ realms: ['a'], v1Realm: 'b' }, 'v1Realm is "b", which is none of the realms'],
    [{ realms: ['a'], getAuthSecrets: () => '' }, 'the options object has no "getAuthSecrets"'],
    [{ realms: ['a'], getAuthSecret: 'secret' }, 'getAuthSecret must be a function'],
    [{ realms: ['a'], limits: { outbox: 1 } }, 'limits has no "outbox"'],
    [
      { realms: ['a'], limits: { outboxSize: '4MB' } },
      'limits.outboxSize must be a whole number of at least 1, not "4MB"',
    ],
    [{ realms: ['a'], limits: { callTimeout: -1 } }, 'limits.callTimeout must be a whole number of at least 0, not -1'],
    [{ realms: ['a'], v1: { stict: true } }, 'v1 has no "stict"'],
    [{ realms: ['a'], v1: { strict: 1 } }, 'v1.strict must be true or false, not 1'],
    [
      { realms: ['a'], v1: { open: true } },
      'v1.open lets peers join as anonymous, but the realm "a" has no "anonymous" permissions',
    ],
    [{ realms: ['a'], outboxPolicy: 'drop' }, 'outboxPolicy must be one of close, drop-oldest, drop-newest'],
    [{ realms: ['a'], origins: '*' }, 'origins must be a list of strings'],
    [{ realms: ['a'], hosts: 'router.example' }, 'hosts must be a list of host names without port'],
    [{ realms: ['a'], hosts: ['router.example:8080'] }, 'hosts must be a list of host names without port'],
    [
      { realms: ['a'], trustedProxies: ['proxy.example'] },
      'trustedProxies must be a list of IP addresses and networks',
    ],
    [{ realms: ['a'], trustedProxies: ['10.0.0.0/33'] }, 'trustedProxies must be a list of IP addresses and networks'],
    [{ realms: ['a'], trustedProxies: true }, 'trustedProxies must be a list of IP addresses and networks'],
    [{ realms: ['a'], hosts: ['*'] }, 'hosts must be a list of host names without port'],
    [{ realms: ['a'], machines: 'XState' }, 'machines must be one of compiled, xstate'],
    [{ realms: ['a'], machines: 'xstate', inspect: true }, 'inspect must be a function or an observer with next'],
    [{ realms: ['a'], machines: 'xstate', inspect: {} }, 'inspect must be a function or an observer with next'],
    [{ realms: ['a'], machines: 'compiled', inspect: () => {} }, "inspect needs machines: 'xstate', as only actors"],
    [{ realms: ['a'], compression: 'yes' }, 'compression must be true, false or an object, not "yes"'],
    [{ realms: ['a'], compression: null }, 'compression must be true, false or an object, not null'],
    [{ realms: ['a'], compression: { window: 9 } }, 'compression has no "window"; known are level, windowBits,'],
    [{ realms: ['a'], compression: { level: 10 } }, 'compression.level must be a whole number from 1 to 9'],
    [{ realms: ['a'], compression: { windowBits: 8 } }, 'compression.windowBits must be a whole number from 9 to 15'],
    [{ realms: ['a'], compression: { contextTakeover: 1 } }, 'compression.contextTakeover must be true or false'],
  ])('refuses %j with one sentence', (options, message) => {
    const create = (): Postmaster => new Postmaster(options as PostmasterOptions);
    expect(create).toThrow(ConfigError);
    expect(create).toThrow(message);
  });

  test('starts with nothing in it', () => {
    const postmaster = new Postmaster({ realms: ['realm1'] });
    expect(postmaster.state).toBe('starting');
    expect(postmaster.stats()).toMatchObject({ connections: 0, sessions: 0, registrations: 0, timers: 0 });
    expect([...postmaster.connections()]).toEqual([]);
  });

  test('that never listened can be closed', async () => {
    const postmaster = new Postmaster({ realms: ['realm1'] });
    await postmaster.close();
    expect(postmaster.state).toBe('stopped');
    await expect(postmaster.listen({ port: 0 })).rejects.toThrow('the router is stopped');
  });
});

test('intercept refuses a scope behind the operator, where it would be overlooked', () => {
  const postmaster = new Postmaster({ realms: ['realm1'] });
  const swapped = postmaster.intercept.bind(postmaster) as unknown as (...args: unknown[]) => void;
  expect(() => swapped((source: unknown) => source, { topic: 'urn:t' })).toThrow('intercept takes the scope first');
});
