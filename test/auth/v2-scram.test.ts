import { describe, expect, test } from 'vitest';
import type { ScramVerifier } from '../../src/auth/scram.ts';
import { authMessage, clientProof, deriveSaltedPassword } from '../../src/auth/scram.ts';
import type { Details } from '../support/v2-auth.ts';
import {
  answerScram,
  authenticate,
  begin,
  byScram,
  denial,
  failure,
  newSalt,
  reasonOf,
  scramHello,
  storePassword,
} from '../support/v2-auth.ts';
import { code, createV2Router } from '../support/v2-router.ts';

const createRouter = (users: Readonly<Record<string, ScramVerifier & { readonly role?: string }>>) =>
  createV2Router({
    anonymous: undefined,
    roles: { frontend: [] },
    authenticators: {
      'wamp-scram': Object.fromEntries(
        Object.entries(users).map(([authid, stored]) => [authid, { role: 'frontend', ...stored }]),
      ),
    },
  });

const abortsAt = async (router: ReturnType<typeof createRouter>, details: Details) =>
  reasonOf((await begin(router, details)).answer);

// Advanced Profile, "Salted Challenge Response Authentication"
describe('wamp-scram', () => {
  test.each([
    ['json', { kdf: 'pbkdf2', iterations: 4096 }],
    ['msgpack', { kdf: 'argon2id13', iterations: 2, memory: 64 }],
    ['cbor', { kdf: 'pbkdf2', iterations: 1 }],
  ] as const)(
    'lets in whoever knows the password, and proves to be the router, in %s with %j',
    async (name, parameters) => {
      const stored = await storePassword('pencil', parameters);
      const hello = scramHello('user');
      const { peer, answer, extra } = await begin(createRouter({ user: stored }), hello, name);
      expect(answer).toEqual([
        code.CHALLENGE,
        'wamp-scram',
        {
          nonce: expect.any(String),
          salt: stored.salt,
          kdf: parameters.kdf,
          iterations: parameters.iterations,
          memory: 'memory' in parameters ? parameters.memory : null,
        },
      ]);
      const { signature, extra: answered, proves } = await answerScram('pencil', hello, extra);
      const [type, , welcome] = await authenticate(peer, signature, answered);
      expect(type).toBe(code.WELCOME);
      expect(welcome).toMatchObject({
        authid: 'user',
        authrole: 'frontend',
        authmethod: 'wamp-scram',
        authprovider: 'static',
        authextra: { verifier: expect.stringMatching(/^v=[A-Za-z0-9+/]{43}=$/) },
      });
      expect(proves((welcome as { authextra: { verifier: string } }).authextra.verifier)).toBe(true);
    },
  );

  test('appends a nonce of its own, in base64 and of 16 octets, to that of the client', async () => {
    const router = createRouter({ user: await storePassword('pencil') });
    const hello = scramHello('user', 'egVDf3DMJh0=');
    const nonces = await Promise.all([1, 2].map(async () => (await begin(router, hello)).extra.nonce as string));
    for (const nonce of nonces) {
      expect(nonce.startsWith('egVDf3DMJh0=')).toBe(true);
      const own = nonce.slice('egVDf3DMJh0='.length);
      expect(Buffer.from(own, 'base64').toString('base64')).toBe(own);
      expect(Buffer.from(own, 'base64').length).toBeGreaterThanOrEqual(16);
    }
    expect(nonces[0]).not.toBe(nonces[1]);
  });

  test('reads user names with the characters that AuthMessage escapes', async () => {
    const router = createRouter({ 'a=b,c': await storePassword('pencil') });
    expect((await byScram(router, 'a=b,c', 'pencil'))[2]).toMatchObject({ authid: 'a=b,c' });
  });

  test('prepares passwords by SASLprep', async () => {
    const router = createRouter({ user: await storePassword('I\u00adX\u00a0\u2168') });
    expect((await byScram(router, 'user', 'IX IX'))[0]).toBe(code.WELCOME);
  });

  test('aborts at HELLO without authid or nonce, with a nonce that is not base64, and with a channel binding', async () => {
    const router = createRouter({ user: await storePassword('pencil') });
    const hello = scramHello('user');
    const { authid: _, ...nobody } = hello;
    const wrong = 'wamp.error.authentication_denied';
    expect(await abortsAt(router, nobody)).toBe(wrong);
    expect(await abortsAt(router, { ...hello, authid: '' })).toBe(wrong);
    for (const nonce of [undefined, '', 7, 'a,b=', 'egVDf3DMJh0', ' egVDf3DMJh0=']) {
      expect(await abortsAt(router, { ...hello, authextra: { nonce } })).toBe(wrong);
    }
    for (const channel_binding of ['tls-unique', 'tls-server-end-point', '', 1]) {
      expect(await abortsAt(router, { ...hello, authextra: { nonce: newSalt(), channel_binding } })).toBe(wrong);
    }
  });

  test.each<[string, Details]>([
    ['without a nonce', { nonce: undefined }],
    ['with the nonce of another exchange', { nonce: 'egVDf3DMJh0=SBmkFIh7sSo=' }],
    ['with a channel binding that HELLO did not ask for', { channel_binding: 'tls-unique' }],
  ])('denies a good proof %s', async (_, change) => {
    const hello = scramHello('user');
    const { peer, extra } = await begin(createRouter({ user: await storePassword('pencil') }), hello);
    const { signature, extra: answered } = await answerScram('pencil', hello, extra);
    expect(await authenticate(peer, signature, { ...answered, ...change })).toEqual(denial);
  });

  // Advanced Profile, "Final Client Authentication Message": cbind_data MUST be present if and only if channel_binding is.
  test('denies a good proof with channel binding data and no channel binding', async () => {
    const hello = scramHello('user');
    const { peer, extra } = await begin(createRouter({ user: await storePassword('pencil') }), hello);
    const { signature, extra: answered } = await answerScram('pencil', hello, extra);
    expect(await authenticate(peer, signature, { ...answered, cbind_data: 'AAAA' })).toEqual(denial);
  });

  test('denies a wrong password, the proof of another exchange and what is no proof', async () => {
    const router = createRouter({ user: await storePassword('pencil') });
    expect(await byScram(router, 'user', 'Pencil')).toEqual(denial);
    const hello = scramHello('user');
    const first = await begin(router, hello);
    const replayed = await answerScram('pencil', hello, first.extra);
    const second = await begin(router, hello);
    const { nonce } = second.extra;
    expect(await authenticate(second.peer, replayed.signature, { ...replayed.extra, nonce })).toEqual(denial);
    for (const junk of ['', '=', 'x'.repeat(44), Buffer.alloc(32).toString('base64')]) {
      const { peer, extra } = await begin(router, hello);
      expect(await authenticate(peer, junk, { nonce: extra.nonce })).toEqual(denial);
    }
  });

  test('takes costs from what is stored, not from the client', async () => {
    const stored = await storePassword('pencil', { iterations: 5000 });
    const cheap = { salt: newSalt(), kdf: 'pbkdf2', iterations: 1 } as const;
    const hello = scramHello('user');
    const asking = { ...hello, authextra: { ...hello.authextra, ...cheap } };
    const { peer, extra } = await begin(createRouter({ user: stored }), asking);
    expect(extra).toMatchObject({ salt: stored.salt, iterations: 5000 });
    const salted = await deriveSaltedPassword('pencil', cheap);
    const serverNonce = extra.nonce as string;
    const clientNonce = hello.authextra.nonce;
    const message = authMessage({ authid: 'user', clientNonce, serverNonce, parameters: cheap });
    expect(await authenticate(peer, clientProof(salted, message), { nonce: serverNonce })).toEqual(denial);
  });

  test('shows no stored key', async () => {
    const stored = await storePassword('pencil');
    const hello = scramHello('user');
    const { peer, extra } = await begin(createRouter({ user: stored }), hello);
    const { signature, extra: answered } = await answerScram('pencil', hello, extra);
    await authenticate(peer, signature, answered);
    const heard = JSON.stringify(peer.received);
    expect(heard).not.toContain(stored.storedKey);
    expect(heard).not.toContain(stored.serverKey);
  });
});

