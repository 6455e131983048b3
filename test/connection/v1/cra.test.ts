import { describe, expect, test, vi } from 'vitest';
import type { PostmasterOptions } from '../../../src/index.ts';
import { deriveKey, Postmaster, signChallenge, WampError } from '../../../src/index.ts';
import { everything, expectNothingLeft } from '../../support/router.ts';
import { CallError, connectV1InMemory } from '../../support/v1-client.ts';

const error = (name: string): { readonly uri: string } => ({ uri: `http://api.wamp.ws/error#${name}` });
const topic = 'http://example.com/topic';

const setUp = async (options: Partial<PostmasterOptions> = {}) => {
  const postmaster = new Postmaster({
    realms: ['realm1'],
    getAuthSecret: (authKey) => ({ alice: 'secret', empty: '' })[authKey],
    getAuthPermissions: () => everything,
    ...options,
  });
  postmaster.registerUnauthRPC('http://example.com/open', () => 'open');
  postmaster.registerRPC('http://example.com/closed', () => 'closed');
  return { postmaster, client: await connectV1InMemory(postmaster) };
};

const challengeOf = async (answer: Promise<unknown>): Promise<Record<string, unknown>> =>
  JSON.parse((await answer) as string);

describe('WAMP-CRA v1', () => {
  test('authenticates with a signed challenge and answers the permissions as a list', async () => {
    const { client, postmaster } = await setUp({
      getAuthPermissions: () => ({ PubSub: { 'urn:t': { CanPublish: true } }, RPC: { 'urn:p': true } }),
    });
    expect(await client.authenticate('alice', 'secret')).toEqual({
      pubsub: [{ uri: 'urn:t', prefix: false, pub: true, sub: false }],
      rpc: [{ uri: 'urn:p', call: true }],
    });
    expect([...postmaster.connections()]).toMatchObject([
      { state: 'authenticated', authid: 'alice', authrole: 'authenticated', protocol: 'wamp.1' },
    ]);
  });

  test('sends a challenge with every field, as ASCII text that holds JSON', async () => {
    const { client } = await setUp({ getAuthSecret: () => 'secret' });
    const text = (await client.authreq('schlüssel "\n', { device: 'täblet' })) as string;
    expect(text).toMatch(/^[ -~]*$/);
    expect(JSON.parse(text)).toEqual({
      authid: expect.stringMatching(/^[\w-]{16}$/),
      authkey: 'schlüssel "\n',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      sessionid: client.sessionId,
      extra: { device: 'täblet' },
      permissions: { pubsub: [], rpc: [] },
    });
  });

  test('sends an empty extra when the client sent none, and authreq takes no arguments at all', async () => {
    const { client } = await setUp({ realms: [{ name: 'realm1', anonymous: everything }] });
    expect(await challengeOf(client.call('http://api.wamp.ws/procedure#authreq', 'alice'))).toMatchObject({
      extra: {},
    });
    expect(await client.authenticate('x', 'y').catch((failure: CallError) => failure)).toMatchObject(
      error('authentication-already-requested'),
    );
  });

  test('is reached through a prefix as well', async () => {
    const { client } = await setUp();
    client.prefix('wamp', 'http://api.wamp.ws/procedure#');
    const challenge = (await client.call('wamp:authreq', 'alice')) as string;
    expect(await client.call('wamp:auth', signChallenge('secret', challenge))).toHaveProperty('pubsub');
  });

  test.each<[string, { secret: string; salt: string; iterations?: number; keylen?: number }]>([
    ['a salted secret', { secret: 'secret', salt: 'RANDOM SALT', iterations: 100, keylen: 16 }],
    ['defaults for rounds and length', { secret: 'secret', salt: 'RANDOM SALT' }],
  ])('derives keys from %s, whose parameters it always states', async (_, stored) => {
    const { client } = await setUp({ getAuthSecret: async () => stored });
    const challenge = (await client.authreq('alice')) as string;
    const { authextra } = JSON.parse(challenge);
    expect(authextra).toEqual({
      salt: 'RANDOM SALT',
      iterations: stored.iterations ?? 10_000,
      keylen: stored.keylen ?? 32,
    });
    const key = await deriveKey('secret', authextra);
    expect(await client.auth(signChallenge(key, challenge))).toHaveProperty('rpc');
  });

  test('accepts a stored key that was derived before', async () => {
    const derivation = { salt: 'RANDOM SALT', iterations: 1000, keylen: 32 };
    const { client } = await setUp({
      getAuthSecret: async () => ({ derivedKey: await deriveKey('secret', derivation), ...derivation }),
    });
    expect(await client.authenticate('alice', 'secret')).toHaveProperty('pubsub');
  });

  test('answers a wrong signature with invalid-signature, destroys the challenge and may be tried again', async () => {
    const { client, postmaster } = await setUp();
    const challenge = (await client.authreq('alice')) as string;
    await expect(client.auth('wrong')).rejects.toMatchObject(error('invalid-signature'));
    await expect(client.auth(signChallenge('secret', challenge))).rejects.toMatchObject(
      error('no-authentication-requested'),
    );
    expect(await client.authenticate('alice', 'secret')).toHaveProperty('pubsub');
    expect(postmaster.stats().counters.auth_failed).toBe(1);
  });

  test.each(['', ' ', 'not base64!', 'A'.repeat(44), 'A'.repeat(100_000)])(
    'takes no signature but the right one: %.20s',
    async (signature) => {
      const { client } = await setUp();
      await client.authreq('alice');
      await expect(client.auth(signature)).rejects.toMatchObject(error('invalid-signature'));
    },
  );

  test('keeps the challenge open when the signature is no text', async () => {
    const { client } = await setUp();
    const challenge = (await client.authreq('alice')) as string;
    for (const odd of [7, {}, [], true]) {
      await expect(client.auth(odd as never)).rejects.toMatchObject(error('invalid-argument'));
    }
    expect(await client.auth(signChallenge('secret', challenge))).toHaveProperty('pubsub');
  });

  test('answers what comes in the wrong order', async () => {
    const { client } = await setUp();
    await expect(client.auth('x')).rejects.toMatchObject(error('no-authentication-requested'));
    await client.authreq('alice');
    await expect(client.authreq('alice')).rejects.toMatchObject(error('authentication-already-requested'));
    const other = (await setUp()).client;
    await other.authenticate('alice', 'secret');
    await expect(other.authreq('alice')).rejects.toMatchObject(error('already-authenticated'));
    await expect(other.auth('x')).rejects.toMatchObject(error('already-authenticated'));
  });

  test('marks the request before the secret is there, so that a second one finds it', async () => {
    let answer: (secret: string) => void = () => {};
    const { client } = await setUp({
      getAuthSecret: () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    });
    const first = client.authreq('alice');
    await expect(client.authreq('alice')).rejects.toMatchObject(error('authentication-already-requested'));
    await expect(client.auth('x')).rejects.toMatchObject(error('no-authentication-requested'));
    expect(await client.call('http://example.com/open')).toBe('open');
    answer('secret');
    expect(await first).toContain('"authkey":"alice"');
  });

  test.each([
    [[7], 'invalid-argument'],
    [[{}], 'invalid-argument'],
    [['alice', 'text'], 'invalid-argument'],
    [['alice', [1]], 'invalid-argument'],
    [['', null], 'no-such-authkey'],
    [[null, null], 'anonymous-auth-forbidden'],
    [[], 'anonymous-auth-forbidden'],
  ])('refuses authreq with %j: %s', async (args, name) => {
    const { client } = await setUp();
    await expect(client.call('http://api.wamp.ws/procedure#authreq', ...args)).rejects.toMatchObject(error(name));
    expect(await client.authenticate('alice', 'secret')).toHaveProperty('pubsub');
  });

  test('lets nobody in as a key whose secret is empty', async () => {
    const { client } = await setUp();
    const challenge = (await client.authreq('empty')) as string;
    await expect(client.auth(signChallenge('', challenge))).rejects.toMatchObject(error('invalid-signature'));
  });

  test('reports permissions that cannot be had, to whoever has proven the key', async () => {
    for (const getAuthPermissions of [
      () => {
        throw new Error('database');
      },
      async () => ({ pubsub: 'all' }) as never,
    ]) {
      const { client, postmaster } = await setUp({ getAuthPermissions });
      const challenge = (await client.authreq('alice')) as string;
      await expect(client.auth(signChallenge('wrong', challenge))).rejects.toMatchObject(error('invalid-signature'));
      expect(postmaster.stats().counters.callback_failed).toBe(0);
      const again = (await client.authreq('alice')) as string;
      await expect(client.auth(signChallenge('secret', again))).rejects.toMatchObject(error('auth-permissions-error'));
      expect(postmaster.stats().counters.callback_failed).toBe(1);
    }
  });

  test('fails closed when the secret cannot be looked up, and says nothing of why', async () => {
    const broken = await setUp({ getAuthSecret: async () => Promise.reject(new Error('database password')) });
    await expect(broken.client.authreq('alice')).rejects.toMatchObject(error('internal'));
    expect(JSON.stringify(broken.client.received)).not.toContain('database');
    const chosen = await setUp({
      getAuthSecret: () => {
        throw new WampError('urn:try-later', { description: 'later' });
      },
    });
    await expect(chosen.client.authreq('alice')).rejects.toMatchObject(error('internal'));
    expect(JSON.stringify(chosen.client.received)).not.toContain('later');
  });

  test('challenges a key whose look-up is denied as one that does not exist', async () => {
    const denies = async (): Promise<never> => {
      throw new WampError('wamp.error.authentication_denied', { description: 'locked' });
    };
    const { client, postmaster } = await setUp({ getAuthSecret: denies });
    const challenge = (await client.authreq('alice')) as string;
    await expect(client.auth(signChallenge('secret', challenge))).rejects.toMatchObject(error('invalid-signature'));
    expect(postmaster.stats().counters.callback_failed).toBe(0);
    const disclosing = await setUp({ getAuthSecret: denies, v1: { discloseUnknownKeys: true } });
    await expect(disclosing.client.authreq('alice')).rejects.toMatchObject(error('no-such-authkey'));
  });

  test('closes after too many failed authentications', async () => {
    const { client } = await setUp({ limits: { maxFailedLogins: 3 } });
    for (let at = 0; at < 3; at += 1) {
      await client.authreq('alice');
      await expect(client.auth('wrong')).rejects.toMatchObject(error('invalid-signature'));
    }
    expect(await client.closed).toEqual({ code: 1008, reason: 'postmaster.close.too_many_failed_logins' });
  });

  test('closes a peer that asked and then took too long, and frees its timer', async () => {
    const { client, postmaster } = await setUp({ limits: { v1AuthTimeout: 20 } });
    await client.authreq('alice');
    expect(await client.closed).toEqual({ code: 1008, reason: 'wamp.error.authentication_failed' });
    expect(postmaster.stats().counters.auth_timeout).toBe(1);
    await expectNothingLeft(postmaster);
  });

  test('closes when the application never answers', async () => {
    const { client } = await setUp({ limits: { v1AuthTimeout: 20 }, getAuthSecret: () => new Promise(() => {}) });
    client.authreq('alice').catch(() => {});
    expect(await client.closed).toMatchObject({ code: 1008 });
  });
});

