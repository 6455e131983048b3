/** Authentication and authorization under attack (section A of the fault catalogue); A01's timing is in test/auth/decoy-time. */

import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { publicKeyOf, signCryptosign } from '../../src/auth/cryptosign.ts';
import { createScramVerifier } from '../../src/auth/scram.ts';
import type { PostmasterOptions, RealmSettings } from '../../src/index.ts';
import { expectNothingLeft } from '../support/router.ts';
import type { List, V2Peer } from '../support/v2-client.ts';
import { connectV2InMemory, joinV2 } from '../support/v2-client.ts';
import { code, createV2Router, everythingAndMeta } from '../support/v2-router.ts';

const privateKey = '5a'.repeat(32);
const secretText = 'correct horse battery staple';

const createAuthRouter = async (realm: Partial<RealmSettings> = {}, options: Partial<PostmasterOptions> = {}) => {
  const parameters = { kdf: 'pbkdf2', salt: Buffer.from('a salt of joe').toString('base64'), iterations: 500 } as const;
  const verifier = await createScramVerifier(secretText, parameters);
  return createV2Router(
    {
      anonymous: undefined,
      roles: { user: everythingAndMeta },
      authenticators: {
        ticket: { joe: { ticket: secretText, role: 'user' } },
        wampcra: { joe: { secret: { secret: secretText, salt: 'salt', iterations: 50, keylen: 32 }, role: 'user' } },
        'wamp-scram': { joe: { ...verifier, role: 'user' } },
        cryptosign: { joe: { authorizedKeys: [publicKeyOf(privateKey)], role: 'user' } },
      },
      ...realm,
    },
    options,
  );
};
type Router = Awaited<ReturnType<typeof createAuthRouter>>;

const nonce = Buffer.from('nonce of the client').toString('base64');
const methods = ['ticket', 'wampcra', 'wamp-scram', 'cryptosign'] as const;
const extraOf = { ticket: {}, wampcra: {}, 'wamp-scram': { nonce }, cryptosign: { pubkey: publicKeyOf(privateKey) } };

const challenge = async (router: Router, method: (typeof methods)[number], authid: string) => {
  const peer = connectV2InMemory(router);
  const answer = await peer.hello('realm1', { authmethods: [method], authid, authextra: extraOf[method] });
  return { peer, answer };
};

const aborted = async (peer: V2Peer): Promise<unknown> => {
  await peer.closed;
  const [type, , why] = peer.received.at(-1) as List;
  expect(type).toBe(code.ABORT);
  return why;
};

describe('A01: an unknown authid', () => {
  test.each(methods)('is challenged by %s like a known one, with the same keys, and a stable salt', async (method) => {
    const router = await createAuthRouter();
    const { answer: known } = await challenge(router, method, 'joe');
    const { answer: unknown, peer } = await challenge(router, method, 'nobody');
    const { answer: again } = await challenge(router, method, 'nobody');
    const { answer: other } = await challenge(router, method, 'somebody');
    expect(unknown.slice(0, 2)).toEqual(known.slice(0, 2));
    const [real, fake, same, third] = [known, unknown, again, other].map(
      (message) => message[2] as Record<string, unknown>,
    );
    expect(Object.keys(fake!).sort()).toEqual(Object.keys(real!).sort());
    expect(same!.salt).toEqual(fake!.salt);
    if (real!.salt !== undefined) expect(third!.salt).not.toEqual(fake!.salt);
    if (real!.salt !== undefined) expect(String(fake!.salt)).toHaveLength(String(real!.salt).length);
    expect(fake!.iterations).toEqual(real!.iterations);
    if (method === 'wampcra') {
      const parse = (text: unknown) => JSON.parse(text as string) as Record<string, unknown>;
      expect(Object.keys(parse(fake!.challenge))).toEqual(Object.keys(parse(real!.challenge)));
      expect(parse(fake!.challenge).authrole).toEqual(parse(real!.challenge).authrole);
    }
    peer.send(code.AUTHENTICATE, 'x', {});
    const wrong = await challenge(router, method, 'joe');
    wrong.peer.send(code.AUTHENTICATE, 'x', {});
    expect(await aborted(peer)).toBe('wamp.error.authentication_denied');
    expect(await aborted(wrong.peer)).toBe('wamp.error.authentication_denied');
    expect(peer.received.at(-1)).toEqual(wrong.peer.received.at(-1));
  });
});

