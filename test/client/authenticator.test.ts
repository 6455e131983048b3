import { expect, test } from 'vitest';
import { publicKeyOf, verifyCryptosign } from '../../src/auth/cryptosign.ts';
import { createAttempt } from '../../src/client/authenticator.ts';

const privateKey = '11'.repeat(32);
const challenge = 'ab'.repeat(32);
const channelId = Buffer.alloc(32, 7);

const answer = async (channelBinding: 'tls-exporter' | undefined, extra: object) => {
  const auth = { method: 'cryptosign', privateKey, ...(channelBinding && { channelBinding }) } as const;
  const attempt = await createAttempt([auth], { authid: 'joe', channelId: () => channelId });
  return attempt.answer('cryptosign', { challenge, ...extra });
};

// Advanced Profile, "TLS Channel Binding": the client must verify that the binding in use is the one that it asked for.
test.each([
  ['tls-exporter', {}],
  ['tls-exporter', { channel_binding: null }],
  ['tls-exporter', { channel_binding: 'tls-unique' }],
  [undefined, { channel_binding: 'tls-exporter' }],
] as const)('a client that asked for channel binding %j signs no challenge with %j', async (asked, extra) => {
  await expect(answer(asked, extra)).rejects.toMatchObject({ uri: 'wamp.error.authentication_failed' });
});

test.each([
  ['tls-exporter', { channel_binding: 'tls-exporter' }],
  [undefined, {}],
  [undefined, { channel_binding: null }],
] as const)('a client that asked for channel binding %j signs a challenge with %j', async (asked, extra) => {
  const { signature } = await answer(asked, extra);
  const evidence = { publicKey: publicKeyOf(privateKey), challenge, signature };
  expect(verifyCryptosign({ ...evidence, channelId: asked && channelId })).toBe(true);
});

test.each([
  [
    { method: 'wamp-scram', password: 'p' },
    { method: 'cryptosign', privateKey, channelBinding: 'tls-exporter' },
  ],
  [
    { method: 'cryptosign', privateKey, channelBinding: 'tls-exporter' },
    { method: 'wamp-scram', password: 'p' },
  ],
] as const)('a client asks for the channel binding of cryptosign, whatever else it offers: %j, %j', async (...auth) => {
  const { hello } = await createAttempt(auth, { authid: 'joe', channelId: () => channelId });
  expect(hello).toMatchObject({
    authmethods: auth.map(({ method }) => method),
    authextra: { nonce: expect.any(String), channel_binding: 'tls-exporter' },
  });
});

test.each(['anonymous', 'ticket', 'wampcra', 'toString'])('a client does not answer to %s unasked', async (method) => {
  const attempt = await createAttempt([{ method: 'anonymous' }], { authid: 'joe', channelId: () => channelId });
  await expect(attempt.answer(method, { challenge })).rejects.toMatchObject({
    uri: 'wamp.error.authentication_failed',
    description: `the router challenges by ${method}, which was not offered`,
  });
});