describe('before authentication', () => {
  test('only open procedures answer', async () => {
    const { client } = await setUp();
    expect(await client.call('http://example.com/open')).toBe('open');
    await expect(client.call('http://example.com/closed')).rejects.toMatchObject(error('NoSuchRPCEndpoint'));
    await client.authreq('alice');
    expect(await client.call('http://example.com/open')).toBe('open');
    await expect(client.call('http://example.com/closed')).rejects.toMatchObject(error('NoSuchRPCEndpoint'));
  });

  test('SUBSCRIBE, UNSUBSCRIBE and PUBLISH have no effect', async () => {
    const { client, postmaster } = await setUp();
    const other = await connectV1InMemory(postmaster);
    await other.authenticate('alice', 'secret');
    other.subscribe(topic);
    client.subscribe(topic);
    client.publish(topic, 'forbidden');
    client.unsubscribe(topic);
    await client.barrier();
    await client.authenticate('alice', 'secret');
    other.publish(topic, 'allowed');
    await other.barrier();
    await client.barrier();
    expect(client.events).toEqual([]);
    expect(other.events).toEqual([[topic, 'allowed']]);
    expect(postmaster.stats().counters.unauthenticated_message).toBeGreaterThanOrEqual(3);
  });

  test('and after it, the open procedures are the same', async () => {
    const { client } = await setUp({ getAuthPermissions: () => null });
    await client.authenticate('alice', 'secret');
    expect(await client.call('http://example.com/open')).toBe('open');
    await expect(client.call('http://example.com/closed')).rejects.toMatchObject(error('not_authorized'));
  });
});