describe('A03: an authid of quotes, newlines and 10 KB', () => {
  test.each(['"},"authrole":"admin', 'a\nb', '\\', 'x'.repeat(10_240), 'a\u0000b'])(
    '%j leaves the challenge valid JSON',
    async (authid) => {
      const router = await createAuthRouter();
      const { answer } = await challenge(router, 'wampcra', authid);
      const parsed = JSON.parse((answer[2] as { challenge: string }).challenge) as Record<string, unknown>;
      expect(parsed).toMatchObject({ authid, authrole: '', authmethod: 'wampcra' });
    },
  );
});

describe('A04: AUTHENTICATE', () => {
  const sign = (challengeText: string, key: string): string =>
    createHmac('sha256', key).update(challengeText).digest('base64');
  const simple = { authenticators: { wampcra: { joe: { secret: secretText, role: 'user' } } } };

  test('of another session is denied, and the right one is accepted once', async () => {
    const router = await createAuthRouter(simple);
    const [first, second] = [await challenge(router, 'wampcra', 'joe'), await challenge(router, 'wampcra', 'joe')];
    const signature = sign((first.answer[2] as { challenge: string }).challenge, secretText);
    second.peer.send(code.AUTHENTICATE, signature, {});
    expect(await aborted(second.peer)).toBe('wamp.error.authentication_denied');
    first.peer.send(code.AUTHENTICATE, signature, {});
    expect((await first.peer.take(code.WELCOME))[0]).toBe(code.WELCOME);
    first.peer.send(code.AUTHENTICATE, signature, {});
    expect(await aborted(first.peer)).toBe('wamp.error.protocol_violation');
  });

  test.each([...methods])('with junk for %s is denied', async (method) => {
    const router = await createAuthRouter();
    for (const junk of ['', '=', 'x'.repeat(10_000), 'a\u0000', 'AAAA', '00'.repeat(96)]) {
      const { peer } = await challenge(router, method, 'joe');
      peer.send(code.AUTHENTICATE, junk, { nonce: junk });
      expect(await aborted(peer)).toBe('wamp.error.authentication_denied');
    }
  });

  test('whose signature is a number is a violation', async () => {
    const { peer } = await challenge(await createAuthRouter(), 'ticket', 'joe');
    peer.send(code.AUTHENTICATE, 5, {});
    expect(await aborted(peer)).toBe('wamp.error.protocol_violation');
  });

  test('after the deadline comes too late', async () => {
    const router = await createAuthRouter({}, { limits: { authTimeout: 20 } });
    const { peer } = await challenge(router, 'ticket', 'joe');
    expect(await aborted(peer)).toBe('wamp.error.authentication_failed');
  });
});

describe('A06: cryptosign', () => {
  test.each([
    ['no public key', { pubkey: undefined }],
    ['a public key that is no text', { pubkey: 5 }],
    ['a channel binding that there is not', { pubkey: publicKeyOf(privateKey), channel_binding: 'tls-unique' }],
    ['channel binding without TLS', { pubkey: publicKeyOf(privateKey), channel_binding: 'tls-exporter' }],
  ])('with %s is denied', async (_, authextra) => {
    const peer = connectV2InMemory(await createAuthRouter());
    await peer.hello('realm1', { authmethods: ['cryptosign'], authid: 'joe', authextra });
    expect(await aborted(peer)).toBe('wamp.error.authentication_denied');
  });

  test('of a key that is not the principal’s is denied, of the right one accepted', async () => {
    const router = await createAuthRouter();
    for (const [key, expected] of [
      ['77'.repeat(32), 3],
      [privateKey, 2],
    ] as const) {
      const peer = connectV2InMemory(router);
      const [, , extra] = await peer.hello('realm1', {
        authmethods: ['cryptosign'],
        authid: 'joe',
        authextra: { pubkey: publicKeyOf(key) },
      });
      const signature = signCryptosign({ privateKey: key, challenge: (extra as { challenge: string }).challenge });
      peer.send(code.AUTHENTICATE, signature, {});
      expect((await peer.take(([type]) => type === 2 || type === 3))[0]).toBe(expected);
    }
  });
});