// WAMP-SCRAM, "Initial Client Authentication Message": the authid is prepared by the client
describe('the names of a table', () => {
  test.each([
    ['ｊｏｅ', 'joe'],
    ['jo\u00ADe', 'joe'],
    ['Ⅸ', 'IX'],
    ['__proto__', '__proto__'],
  ])('are prepared: %j logs in as %j', async (written, sent) => {
    const stored = await storePassword('pencil');
    const router = createRouter(Object.fromEntries([[written, stored]]));
    expect((await byScram(router, sent, 'pencil'))[2]).toMatchObject({ authid: sent });
    if (written !== sent) expect(await byScram(router, written, 'pencil')).toEqual(denial);
  });

  test('are refused where they come to the same, to nothing, or cannot be prepared', async () => {
    const stored = await storePassword('pencil');
    const message = 'keys differ from each other and are not empty after they are prepared';
    expect(() => createRouter({ joe: stored, ｊｏｅ: stored })).toThrow(message);
    expect(() => createRouter({ '\u00AD': stored })).toThrow(message);
    expect(() => createRouter({ 'jo\u0007e': stored })).toThrow(
      'must be a table whose keys can all be prepared with SASLprep: ',
    );
  });
});

test('a salt of less than 8 octets is refused in a table, by createScramVerifier, and where an authenticator answers', async () => {
  const stored = await storePassword('pencil');
  const [short, enough] = [7, 8].map((length) => Buffer.alloc(length).toString('base64')) as [string, string];
  expect(() => createRouter({ joe: { ...stored, salt: short } })).toThrow(
    'wamp-scram (entry 1) must be an object that has a verifier',
  );
  expect(() => createRouter({ joe: { ...stored, salt: enough } })).not.toThrow();
  await expect(storePassword('pencil', { salt: short })).rejects.toThrow('at least 8 octets');
  const joe = { ...stored, salt: short, role: 'user' };
  const router = createV2Router({ roles: { user: [] }, authenticators: { 'wamp-scram': () => joe } });
  expect(await byScram(router, 'joe', 'pencil')).toEqual(failure);
});
