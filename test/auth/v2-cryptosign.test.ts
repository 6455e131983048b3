import { describe, expect, test } from 'vitest';
import { signCryptosign } from '../../src/auth/cryptosign.ts';
import type { PrincipalRequest } from '../../src/auth/principals.ts';
import { serializerNames } from '../../src/codec/serializers.ts';
import {
  authenticate,
  begin,
  byCryptosign,
  cryptosignHello,
  denial,
  newKeyPair,
  reasonOf,
} from '../support/v2-auth.ts';
import { code, createV2Router } from '../support/v2-router.ts';

const client = newKeyPair();
const stranger = newKeyPair();

const createRouter = (cryptosign: unknown = { client01: { authorizedKeys: [client.publicKey], role: 'user' } }) =>
  createV2Router({ anonymous: undefined, roles: { user: [] }, authenticators: { cryptosign } as object });

// Advanced Profile, "Cryptosign-based Authentication"
describe('cryptosign', () => {
  test.each(serializerNames)('lets in whoever signs the challenge, in %s', async (serializer) => {
    const { peer, answer, extra } = await begin(
      createRouter(),
      cryptosignHello(client.publicKey, 'client01'),
      serializer,
    );
    expect(answer).toEqual([
      code.CHALLENGE,
      'cryptosign',
      { challenge: expect.stringMatching(/^[0-9a-f]{64}$/), channel_binding: null },
    ]);
    const signature = signCryptosign({ ...client, challenge: extra.challenge as string });
    expect((await authenticate(peer, signature))[2]).toMatchObject({
      authid: 'client01',
      authrole: 'user',
      authmethod: 'cryptosign',
      authprovider: 'static',
    });
  });

  test('draws a challenge for every exchange', async () => {
    const router = createRouter();
    const challenges = new Set<unknown>();
    for (let at = 0; at < 20; at += 1)
      challenges.add((await begin(router, cryptosignHello(client.publicKey))).extra.challenge);
    expect(challenges.size).toBe(20);
  });

  test('finds the authid by the key where HELLO names none', async () => {
    const other = newKeyPair();
    const router = createRouter({
      ann: { authorizedKeys: [other.publicKey], role: 'user' },
      bob: { authorizedKeys: [stranger.publicKey, client.publicKey], role: 'user' },
    });
    expect((await byCryptosign(router, client))[2]).toMatchObject({ authid: 'bob' });
    expect((await byCryptosign(router, other))[2]).toMatchObject({ authid: 'ann' });
  });

  test('takes keys as hex in either case', async () => {
    const upper = { ...client, publicKey: client.publicKey.toUpperCase() };
    const table = (key: string) => ({ client01: { authorizedKeys: [key], role: 'user' } });
    for (const router of [createRouter(), createRouter(table(upper.publicKey))]) {
      for (const pair of [client, upper]) {
        expect((await byCryptosign(router, pair, 'client01'))[0]).toBe(code.WELCOME);
        expect((await byCryptosign(router, pair))[2]).toMatchObject({ authid: 'client01' });
      }
    }
  });

  test('assigns the key as authid where neither peer nor authenticator names one', async () => {
    const asked: PrincipalRequest[] = [];
    const router = createRouter((request: PrincipalRequest) => {
      asked.push(request);
      return { authorizedKeys: [client.publicKey], role: 'user' };
    });
    expect((await byCryptosign(router, client))[2]).toMatchObject({
      authid: client.publicKey,
      authprovider: 'dynamic',
    });
    expect(asked).toEqual([
      { realm: 'realm1', method: 'cryptosign', authid: '', authextra: { pubkey: client.publicKey } },
    ]);
    expect((await byCryptosign(router, client, ''))[2]).toMatchObject({ authid: client.publicKey });
    expect(await byCryptosign(router, stranger)).toEqual(denial);
  });

  test('denies a key that is not among those of the authid', async () => {
    const router = createRouter({
      ann: { authorizedKeys: [client.publicKey], role: 'user' },
      bob: { authorizedKeys: [stranger.publicKey], role: 'user' },
    });
    expect(await byCryptosign(router, client, 'bob')).toEqual(denial);
    expect(await byCryptosign(router, newKeyPair())).toEqual(denial);
    // The key of one, the signature of another.
    expect(await byCryptosign(router, { ...stranger, publicKey: client.publicKey }, 'ann')).toEqual(denial);
  });

  test('denies a good signature over a challenge that was not issued here', async () => {
    const router = createRouter();
    const hello = cryptosignHello(client.publicKey, 'client01');
    const first = await begin(router, hello);
    const replay = signCryptosign({ ...client, challenge: first.extra.challenge as string });
    expect((await authenticate(first.peer, replay))[0]).toBe(code.WELCOME);
    const second = await begin(router, hello);
    expect(await authenticate(second.peer, replay)).toEqual(denial);
    // The message of this exchange behind the signature of another one.
    const third = await begin(router, hello);
    expect(await authenticate(third.peer, replay.slice(0, 128) + third.extra.challenge)).toEqual(denial);
  });

  test('aborts at HELLO without a key, and with a channel binding on a plain transport', async () => {
    const router = createRouter();
    const wrong = 'wamp.error.authentication_denied';
    for (const pubkey of [undefined, null, 7, [client.publicKey]]) {
      expect(reasonOf((await begin(router, cryptosignHello(pubkey, 'client01'))).answer)).toBe(wrong);
    }
    for (const channel_binding of ['tls-exporter', 'tls-unique', 'none', '', 1, true]) {
      const hello = cryptosignHello(client.publicKey, 'client01', { channel_binding });
      expect(reasonOf((await begin(router, hello)).answer)).toBe(wrong);
    }
  });

  test('does without channel binding where it is null', async () => {
    const hello = cryptosignHello(client.publicKey, 'client01', { channel_binding: null });
    const { peer, extra } = await begin(createRouter(), hello);
    expect(extra.channel_binding).toBeNull();
    const challenge = extra.challenge as string;
    expect((await authenticate(peer, signCryptosign({ ...client, challenge })))[0]).toBe(code.WELCOME);
  });
});