describe('A07: authentication methods', () => {
  test.each([[[]], [['kerberos']], [['anonymous']], [['ANONYMOUS', 'scram']]])(
    '%j find no match',
    async (authmethods) => {
      const peer = connectV2InMemory(await createAuthRouter());
      await peer.hello('realm1', { authmethods });
      expect(await aborted(peer)).toBe('wamp.error.no_matching_auth_method');
    },
  );

  test('that begin with anonymous are not taken for less than they offer', async () => {
    const router = await createAuthRouter({ anonymous: everythingAndMeta });
    const peer = connectV2InMemory(router);
    const [type, method] = await peer.hello('realm1', { authmethods: ['anonymous', 'ticket'], authid: 'joe' });
    expect([type, method]).toEqual([code.CHALLENGE, 'ticket']);
  });
});

test('A08: who a client says it is, it is not', async () => {
  const router = createV2Router({}, {});
  const liar = { authid: 'root', authrole: 'admin', authprovider: 'me', session: 1 };
  const peer = await joinV2(router, liar);
  expect(peer.welcome).toMatchObject({ authrole: 'anonymous', authprovider: 'static' });
  expect(peer.welcome.authid).not.toBe('root');
  await peer.subscribe('com.topic');
  await peer.publish('com.topic', [], {
    disclose_me: true,
    exclude_me: false,
    publisher: 1,
    publisher_authrole: 'admin',
  });
  expect((await peer.take(code.EVENT))[3]).toEqual({
    publisher: peer.session,
    publisher_authid: peer.welcome.authid,
    publisher_authrole: 'anonymous',
  });
});

describe('A09: an authenticator', () => {
  test.each<[string, () => unknown]>([
    [
      'that throws',
      () => {
        throw new Error('database password is hunter2');
      },
    ],
    ['that rejects', () => Promise.reject(new Error('database password is hunter2'))],
    ['that hangs', () => new Promise(() => {})],
    ['that answers a number', () => 5],
    ['that answers no role', () => ({ secret: 'x' })],
  ])('%s lets nobody in: authentication_failed at the deadline at the latest', async (_, find) => {
    const router = createV2Router(
      { roles: { user: [] }, authenticators: { wampcra: find as never } },
      { limits: { authTimeout: 30 } },
    );
    const peer = connectV2InMemory(router);
    peer.send(1, 'realm1', { roles: { caller: {} }, authmethods: ['wampcra'], authid: 'joe' });
    expect(await aborted(peer)).toBe('wamp.error.authentication_failed');
    expect(JSON.stringify(peer.received)).not.toContain('hunter2');
    await expectNothingLeft(router);
  });

  test('that names a role which there is not is answered no_such_role', async () => {
    const router = createV2Router({ authenticators: { ticket: () => ({ role: 'ghost' }) } });
    const { peer } = await challenge(router as Router, 'ticket', 'joe');
    peer.send(code.AUTHENTICATE, 'x', {});
    expect(await aborted(peer)).toBe('wamp.error.no_such_role');
  });
});

