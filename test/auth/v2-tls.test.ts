import { createHash } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { signCryptosign } from '../../src/auth/cryptosign.ts';
import type { TlsRequest } from '../../src/auth/method/tls.ts';
import type { PrincipalRequest } from '../../src/auth/principals.ts';
import type { AuthenticatorSettings } from '../../src/index.ts';
import { authenticate, begin, cryptosignHello, denial, newKeyPair } from '../support/v2-auth.ts';
import type { V2Peer } from '../support/v2-client.ts';
import { connectV2 } from '../support/v2-client.ts';
import { code, createV2Router } from '../support/v2-router.ts';
import type { TlsPeer } from '../support/v2-tls.ts';
import { connectRawTls, connectWss } from '../support/v2-tls.ts';
import { certificate, clientCertificate, clientFingerprint, clientKey, key } from '../transport/certificate.ts';

const shown = { cert: clientCertificate, key: clientKey };
const hello = { authmethods: ['tls'] };

/** A router behind TLS with both transports. */
const listen = async (authenticators: AuthenticatorSettings, tls: object = {}) => {
  const router = createV2Router({ anonymous: undefined, roles: { user: [] }, authenticators });
  const settings = { cert: certificate, key, ...tls };
  const { port: wss } = await router.listen({ port: 0, tls: settings });
  const { port: rss = 0 } = await router.listenRawSocket({ port: 0, tls: settings });
  return { router, wss, rss };
};

const connects: readonly (readonly [string, 'wss' | 'rss', typeof connectWss])[] = [
  ['WebSocket', 'wss', connectWss],
  ['RawSocket', 'rss', connectRawTls],
];

// Advanced Profile, "Authentication Methods": TLS Certificate Authentication
describe.each(connects)('a TLS certificate over %s', (_, transport, connect) => {
  const asking = { requestCert: true, ca: clientCertificate, rejectUnauthorized: false };

  test('lets in the principal of its common name, once TLS has verified it', async () => {
    const ports = await listen({ tls: { client01: { role: 'user' } } }, asking);
    const { peer } = await connect(ports[transport], shown);
    expect((await peer.hello('realm1', { ...hello, authid: 'root' }))[2]).toMatchObject({
      authid: 'client01',
      authrole: 'user',
      authmethod: 'tls',
      authprovider: 'static',
    });
  });

  test('is shown to an authenticator by common name and fingerprint', async () => {
    const asked: TlsRequest[] = [];
    const find = (request: TlsRequest) => {
      asked.push(request);
      return request.fingerprint === clientFingerprint ? { authid: 'one', role: 'user' } : undefined;
    };
    const ports = await listen({ tls: find }, asking);
    const { peer } = await connect(ports[transport], shown);
    expect((await peer.hello('realm1', hello))[2]).toMatchObject({ authid: 'one', authprovider: 'dynamic' });
    expect(asked).toEqual([
      { realm: 'realm1', method: 'tls', authid: 'client01', authextra: {}, fingerprint: clientFingerprint },
    ]);
  });

  test.each([{}, { authid: undefined }])('is the authid where the principal names none: %j', async (unnamed) => {
    const find = () => ({ role: 'user', ...unnamed }) as { role: string };
    const ports = await listen({ tls: find }, asking);
    const { peer } = await connect(ports[transport], shown);
    expect((await peer.hello('realm1', { ...hello, authid: 'root' }))[2]).toMatchObject({ authid: 'client01' });
  });

  test('is not asked of the peer by itself, is not enough when nobody vouches for it, and is needed', async () => {
    const principals = { tls: { client01: { role: 'user' } } };
    const unverified = await listen(principals, { ...asking, ca: certificate });
    const strange = await connect(unverified[transport], shown);
    expect(await strange.peer.hello('realm1', hello)).toEqual(denial);
    const unasked = await listen(principals);
    const { peer } = await connect(unasked[transport], shown);
    expect(await peer.hello('realm1', hello)).toEqual(denial);
    const bare = await connect((await listen(principals, asking))[transport]);
    expect(await bare.peer.hello('realm1', hello)).toEqual(denial);
  });

  test('is refused by TLS itself where the listener insists', async () => {
    const ports = await listen({ tls: { client01: { role: 'user' } } }, { ...asking, rejectUnauthorized: true });
    await expect(connect(ports[transport])).rejects.toThrow();
    const { peer } = await connect(ports[transport], shown);
    expect((await peer.hello('realm1', hello))[0]).toBe(code.WELCOME);
  });

  test('counts in a resumed TLS session as in the first', async () => {
    const ports = await listen({ tls: { client01: { role: 'user' } } }, asking);
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const first = await connect(ports[transport], { ...shown, maxVersion });
      const sessions: Buffer[] = [];
      first.socket.on('session', (session: Buffer) => sessions.push(session));
      await first.peer.hello('realm1', hello);
      const session = first.socket.getSession() ?? sessions[0];
      const again = await connect(ports[transport], { ...shown, maxVersion, ...(session && { session }) });
      expect(again.socket.isSessionReused()).toBe(true);
      expect((await again.peer.hello('realm1', hello))[2]).toMatchObject({ authid: 'client01' });
    }
  });
});

