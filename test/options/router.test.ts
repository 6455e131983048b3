import { describe, expect, test } from 'vitest';
import type { PostmasterOptions } from '../../src/index.ts';
import { ConfigError, Postmaster } from '../../src/index.ts';
import { checkOptions } from '../../src/options/router.ts';

describe('new Postmaster', () => {
  test.each<[unknown, string]>([
    [undefined, 'the options object is missing: it must be an object'],
    [{}, 'realms is missing: it must be a list of at least one realm'],
    [{ realms: [] }, 'realms must be a list of at least one realm, not an empty one'],
    [{ realms: [''] }, 'realms[0].name must be a non-empty string, not an empty string'],
    [{ realms: [5] }, 'realms[0] must be a name or an object with a name, not a number'],
    [{ realms: ['*'] }, 'realms[0].name must not be "*", which stands for all realms'],
    [{ realms: [{ name: 'a' }, { nam: 'b' }] }, 'realms[1] has no "nam"; did you mean "name"?'],
    [{ realms: ['a', 'a'] }, 'realms[1].name is "a", which is the name of realms[0] already'],
    [{ realms: [{ name: 'a', rolls: {} }] }, 'realms[0] has no "rolls"; did you mean "roles"?'],
    [
      { realms: [{ name: 'a', members: {} }] },
      'realms[0] has no "members"; known are name, anonymous, roles, authenticators, authorizer, disclosure, requestIds, uris, history, decoySecret, decoys, forceReregister, progressWithoutCanceling',
    ],
    [
      { realms: [{ name: 'a', roles: { r: 1 } }] },
      'realms[0].roles.r must be a list of rules, or { pubsub, rpc }, not a number',
    ],
    [
      { realms: [{ name: 'a', progressWithoutCanceling: 1 }] },
      'realms[0].progressWithoutCanceling must be true or false, not a number',
    ],
    [
      {
        realms: [{ name: 'a', roles: { user: [] }, authenticators: { ticket: { joe: { tickt: 't', role: 'user' } } } }],
      },
      'realms[0].authenticators.ticket (entry 1) has an unknown key; did you mean "ticket"?',
    ],
    [
      {
        realms: [{ name: 'a', roles: { user: [] }, authenticators: { tls: { ['j'.repeat(513)]: { role: 'user' } } } }],
      },
      'realms[0].authenticators.tls must be a table whose keys are strings of 1 to 512 octets',
    ],
    [
      { realms: [{ name: 'a', authenticators: { tls: { joe: { role: 'user', permissions: 'all' } } } }] },
      'realms[0].authenticators.tls (entry 1).permissions must be a list of rules, or { pubsub, rpc }, not a string',
    ],
    [
      { realms: [{ name: 'a', decoys: { ticket: [] } }] },
      'realms[0].decoys has no "ticket"; known are wamp-scram, wampcra',
    ],
    [
      { realms: [{ name: 'a', decoys: { wampcra: [] } }] },
      'realms[0].decoys.wampcra must be a list of at least one decoy, not an empty one',
    ],
    [
      { realms: [{ name: 'a', decoys: { wampcra: [{}, { salt: 'x', iterations: 0 }] } }] },
      'realms[0].decoys.wampcra[1].iterations must be a whole number of rounds from 1 to 2147483647, not 0',
    ],
    [
      { realms: [{ name: 'a', decoys: { wampcra: [{ secret: 'x' }] } }] },
      'realms[0].decoys.wampcra[0] has an unknown key; known are salt, iterations, keylen, isDerived',
    ],
    [
      { realms: [{ name: 'a', decoys: { 'wamp-scram': [{ kdf: 'pbkdf2', salt: 'x', iterations: 1 }] } }] },
      'realms[0].decoys.wamp-scram[0] must be what createScramVerifier makes, without its keys',
    ],
    [{ realms: [{ name: 'a', authenticators: { tikcet: {} } }] }, 'realms[0].authenticators has no "tikcet"; '],
    [
      { realms: [{ name: 'a', authenticators: { ticket: { joe: { ticket: 't' } } } }] },
      'realms[0].authenticators.ticket (entry 1).role is missing: it must be a string of 1 to 512 octets',
    ],
    [
      { realms: [{ name: 'a', authenticators: { cookie: { principals: {} } } }] },
      'realms[0].authenticators.cookie.name is missing: it must be a non-empty string',
    ],
    [
      {
        realms: [
          {
            name: 'a',
            roles: { user: [] },
            authenticators: {
              'wamp-scram': { joe: { role: 'user', salt: 'x', storedKey: 'x', serverKey: 'x', iterations: 1 } },
            },
          },
        ],
      },
      'realms[0].authenticators.wamp-scram (entry 1).kdf is missing: it must be "pbkdf2" or "argon2id13"',
    ],
    [
      {
        realms: [
          {
            name: 'a',
            roles: { user: [] },
            authenticators: {
              'wamp-scram': {
                joe: { role: 'user', kdf: 'pbkdf2', salt: 'x', storedKey: 'x', serverKey: 'x', iterations: 1 },
              },
            },
          },
        ],
      },
      'realms[0].authenticators.wamp-scram (entry 1) must be an object that has a verifier, as createScramVerifier makes it',
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
      'realms[0].authenticators.cryptosign (entry 1).authorizedKeys[0] must be 64 hexadecimal digits',
    ],
    [
      { realms: [{ name: 'a', authorizer: 'x' }] },
      'realms[0].authorizer must be a function or { procedure }, not a string',
    ],
    [
      { realms: [{ name: 'a', disclosure: 'maybe' }] },
      'realms[0].disclosure must be "never", "on-request" or "always"',
    ],
    [
      { realms: [{ name: 'a', history: [{ uri: 'x', limit: 0 }] }] },
      'realms[0].history[0].limit must be a whole number from 1 to 2147483647, not 0',
    ],
    [{ realms: [{ name: 'a', anonymous: { pubsub: 1 } }] }, 'realms[0].anonymous.pubsub must be a list, not a number'],
    [{ realms: ['a'], v1Realm: 'b' }, 'v1Realm is not one of the realms (a)'],
    [
      { realms: ['a'], getAuthSecrets: () => '' },
      'the options object has no "getAuthSecrets"; did you mean "getAuthSecret"?',
    ],
    [{ realms: ['a'], getAuthSecret: 'secret' }, 'getAuthSecret must be a function, not a string'],
    [{ realms: ['a'], limits: { outbox: 1 } }, 'limits has no "outbox"; did you mean "outboxSize"?'],
    [
      { realms: ['a'], limits: { outboxSize: '4MB' } },
      'limits.outboxSize must be a whole number of octets from 1 to 2147483647, not a string',
    ],
    [
      { realms: ['a'], limits: { maxMessageSize: 511 } },
      'limits.maxMessageSize must be a whole number of octets from 512 to 2147483647, not 511',
    ],
    [
      { realms: ['a'], limits: { callTimeout: -1 } },
      'limits.callTimeout must be a whole number of ms from 0 to 2147483647, not -1',
    ],
    [{ realms: ['a'], v1: { stict: true } }, 'v1 has no "stict"; did you mean "strict"?'],
    [{ realms: ['a'], v1: { strict: 1 } }, 'v1.strict must be true or false, not a number'],
    [
      { realms: ['a'], v1: { open: true } },
      'v1.open lets peers join as anonymous, but the realm "a" has no "anonymous" permissions',
    ],
    [{ realms: ['a'], outboxPolicy: 'drop' }, 'outboxPolicy must be "close", "drop-oldest" or "drop-newest"'],
    [{ realms: ['a'], origins: '*' }, 'origins must be a list, not a string'],
    [{ realms: ['a'], hosts: 'router.example' }, 'hosts must be a list, not a string'],
    [
      { realms: ['a'], hosts: ['router.example:8080'] },
      'hosts[0] must be a host name without port, such as router.example',
    ],
    [
      { realms: ['a'], trustedProxies: ['proxy.example'] },
      'trustedProxies[0] must be an IP address, or a network such as 10.0.0.0/8',
    ],
    [
      { realms: ['a'], trustedProxies: ['10.0.0.0/33'] },
      'trustedProxies[0] must be an IP address, or a network such as 10.0.0.0/8',
    ],
    [{ realms: ['a'], trustedProxies: true }, 'trustedProxies must be a list, not true'],
    [{ realms: ['a'], hosts: ['*'] }, 'hosts[0] must be a host name without port, such as router.example'],
    [{ realms: ['a'], machines: 'XState' }, 'machines must be "compiled" or "xstate"'],
    [{ realms: ['a'], inspect: true }, 'inspect must be a function or an observer with next, not true'],
    [{ realms: ['a'], inspect: {} }, 'inspect must be a function or an observer with next'],
    [{ realms: ['a'], compression: 'yes' }, 'compression must be true, false or an object, not a string'],
    [{ realms: ['a'], compression: null }, 'compression must be true, false or an object, not null'],
    [{ realms: ['a'], compression: { window: 9 } }, 'compression has no "window"; did you mean "windowBits"?'],
    [{ realms: ['a'], compression: { level: 10 } }, 'compression.level must be a whole number from 1 to 9, not 10'],
    [
      { realms: ['a'], compression: { windowBits: 8 } },
      'compression.windowBits must be a whole number from 9 to 15, not 8',
    ],
    [
      { realms: ['a'], compression: { contextTakeover: 1 } },
      'compression.contextTakeover must be true or false, not a number',
    ],
  ])('refuses %j with one sentence', (options, message) => {
    const create = (): Postmaster => new Postmaster(options as PostmasterOptions);
    expect(create).toThrow(ConfigError);
    expect(create).toThrow(message);
    expect(create).not.toThrow('\n');
  });

  test('takes a principal that is undefined for none', () => {
    const undefinedOnes = { joe: undefined } as never;
    const authenticators = Object.fromEntries(
      ['ticket', 'wampcra', 'wamp-scram', 'cryptosign', 'tls'].map((name) => [name, undefinedOnes]),
    );
    expect(() => new Postmaster({ realms: [{ name: 'a', authenticators }] })).not.toThrow();
    const [realm] = checkOptions({ realms: [{ name: 'a', authenticators }] }).realms;
    expect(realm?.authenticators.cryptosign).toEqual({});
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
  expect(() => swapped((source: unknown) => source, { topic: 'urn:t' })).toThrow(
    'must be the scope and then the operator',
  );
});