describe('which keys exist', () => {
  const shapeOf = (challenge: Record<string, unknown>): string =>
    JSON.stringify(challenge, (key, value) =>
      ['authid', 'timestamp', 'authkey', 'salt'].includes(key) ? typeof value : value,
    );

  test('is not told: an unknown key gets a challenge like any other, which nothing solves', async () => {
    const { client, postmaster } = await setUp();
    const unknown = await challengeOf(client.authreq('mallory'));
    await expect(client.auth(signChallenge('', JSON.stringify(unknown)))).rejects.toMatchObject(
      error('invalid-signature'),
    );
    const other = await connectV1InMemory(postmaster);
    const known = await challengeOf(other.authreq('alice'));
    expect(shapeOf({ ...unknown, sessionid: '' })).toBe(shapeOf({ ...known, sessionid: '' }));
  });

  test('is not told by salts either: a decoy has one of the same kind, the same each time', async () => {
    const salted = { secret: 'secret', salt: 'ABCDEFGH', iterations: 10, keylen: 16 };
    const { client, postmaster } = await setUp({
      realms: [{ name: 'realm1', decoys: { wampcra: [{ salt: '12345678', iterations: 10, keylen: 16 }] } }],
      getAuthSecret: (authKey) => (authKey === 'alice' ? salted : undefined),
    });
    await challengeOf(client.authreq('alice'));
    const decoy = async () => (await challengeOf((await connectV1InMemory(postmaster)).authreq('mallory'))).authextra;
    const first = (await decoy()) as { salt: string };
    expect(first).toEqual({ salt: expect.stringMatching(/^.{8}$/), iterations: 10, keylen: 16 });
    expect(await decoy()).toEqual(first);
  });

  test('is not told by what the application is asked', async () => {
    const getAuthPermissions = vi.fn(() => everything);
    const { client } = await setUp({ getAuthPermissions });
    await client.authreq('mallory', { a: 1 });
    expect(getAuthPermissions).toHaveBeenCalledWith('mallory', { a: 1 });
  });

  test('is told, with the permissions, when discloseUnknownKeys says so', async () => {
    const { client } = await setUp({
      v1: { discloseUnknownKeys: true },
      getAuthPermissions: () => ({ rpc: [{ uri: 'urn:p', call: true }] }),
    });
    await expect(client.authreq('mallory')).rejects.toMatchObject(error('no-such-authkey'));
    expect(await challengeOf(client.authreq('alice'))).toMatchObject({
      permissions: { pubsub: [], rpc: [{ uri: 'urn:p', call: true }] },
    });
  });
});

