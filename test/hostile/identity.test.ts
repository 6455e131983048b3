import { describe, expect, onTestFinished, test } from 'vitest';
import type { AuthRequest } from '../../src/auth/authentication.ts';
import { createAuthentication } from '../../src/auth/authentication.ts';
import type { AuthenticatorSettings } from '../../src/index.ts';
import { errorOf } from '../support/calls.ts';
import { connectV1InMemory } from '../support/v1-client.ts';
import { begin, byCra, byCryptosign, byScram, byTicket, newKeyPair, storePassword } from '../support/v2-auth.ts';
import type { List, V2Peer } from '../support/v2-client.ts';
import { connectV2 } from '../support/v2-client.ts';
import { code, createV2Router, everythingAndMeta } from '../support/v2-router.ts';

const pair = newKeyPair();
const stored = await storePassword('pencil');

const createRouter = (authenticators: AuthenticatorSettings) =>
  createV2Router({ anonymous: undefined, roles: { user: everythingAndMeta }, authenticators });

/** A router whose peers hold the cookie `sid=token`, which the principals of `cookie` know; and a way in for them. */
const byCookie = async (principals: NonNullable<AuthenticatorSettings['cookie']>['principals']) => {
  const router = createRouter({
    cookie: { name: 'sid', principals },
    ticket: { alice: { ticket: 'secret', role: 'user' } },
  });
  const { url } = await router.listen({ port: 0 });
  const connect = async (): Promise<V2Peer> => {
    const peer = await connectV2(url, 'json', { headers: { cookie: 'sid=token' } });
    onTestFinished(() => peer.close());
    return peer;
  };
  return { router, connect };
};

const authidOf = ([type, , details]: List): unknown =>
  type === code.WELCOME && (details as { readonly authid: unknown }).authid;
const random = expect.stringMatching(/^[\w-]{16}$/);

describe('the authid of a session is one that has been proven', () => {
  const nameless = { role: 'user' };

  test.each<[string, NonNullable<AuthenticatorSettings['cookie']>['principals']]>([
    ['a table', { token: nameless }],
    ['a function', () => nameless],
    ['a function that says undefined', () => ({ ...nameless, authid: undefined as unknown as string })],
    ['a procedure', { procedure: 'com.auth' }],
  ])('by cookie, where %s names nobody, it is random, whatever HELLO claims', async (_, principals) => {
    const { router, connect } = await byCookie(principals);
    router.registerRPC('com.auth', () => nameless);
    const join = async (details: object) => (await connect()).hello('realm1', { authmethods: ['cookie'], ...details });
    const claimed = authidOf(await join({ authid: 'alice' }));
    expect(claimed).toEqual(random);
    expect(authidOf(await join({}))).toEqual(random);
    expect(authidOf(await join({ authid: 'alice' }))).not.toBe(claimed);
  });

  test('so nobody takes over a procedure by claiming the authid of its callee', async () => {
    const { router, connect } = await byCookie({ token: nameless });
    const alice = (await begin(router, { authmethods: ['ticket'], authid: 'alice' })).peer;
    alice.send(code.AUTHENTICATE, 'secret', {});
    await alice.take(code.WELCOME);
    await alice.register('com.account');
    const thief = await connect();
    await thief.hello('realm1', { authmethods: ['cookie'], authid: 'alice' });
    const answer = await thief.ask(code.REGISTER, { force_reregister: true }, 'com.account');
    expect(errorOf(answer)).toBe('wamp.error.not_authorized');
  });

  test('by a method that looks HELLO up it is that of HELLO, of cryptosign without one the key', async () => {
    const find = (evidence: object) => () => ({ ...evidence, ...nameless, authid: undefined }) as never;
    const router = createRouter({
      ticket: find({ ticket: 't' }),
      wampcra: find({ secret: 's' }),
      'wamp-scram': find(stored),
      cryptosign: find({ authorizedKeys: [pair.publicKey] }),
    });
    const answers = [
      await byTicket(router, 'joe', 't'),
      await byCra(router, 'joe', 's'),
      await byScram(router, 'joe', 'pencil'),
      await byCryptosign(router, pair, 'joe'),
    ];
    expect(answers.map(authidOf)).toEqual(['joe', 'joe', 'joe', 'joe']);
    expect(authidOf(await byCryptosign(router, pair))).toBe(pair.publicKey);
  });

  test('an empty authid is none', async () => {
    const router = createRouter({ ticket: () => ({ ticket: 't', role: 'user' }) });
    expect(authidOf(await byTicket(router, '', 't'))).toEqual(random);
  });

  test('an authid of more than 512 octets is nobody’s: in HELLO, of WAMP v1, in a certificate', async () => {
    const router = createV2Router(
      { roles: { user: [] }, authenticators: { ticket: () => ({ ticket: 't', role: 'user' }) } },
      { getAuthSecret: () => 'secret' },
    );
    const [longest, tooLong] = ['é'.repeat(256), 'é'.repeat(257)];
    expect(authidOf(await byTicket(router, longest, 't'))).toBe(longest);
    const { answer } = await begin(router, { authmethods: ['ticket'], authid: tooLong });
    expect(answer).toEqual([
      code.ABORT,
      { message: 'HELLO.Details.authid must be a string of at most 512 octets' },
      'wamp.error.protocol_violation',
    ]);
    const v1 = await connectV1InMemory(router);
    expect(await v1.authreq(longest)).toEqual(expect.any(String));
    const other = await connectV1InMemory(router);
    await expect(other.authreq(tooLong)).rejects.toMatchObject({
      uri: 'http://api.wamp.ws/error#invalid-argument',
    });
    const authentication = createAuthentication({
      methods: [{ name: 'tls', isDynamic: false, begin: () => ({ proof: { credential: nameless, authid: tooLong } }) }],
      roles: new Map([['user', []]]),
      createAuthid: () => 'random',
      onFault: () => {},
    });
    expect(() => authentication.begin({ authmethods: ['tls'] } as unknown as AuthRequest)).toThrow('512 octets');
  });
});