describe('A10: an authorizer', () => {
  test('that answers after the peer has left makes no ghost', async () => {
    let answer = (_: boolean): void => {};
    const router = createV2Router({
      authorizer: () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    });
    for (const request of [
      [32, 1, {}, 'com.a'],
      [64, 1, {}, 'com.a'],
      [48, 1, {}, 'com.a'],
    ]) {
      const peer = await joinV2(router);
      peer.send(...request);
      await new Promise(setImmediate);
      await peer.close();
      answer(true);
      await expectNothingLeft(router);
    }
  });

  test('is asked again once its answers are forgotten, keeps the order of a session, and says no when it fails', async () => {
    let isAllowed: unknown = true;
    const asked: string[] = [];
    const router = createV2Router({
      authorizer: async ({ action, uri }) => {
        asked.push(`${action} ${uri}`);
        if (isAllowed instanceof Error) throw isAllowed;
        return isAllowed;
      },
    });
    const peer = await joinV2(router);
    peer.send(32, peer.next(), {}, 'com.a');
    peer.send(16, peer.next(), { exclude_me: false }, 'com.a', [1]);
    peer.send(16, peer.next(), { exclude_me: false }, 'com.a', [2]);
    const events = [await peer.take(36), await peer.take(36)];
    expect(events.map((event) => event[4])).toEqual([[1], [2]]);
    expect(asked).toEqual(['subscribe com.a', 'publish com.a']);
    isAllowed = false;
    expect((await peer.publish('com.a'))[0]).toBe(code.PUBLISHED);
    router.forgetAuthorizations({ session: 1 });
    expect((await peer.publish('com.a'))[0]).toBe(code.PUBLISHED);
    router.forgetAuthorizations({ session: peer.session });
    expect((await peer.publish('com.a'))[4]).toBe('wamp.error.not_authorized');
    isAllowed = true;
    expect((await peer.publish('com.a'))[4]).toBe('wamp.error.not_authorized');
    router.forgetAuthorizations();
    expect((await peer.publish('com.a'))[0]).toBe(code.PUBLISHED);
    isAllowed = false;
    expect((await peer.publish('com.b'))[4]).toBe('wamp.error.not_authorized');
    isAllowed = new Error('broken');
    expect((await peer.publish('com.c'))[4]).toBe('wamp.error.authorization_failed');
    isAllowed = 'perhaps';
    expect((await peer.publish('com.c'))[4]).toBe('wamp.error.authorization_failed');
  });
});

describe('A11: nobody learns who else is there', () => {
  test('by lists, nor by events without disclosure', async () => {
    const router = createV2Router();
    const [peer, publisher] = [await joinV2(router), await joinV2(router)];
    await peer.subscribe('com.topic');
    await publisher.publish('com.topic', [], {
      exclude: [1, 2, 3],
      eligible_authrole: ['anonymous'],
      exclude_authid: ['x'],
    });
    const event = await peer.take(code.EVENT);
    expect(event[3]).toEqual({});
    expect(JSON.stringify(event)).not.toContain(String(publisher.session));
  });
});

test('A13: secrets are in no log, no error, no meta API', async () => {
  const lines: string[] = [];
  const write = (facts: object, message: string): void => {
    lines.push(JSON.stringify([facts, message]));
  };
  const router = await createAuthRouter({}, { logger: { debug: write, info: write, warn: write, error: write } });
  for (const method of methods) {
    const { peer } = await challenge(router, method, 'joe');
    peer.send(code.AUTHENTICATE, `${secretText} but wrong`, {});
    lines.push(JSON.stringify([await aborted(peer), peer.received]));
  }
  const { peer } = await challenge(router, 'ticket', 'joe');
  peer.send(code.AUTHENTICATE, secretText, {});
  const [, session] = await peer.take(code.WELCOME);
  lines.push(JSON.stringify(await peer.call('wamp.session.get', [session])));
  lines.push(JSON.stringify([...router.connections()].map(({ permissions, authid }) => ({ permissions, authid }))));
  expect(lines.length).toBeGreaterThan(6);
  expect(lines.join('\n')).not.toContain(secretText);
});