describe('a TLS certificate', () => {
  test('is nothing on a plain transport', async () => {
    const router = createV2Router({
      roles: { user: [] },
      authenticators: { tls: { client01: { role: 'user' }, undefined: { role: 'user' } } },
    });
    expect((await begin(router, { ...hello, authid: 'client01' })).answer).toEqual(denial);
  });
});

const client = newKeyPair();
const cryptosign = { client01: { authorizedKeys: [client.publicKey], role: 'user' } };
const boundBy = (type: unknown) => cryptosignHello(client.publicKey, 'client01', { channel_binding: type });
const sha256 = (octets: Buffer | undefined): Buffer =>
  createHash('sha256')
    .update(octets ?? '')
    .digest();

/** The channel id as the client has it. */
const channelIds = {
  'tls-exporter': (socket: TLSSocket) => socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0)),
  'tls-unique': (socket: TLSSocket) => sha256(socket.getFinished()),
};
type Binding = keyof typeof channelIds;

const challengeOf = async (peer: V2Peer, type: Binding): Promise<string> =>
  (await begin(peer, boundBy(type))).extra.challenge as string;
const sign = ({ socket }: TlsPeer, type: Binding, challenge: string): string =>
  signCryptosign({ ...client, challenge, channelId: channelIds[type](socket) });

const possible: readonly (readonly [Binding, 'TLSv1.2' | 'TLSv1.3'])[] = [
  ['tls-exporter', 'TLSv1.2'],
  ['tls-exporter', 'TLSv1.3'],
  ['tls-unique', 'TLSv1.2'],
];

// Advanced Profile, "TLS Channel Binding"; RFC 5929, RFC 9266
describe.each(connects)('cryptosign with channel binding over %s', (_, transport, connect) => {
  describe.each(possible)('by %s, %s', (type, version) => {
    const versions = { maxVersion: version, minVersion: version };

    test('lets in whoever signs challenge XOR channel id', async () => {
      const ports = await listen({ cryptosign });
      const end = await connect(ports[transport], versions);
      expect(end.socket.getProtocol()).toBe(version);
      const { answer, extra } = await begin(end.peer, boundBy(type));
      expect(answer).toEqual([
        code.CHALLENGE,
        'cryptosign',
        { challenge: expect.stringMatching(/^[0-9a-f]{64}$/), channel_binding: type },
      ]);
      const [answered] = await authenticate(end.peer, sign(end, type, extra.challenge as string));
      expect(answered).toBe(code.WELCOME);
    });

    test('denies a signature that is bound to another connection, by another type, or to none', async () => {
      const ports = await listen({ cryptosign });
      const join = () => connect(ports[transport], versions);
      const [one, other, third, fourth] = [await join(), await join(), await join(), await join()];
      const channelIdOf = channelIds[type];
      expect(channelIdOf(one.socket).equals(channelIdOf(other.socket))).toBe(false);
      expect(await authenticate(one.peer, sign(other, type, await challengeOf(one.peer, type)))).toEqual(denial);
      const unbound = signCryptosign({ ...client, challenge: await challengeOf(third.peer, type) });
      expect(await authenticate(third.peer, unbound)).toEqual(denial);
      const another = type === 'tls-unique' ? 'tls-exporter' : 'tls-unique';
      expect(await authenticate(fourth.peer, sign(fourth, another, await challengeOf(fourth.peer, type)))).toEqual(
        denial,
      );
    });
  });

  test('denies a bound signature where no binding was agreed', async () => {
    const ports = await listen({ cryptosign });
    const end = await connect(ports[transport]);
    const { extra } = await begin(end.peer, cryptosignHello(client.publicKey, 'client01'));
    expect(extra.channel_binding).toBeNull();
    expect(await authenticate(end.peer, sign(end, 'tls-exporter', extra.challenge as string))).toEqual(denial);
  });

  test.each(['tls-server-end-point', 'tls-unique ', 'constructor', '', 1])(
    'is not replaced by none where its type is %j',
    async (type) => {
      const ports = await listen({ cryptosign });
      const { peer } = await connect(ports[transport], { maxVersion: 'TLSv1.2' });
      const { answer } = await begin(peer, boundBy(type));
      expect(answer).toEqual([
        code.ABORT,
        { message: 'the channel binding must be tls-exporter or tls-unique' },
        'wamp.error.authentication_denied',
      ]);
    },
  );

  // RFC 9266: tls-unique is not defined for TLS 1.3.
  test('by tls-unique is refused over TLS 1.3, which has none', async () => {
    const ports = await listen({ cryptosign });
    const { peer, socket } = await connect(ports[transport]);
    expect(socket.getProtocol()).toBe('TLSv1.3');
    const { answer } = await begin(peer, boundBy('tls-unique'));
    expect(answer).toEqual([
      code.ABORT,
      { message: 'TLSv1.3 has no tls-unique; use tls-exporter' },
      'wamp.error.authentication_denied',
    ]);
  });

  // Whoever resumes a session may not have been there in the full handshake, whose Finished the id is (RFC 7627, 1).
  test('by tls-unique is refused in a resumed session, and by tls-exporter is good there', async () => {
    const ports = await listen({ cryptosign });
    const first = await connect(ports[transport], { maxVersion: 'TLSv1.2' });
    const resume = async (): Promise<TlsPeer> => {
      const again = await connect(ports[transport], { maxVersion: 'TLSv1.2', session: first.socket.getSession() });
      expect(again.socket.isSessionReused()).toBe(true);
      return again;
    };
    const { answer } = await begin((await resume()).peer, boundBy('tls-unique'));
    expect(answer).toEqual([
      code.ABORT,
      { message: 'a resumed TLS session has no tls-unique; use tls-exporter' },
      'wamp.error.authentication_denied',
    ]);
    const end = await resume();
    const challenge = await challengeOf(end.peer, 'tls-exporter');
    expect((await authenticate(end.peer, sign(end, 'tls-exporter', challenge)))[0]).toBe(code.WELCOME);
  });
});