describe('anonymous peers', () => {
  test('authenticate as nobody where the realm allows it', async () => {
    const { client, postmaster } = await setUp({
      realms: [{ name: 'realm1', anonymous: [{ uri: 'urn:t', subscribe: true }] }],
    });
    expect(await client.call('http://api.wamp.ws/procedure#authreq', null, null)).toBeNull();
    expect(await client.auth(null)).toEqual({
      pubsub: [{ uri: 'urn:t', prefix: false, pub: false, sub: true }],
      rpc: [{ uri: 'urn:t', call: false }],
    });
    client.subscribe('urn:t');
    client.publish('urn:t', 'denied');
    await client.barrier();
    postmaster.publishEvent('urn:t', 'from the router');
    await client.barrier();
    expect(client.events).toEqual([['urn:t', 'from the router']]);
    expect([...postmaster.connections()]).toMatchObject([{ authid: null, authrole: 'anonymous' }]);
  });

  test('do not sign', async () => {
    const { client } = await setUp({ realms: [{ name: 'realm1', anonymous: everything }] });
    await client.authreq(null);
    await expect(client.auth('signature')).rejects.toMatchObject(error('invalid-signature'));
  });
});

describe('the callbacks', () => {
  test('are told once of each authentication and each end of an authenticated session', async () => {
    const onAuthenticated = vi.fn();
    const onDisconnect = vi.fn();
    const { client, postmaster } = await setUp({ onAuthenticated, onDisconnect });
    const stranger = await connectV1InMemory(postmaster);
    await stranger.authreq('alice');
    await stranger.close();
    await client.authenticate('alice', 'secret', { device: 1 });
    expect(onAuthenticated.mock.calls).toEqual([['alice', { device: 1 }, everything]]);
    await client.close();
    await vi.waitFor(() => expect(onDisconnect.mock.calls).toEqual([['alice', { device: 1 }]]));
    expect(onAuthenticated).toHaveBeenCalledTimes(1);
  });

  test('may throw or reject: it is logged, and the session goes on', async () => {
    const lines: unknown[] = [];
    const log = (facts: object, message: string) => lines.push({ ...facts, message });
    const { client, postmaster } = await setUp({
      onAuthenticated: async () => Promise.reject(new Error('broken')),
      onDisconnect: () => {
        throw new Error('broken too');
      },
      logger: { debug: () => {}, info: log, warn: log, error: log },
    });
    await client.authenticate('alice', 'secret');
    expect(await client.call('http://example.com/closed')).toBe('closed');
    await client.close();
    await vi.waitFor(() => expect(postmaster.stats().counters.callback_failed).toBe(2));
    expect(lines).toMatchObject([{ callback: 'onAuthenticated' }, { callback: 'onDisconnect' }]);
  });
});

