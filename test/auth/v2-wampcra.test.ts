import { createHmac, pbkdf2Sync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { serializerNames } from '../../src/codec/serializers.ts';
import { authenticate, begin, byCra, denial, failure, signCra } from '../support/v2-auth.ts';
import { code, createV2Router, everythingAndMeta } from '../support/v2-router.ts';

const salted = { secret: 'password', salt: 'salt123', iterations: 1000, keylen: 32 };
const derivedKey = pbkdf2Sync('password', 'salt123', 1000, 32, 'sha256').toString('base64');

const createRouter = (secret: unknown = 'secret', credential: object = {}) =>
  createV2Router({
    anonymous: undefined,
    roles: { user: everythingAndMeta },
    authenticators: { wampcra: { peter: { secret, role: 'user', ...credential } } } as object,
  });

const hello = { authmethods: ['wampcra'], authid: 'peter' };

// Advanced Profile, "Challenge Response Authentication"
describe('wampcra', () => {
  test.each(serializerNames)('lets in whoever signs the challenge, in %s', async (serializer) => {
    const [type, , details] = await byCra(createRouter(), 'peter', 'secret', serializer);
    expect(type).toBe(code.WELCOME);
    expect(details).toMatchObject({ authid: 'peter', authrole: 'user', authmethod: 'wampcra', authprovider: 'static' });
  });

  test('challenges by a text of JSON that names session, nonce, timestamp, authid, authmethod and authprovider', async () => {
    const { peer, answer, extra } = await begin(createRouter(), hello);
    expect(answer).toEqual([code.CHALLENGE, 'wampcra', { challenge: expect.any(String) }]);
    const challenge = JSON.parse(extra.challenge as string);
    expect(challenge).toEqual({
      session: expect.any(Number),
      nonce: expect.stringMatching(/^[\w-]{16}$/),
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      authid: 'peter',
      // Not before the signature: it would tell that the authid exists.
      authrole: '',
      authmethod: 'wampcra',
      authprovider: 'static',
    });
    expect(Math.abs(Date.parse(challenge.timestamp) - Date.now())).toBeLessThan(10_000);
    const [, session] = await authenticate(peer, await signCra('secret', extra));
    expect(session).toBe(challenge.session);
  });

  test('draws a nonce and a session for every challenge', async () => {
    const router = createRouter();
    const challenges = await Promise.all(
      Array.from({ length: 20 }, async () => JSON.parse((await begin(router, hello)).extra.challenge as string)),
    );
    expect(new Set(challenges.map(({ nonce }) => nonce)).size).toBe(20);
    expect(new Set(challenges.map(({ session }) => session)).size).toBe(20);
  });

  test('takes base64 of HMAC-SHA256 over the text that was sent', async () => {
    const { peer, extra } = await begin(createRouter(), hello);
    const signature = createHmac('sha256', 'secret')
      .update(extra.challenge as string)
      .digest('base64');
    expect((await authenticate(peer, signature))[0]).toBe(code.WELCOME);
  });

  test('denies the signature of another secret, of another challenge, in another encoding', async () => {
    const router = createRouter();
    expect(await byCra(router, 'peter', 'Secret')).toEqual(denial);
    const other = await begin(router, hello);
    const { peer } = await begin(router, hello);
    expect(await authenticate(peer, await signCra('secret', other.extra))).toEqual(denial);
    const hex = await begin(router, hello);
    const signature = createHmac('sha256', 'secret')
      .update(hex.extra.challenge as string)
      .digest('hex');
    expect(await authenticate(hex.peer, signature)).toEqual(denial);
  });

  test('tells salt, iterations and keylen of a salted secret, and takes the derived key as secret', async () => {
    const { peer, extra } = await begin(createRouter(salted), hello);
    expect(extra).toEqual({ challenge: expect.any(String), salt: 'salt123', iterations: 1000, keylen: 32 });
    // The key is the base64 text, not its octets.
    const signature = createHmac('sha256', derivedKey)
      .update(extra.challenge as string)
      .digest('base64');
    expect((await authenticate(peer, signature))[0]).toBe(code.WELCOME);
    expect(await byCra(createRouter(salted), 'peter', 'other')).toEqual(denial);
  });

  test('needs no password where the derived key is stored', async () => {
    const router = createRouter({ derivedKey, salt: 'salt123', iterations: 1000, keylen: 32 });
    expect((await byCra(router, 'peter', 'password'))[0]).toBe(code.WELCOME);
    const { extra } = await begin(router, hello);
    expect(JSON.stringify(extra)).not.toContain(derivedKey);
  });

  test.each(['', null, undefined, { secret: '' }, { derivedKey: '', salt: 's' }])(
    'lets nobody in by the secret %j',
    async (secret) => {
      expect(() => createRouter('', { secret })).toThrow('wampcra (entry 1).secret');
      const router = createV2Router({
        anonymous: undefined,
        roles: { user: everythingAndMeta },
        authenticators: { wampcra: () => ({ secret: secret as never, role: 'user' }) },
      });
      for (const tried of ['', 'undefined', 'null']) expect(await byCra(router, 'peter', tried)).toEqual(denial);
    },
  );

  test('names the authid of the credential in WELCOME', async () => {
    const router = createRouter('secret', { authid: 'Peter Pan', provider: 'userdb' });
    expect((await byCra(router, 'peter', 'secret'))[2]).toMatchObject({
      authid: 'Peter Pan',
      authprovider: 'userdb',
    });
  });
});

describe('getAuthSecret', () => {
  const callbacks = {
    getAuthSecret: (authKey: string) => (authKey === 'alice' ? 'secret' : undefined),
    getAuthPermissions: () => [{ uri: 'com.topic', subscribe: true }],
  };

  test('serves the wampcra of WAMP v2, in the realm of v1 and nowhere else', async () => {
    const router = createV2Router({}, { realms: ['realm1', { name: 'realm2', anonymous: [] }], ...callbacks });
    const { peer, extra } = await begin(router, { ...hello, authid: 'alice' });
    expect((await authenticate(peer, await signCra('secret', extra)))[2]).toMatchObject({
      authid: 'alice',
      authrole: 'authenticated',
      authmethod: 'wampcra',
      authprovider: 'dynamic',
    });
    expect(await peer.subscribe('com.topic')).toBeGreaterThan(0);
    expect((await peer.ask(code.SUBSCRIBE, {}, 'com.other'))[4]).toBe('wamp.error.not_authorized');
    peer.send(code.GOODBYE, {}, 'wamp.close.close_realm');
    await peer.take(code.GOODBYE);
    expect((await peer.hello('realm2', hello))[2]).toBe('wamp.error.no_matching_auth_method');
  });

  test('denies a wrong secret and an unknown key alike', async () => {
    const router = createV2Router({}, { realms: ['realm1'], ...callbacks });
    expect(await byCra(router, 'alice', 'wrong')).toEqual(denial);
    expect(await byCra(router, 'mallory', 'secret')).toEqual(denial);
  });

  test('gives way to an authenticator of the realm', async () => {
    const router = createV2Router(
      { roles: { user: [] }, authenticators: { wampcra: { bob: { secret: 's', role: 'user' } } } },
      callbacks,
    );
    expect(await byCra(router, 'alice', 'secret')).toEqual(denial);
    expect((await byCra(router, 'bob', 's'))[0]).toBe(code.WELCOME);
  });

  test.each<[string, () => never | Promise<never>]>([
    [
      'throws',
      () => {
        throw new Error('database');
      },
    ],
    ['rejects', () => Promise.reject(new Error('database'))],
  ])('fails, where getAuthPermissions %s, for whoever has proven the key and for nobody else', async (_, fail) => {
    const logged: unknown[] = [];
    const keep = (facts: object) => logged.push((facts as { err?: Error }).err?.cause);
    const logger = { debug: () => {}, info: () => {}, warn: () => {}, error: keep };
    const router = createV2Router({}, { realms: ['realm1'], ...callbacks, getAuthPermissions: fail, logger });
    expect(await byCra(router, 'alice', 'wrong')).toEqual(denial);
    expect(await byCra(router, 'mallory', 'secret')).toEqual(denial);
    expect(logged).toEqual([]);
    expect(await byCra(router, 'alice', 'secret')).toEqual(failure);
    expect(logged).toEqual([new Error('database')]);
  });

  test('allows nothing without getAuthPermissions', async () => {
    const router = createV2Router({}, { realms: ['realm1'], getAuthSecret: () => 'secret' });
    const { peer, extra } = await begin(router, hello);
    await authenticate(peer, await signCra('secret', extra));
    expect((await peer.ask(code.SUBSCRIBE, {}, 'com.topic'))[4]).toBe('wamp.error.not_authorized');
  });
});