// Advanced Profile, "Authentication Methods": Cookie-based Authentication
describe('a cookie', () => {
  const cookie = { name: 'sid', principals: { abc123: { authid: 'joe', role: 'user' }, undefined: { role: 'user' } } };
  const join = async (header: string | undefined, settings: AuthenticatorSettings = { cookie }) => {
    const router = createV2Router({ anonymous: undefined, roles: { user: [] }, authenticators: settings });
    const { url } = await router.listen({ port: 0 });
    const peer = await connectV2(url, 'json', header === undefined ? {} : { headers: { cookie: header } });
    onTestFinished(() => peer.close());
    return peer.hello('realm1', { authmethods: ['cookie'], authid: 'root' });
  };

  test.each([
    'sid=abc123',
    'a=1; sid=abc123; b=2',
    'xsid=zzz;sid=abc123',
    'sid2=zzz; sid=abc123',
    'sid.x=zzz; sid=abc123',
    'sid; sid=abc123',
    '  sid = abc123  ',
    'sid="abc123"',
    'sid=abc123; sid=zzz',
  ])('of the upgrade request lets in: %s', async (header) => {
    expect((await join(header))[2]).toMatchObject({
      authid: 'joe',
      authrole: 'user',
      authmethod: 'cookie',
      authprovider: 'static',
    });
  });

  test.each([
    undefined,
    '',
    'sid=',
    'sid=abc1234',
    'SID=abc123',
    'xsid=abc123',
    'sid2=abc123',
    'sid2=x=abc123',
    'sid=zzz; sid=abc123',
    'sid="abc123',
    'sid=abc123=',
    'sid=__proto__',
    'sid',
    'a=sid=abc123',
  ])('does not: %s', async (header) => expect(await join(header)).toEqual(denial));

  test('is the authid that an authenticator is asked about, and never that of the session', async () => {
    const find = vi.fn((request: PrincipalRequest) =>
      request.authid === 'token' ? { authid: 'ann', role: 'user' } : null,
    );
    expect((await join('sid=token', { cookie: { name: 'sid', principals: find } }))[2]).toMatchObject({
      authid: 'ann',
    });
    expect(find.mock.calls).toEqual([[{ realm: 'realm1', method: 'cookie', authid: 'token', authextra: {} }]]);
    const nameless = { cookie: { name: 'sid', principals: { token: { role: 'user' } } } };
    const [type, , details] = await join('sid=token', nameless);
    expect(type).toBe(code.WELCOME);
    expect((details as { authid: string }).authid).not.toBe('token');
  });

  test.each([
    ['sid=abc123', 'cookie'],
    [undefined, 'ticket'],
  ])('that is not there (%s) leaves the word to the method after it', async (header, method) => {
    const settings = { cookie, ticket: { root: { ticket: 'secret', role: 'user' } } };
    const router = createV2Router({ anonymous: undefined, roles: { user: [] }, authenticators: settings });
    const { url } = await router.listen({ port: 0 });
    const peer = await connectV2(url, 'json', header === undefined ? {} : { headers: { cookie: header } });
    onTestFinished(() => peer.close());
    const answer = await peer.hello('realm1', { authmethods: ['cookie', 'ticket'], authid: 'root' });
    if (method === 'cookie') expect(answer[2]).toMatchObject({ authid: 'joe', authmethod: 'cookie' });
    else expect(answer).toEqual([code.CHALLENGE, 'ticket', {}]);
  });
});