describe('postmasterCompat', () => {
  const compat = { postmasterCompat: true };

  test('answers auth with permissions as a map, and lets every registered procedure be called', async () => {
    const { client, postmaster } = await setUp({
      v1: compat,
      getAuthPermissions: () => ({
        RPC: { 'urn:p': true },
        PubSub: { 'urn:t': { CanPublish: true, CanSubscribe: false } },
      }),
    });
    expect(await client.authenticate('ALICE', 'secret').catch((failure: CallError) => failure)).toBeInstanceOf(
      CallError,
    );
    expect(await client.authenticate('alice', 'secret')).toEqual({
      RPC: { 'urn:p': true },
      PubSub: { 'urn:t': { CanPublish: true, CanSubscribe: false } },
    });
    expect(await client.call('http://example.com/closed')).toBe('closed');
    expect([...postmaster.connections()]).toMatchObject([{ authid: 'alice' }]);
  });

  test('answers unknown procedures as the original did', async () => {
    const { client } = await setUp({ v1: compat });
    await expect(client.call('urn:none')).rejects.toMatchObject({
      uri: 'error:notimplemented',
      description: "RPC call '%s' not implemented",
      details: 'urn:none',
    });
  });

  test('shows names in lower case, in the connection and to both callbacks', async () => {
    const onAuthenticated = vi.fn();
    const onDisconnect = vi.fn();
    const getAuthSecret = vi.fn(() => 'secret');
    const { client, postmaster } = await setUp({ v1: compat, getAuthSecret, onAuthenticated, onDisconnect });
    await client.authenticate('ALICE', 'secret', {});
    expect([...postmaster.connections()]).toMatchObject([{ authid: 'alice' }]);
    expect(onAuthenticated.mock.calls).toEqual([['alice', {}, everything]]);
    await client.close();
    await vi.waitFor(() => expect(onDisconnect.mock.calls).toEqual([['alice', {}]]));
    expect(getAuthSecret.mock.calls).toEqual([['ALICE']]);
  });

  test.each([{}, compat])('lets an authenticated session without permissions call open procedures (%j)', async (v1) => {
    const { client } = await setUp({ v1, getAuthPermissions: () => null });
    await client.authenticate('alice', 'secret');
    expect(await client.call('http://example.com/open')).toBe('open');
    const closed = await client.call('http://example.com/closed').catch(({ uri }: CallError) => uri);
    expect(closed).toBe(v1 === compat ? 'closed' : error('not_authorized').uri);
  });

  test('derives keys from what the client sent, within bounds', async () => {
    const { client } = await setUp({ v1: compat });
    const extra = { salt: 'pepper', iterations: 10, keylen: 16 };
    const challenge = (await client.authreq('alice', extra)) as string;
    const key = await deriveKey('secret', extra);
    expect(await client.auth(signChallenge(key, challenge))).toHaveProperty('RPC');
    const other = (await setUp({ v1: compat })).client;
    for (const bad of [
      { salt: 7 },
      { salt: 's', iterations: 1e9 },
      { salt: 's', keylen: 0 },
      { salt: 's', iterations: 1.5 },
    ]) {
      await expect(other.authreq('alice', bad)).rejects.toMatchObject(error('invalid-argument'));
    }
  });

  test('is off by default: extra does not change the key', async () => {
    const { client } = await setUp();
    const extra = { salt: 'pepper', iterations: 10, keylen: 16 };
    const challenge = (await client.authreq('alice', extra)) as string;
    expect(await client.auth(signChallenge('secret', challenge))).toHaveProperty('pubsub');
  });
});
