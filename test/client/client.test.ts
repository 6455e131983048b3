import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { publicKeyOf } from '../../src/auth/cryptosign.ts';
import { createScramVerifier } from '../../src/auth/scram.ts';
import { createAttempt } from '../../src/client/authenticator.ts';
import type { ClientOptions, Invocation, ReceivedEvent, WampClient } from '../../src/client.ts';
import { connect, LinkError, WampError, WampResult } from '../../src/client.ts';
import { serializerNames } from '../../src/codec/serializers.ts';
import type { PostmasterOptions, RealmSettings } from '../../src/index.ts';
import { Postmaster } from '../../src/index.ts';
import { everythingAndMeta } from '../support/v2-router.ts';
import { certificate, key } from '../transport/certificate.ts';

const startRouter = async (realm: Partial<RealmSettings> = {}, options: Partial<PostmasterOptions> = {}, at = 0) => {
  const postmaster = new Postmaster({
    realms: [{ name: 'realm1', anonymous: everythingAndMeta, ...realm }],
    ...options,
  });
  const { url, port } = await postmaster.listen({ port: at, rawSocket: true });
  onTestFinished(() => postmaster.close({ drain: 0 }));
  return { postmaster, url, port };
};

const join1 = async (url: string, options: Partial<ClientOptions> = {}): Promise<WampClient> => {
  const client = await connect({ url, realm: 'realm1', ...options });
  onTestFinished(() => client.close());
  return client;
};

/** What a promise is rejected with. */
const failureOf = (promise: Promise<unknown>): Promise<WampError> =>
  promise.then(
    () => {
      throw new Error('it was not rejected');
    },
    (error: unknown) => error as WampError,
  );

/** A list that can be waited for. */
const collect = <Item>() => {
  const items: Item[] = [];
  return {
    items,
    add: (item: Item): void => {
      items.push(item);
    },
    has: (count: number) => vi.waitFor(() => expect(items.length).toBeGreaterThanOrEqual(count)),
  };
};

describe.each(serializerNames)('a client that speaks %s', (serializer) => {
  test.each(['ws', 'rs'])('publishes, subscribes, calls and registers over %s', async (scheme) => {
    const { url, port } = await startRouter();
    const where = scheme === 'ws' ? url : `rs://127.0.0.1:${port}`;
    const [service, user] = await Promise.all([
      join1(where, { serializers: [serializer] }),
      join1(where, { serializers: [serializer] }),
    ]);
    const events = collect<ReceivedEvent>();
    const subscription = await user.subscribe('com.topic', events.add);
    const id = await service.publish('com.topic', [1, { deep: [true] }], { key: 'ü' }, { acknowledge: true });
    await events.has(1);
    expect(events.items[0]).toMatchObject({ publication: id, args: [1, { deep: [true] }], kwargs: { key: 'ü' } });
    const registration = await service.register('com.add', ({ args }) => Number(args[0]) + Number(args[1]));
    expect(await user.call('com.add', [2, 3])).toEqual({ args: [5], kwargs: undefined });
    await registration.unregister();
    expect(await failureOf(user.call('com.add', [2, 3]))).toMatchObject({ uri: 'wamp.error.no_such_procedure' });
    await subscription.unsubscribe();
    await service.publish('com.topic', [2], undefined, { acknowledge: true });
    await user.call('wamp.session.count');
    expect(events.items).toHaveLength(1);
  });
});

describe('a client', () => {
  test('carries binary values and integers up to 2^53 through every serializer', async () => {
    const { url } = await startRouter();
    const value = { data: Buffer.from([0, 1, 255]), large: Number.MAX_SAFE_INTEGER, small: -5, text: 'x' };
    const service = await join1(url, { serializers: ['cbor'] });
    await service.register('com.echo', ({ args }) => args[0]);
    for (const serializer of serializerNames) {
      const client = await join1(url, { serializers: [serializer] });
      const { args } = await client.call('com.echo', [value]);
      const given = args[0] as typeof value;
      expect({ ...given, data: Buffer.from(given.data) }).toEqual(value);
    }
  });

  test('says and hears texts that begin with U+FEFF, through every serializer', async () => {
    const { url } = await startRouter();
    const clients = [];
    for (const serializer of serializerNames) {
      const client = await join1(url, { serializers: [serializer] });
      await client.register(`com.echo.${serializer}`, ({ args, kwargs }) => new WampResult(args, kwargs));
      clients.push(client);
    }
    const texts = ['\u{feff}', '\u{feff}é', `\u{feff}${'a'.repeat(500)}`];
    const kwargs = Object.fromEntries(texts.map((text) => [text, text]));
    for (const client of clients) {
      for (const serializer of serializerNames) {
        expect(await client.call(`com.echo.${serializer}`, texts, kwargs)).toEqual({ args: texts, kwargs });
      }
    }
  });

  test('reaches a router over TLS, over RawSocket on TLS, and over a Unix socket', async () => {
    const { postmaster } = await startRouter();
    const tls = { cert: certificate, key };
    const folder = mkdtempSync(join(tmpdir(), 'postmaster-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const secure = await postmaster.listen({ port: 0, tls, rawSocket: true });
    const unix = await postmaster.listenRawSocket({ path: join(folder, 'router.sock') });
    const trust = { tls: { ca: certificate } };
    const urls = [secure.url.replace('127.0.0.1', 'localhost'), `rss://localhost:${secure.port}`, unix.url];
    for (const url of urls) {
      const client = await join1(url, trust);
      expect((await client.call('wamp.session.count')).args[0]).toBeGreaterThan(0);
    }
  });

  test('hears progressive results, then the final one', async () => {
    const { url } = await startRouter();
    const [service, user] = await Promise.all([join1(url), join1(url)]);
    await service.register('com.count', ({ progress }: Invocation) => {
      progress([1]);
      progress([2], { half: true });
      return new WampResult([3, 'done'], { all: true });
    });
    const parts = collect();
    const result = await user.call('com.count', [], undefined, { onProgress: parts.add });
    expect(parts.items).toMatchObject([{ args: [1] }, { args: [2], kwargs: { half: true } }]);
    expect(result).toEqual({ args: [3, 'done'], kwargs: { all: true } });
  });

  test.each(['skip', 'killnowait', 'kill'] as const)('cancels a call in the mode %s', async (cancelMode) => {
    const { url } = await startRouter();
    const [service, user] = await Promise.all([join1(url), join1(url)]);
    const interrupted = collect();
    const started = collect();
    await service.register('com.sleep', ({ signal }) => {
      started.add(1);
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          interrupted.add(signal.reason);
          reject(signal.reason);
        });
      });
    });
    const controller = new AbortController();
    const call = failureOf(user.call('com.sleep', [], undefined, { signal: controller.signal, cancelMode }));
    await started.has(1);
    controller.abort();
    expect(await call).toMatchObject({ uri: 'wamp.error.canceled' });
    if (cancelMode !== 'skip') await interrupted.has(1);
    else expect(interrupted.items).toEqual([]);
  });

  test('gets the timeout of a call as an error', async () => {
    const { url } = await startRouter();
    const client = await join1(url);
    await client.register('com.never', () => new Promise(() => {}));
    const failure = await failureOf(client.call('com.never', [], undefined, { timeout: 20 }));
    expect(failure).toMatchObject({ uri: 'wamp.error.timeout' });
  });

  test('tells the caller a WampError and hides everything else, which its own onError hears', async () => {
    const { url } = await startRouter();
    const errors = collect<unknown>();
    const client = await join1(url, { onError: errors.add });
    await client.register('com.known', () => {
      throw new WampError('com.error.empty', { description: 'the cart is empty', kwargs: { cart: 7 } });
    });
    await client.register('com.unknown', () => {
      throw new Error('password is hunter2');
    });
    expect(await failureOf(client.call('com.known'))).toMatchObject({
      uri: 'com.error.empty',
      args: ['the cart is empty'],
      kwargs: { cart: 7 },
    });
    const hidden = await failureOf(client.call('com.unknown'));
    expect(hidden.uri).toBe('wamp.error.runtime_error');
    expect(JSON.stringify(hidden)).not.toContain('hunter2');
    expect(errors.items).toMatchObject([{ message: 'password is hunter2' }]);
  });

  test('goes on when a handler of events throws', async () => {
    const { url } = await startRouter();
    const errors = collect<unknown>();
    const events = collect<ReceivedEvent>();
    const client = await join1(url, { onError: errors.add });
    await client.subscribe(
      'com.',
      () => {
        throw new Error('broken');
      },
      { match: 'prefix' },
    );
    await client.subscribe('com.', events.add, { match: 'prefix' });
    await client.publish('com.topic', [1], undefined, { exclude_me: false });
    await events.has(1);
    expect(events.items[0]).toMatchObject({ topic: 'com.topic', args: [1] });
    expect(errors.items).toHaveLength(1);
  });

  test('rejects a payload that its serializer cannot hold, and the next request is as good as any', async () => {
    const { url } = await startRouter();
    const client = await join1(url);
    const loop: unknown[] = [];
    loop.push(loop);
    const failure = await failureOf(client.call('com.x', loop));
    expect(failure.uri).toBe('wamp.error.invalid_argument');
    expect(failure.description).toBe('a value contains itself, or is nested too deeply');
    expect((await client.call('wamp.session.count')).args).toEqual([1]);
  });

  test('forgets a registration that the router revokes', async () => {
    const { url } = await startRouter();
    const [service, admin] = await Promise.all([join1(url), join1(url)]);
    await service.register('com.work', () => 1);
    const { args } = await admin.call('wamp.registration.lookup', ['com.work']);
    await admin.call('wamp.registration.remove_callee', [args[0], service.session?.id]);
    await service.register('com.work', () => 2);
    expect((await admin.call('com.work')).args).toEqual([2]);
  });

  test('that comes back does not register again what the router revoked', async () => {
    const { url } = await startRouter();
    const opened = collect<unknown>();
    const service = await join1(url, { reconnect: { initialDelay: 1 }, onOpen: opened.add });
    const admin = await join1(url);
    await service.register('com.work', () => 1);
    const { args } = await admin.call('wamp.registration.lookup', ['com.work']);
    await admin.call('wamp.registration.remove_callee', [args[0], service.session?.id]);
    await admin.call('wamp.session.kill', [service.session?.id]);
    await opened.has(2);
    expect(await failureOf(admin.call('com.work'))).toMatchObject({ uri: 'wamp.error.no_such_procedure' });
  });
});

describe('authentication', () => {
  const privateKey = '11'.repeat(32);

  test.each([
    [{ method: 'ticket', ticket: 'secret1' }],
    [{ method: 'wampcra', secret: 'secret2' }],
    [{ method: 'wamp-scram', password: 'secret3' }],
    [{ method: 'cryptosign', privateKey }],
  ] as const)('by $method lets the right client in and the wrong one not', async (auth) => {
    const verifier = await createScramVerifier('secret3', {
      kdf: 'pbkdf2',
      salt: Buffer.from('salt of joe').toString('base64'),
      iterations: 1_000,
    });
    const { url } = await startRouter({
      anonymous: undefined,
      roles: { user: everythingAndMeta },
      authenticators: {
        ticket: { joe: { ticket: 'secret1', role: 'user' } },
        wampcra: { joe: { secret: { secret: 'secret2', salt: 'salt', iterations: 100 }, role: 'user' } },
        'wamp-scram': { joe: { ...verifier, role: 'user' } },
        cryptosign: { joe: { authorizedKeys: [publicKeyOf(privateKey)], role: 'user' } },
      },
    });
    const client = await join1(url, { authid: 'joe', auth: [auth] });
    expect(client.session).toMatchObject({ authid: 'joe', authrole: 'user', details: { authmethod: auth.method } });
    const wrong = { ...auth, ticket: 'x', secret: 'x', password: 'x', privateKey: '22'.repeat(32) };
    const refused = connect({ url, realm: 'realm1', authid: 'joe', auth: [wrong as typeof auth] });
    expect(await failureOf(refused)).toMatchObject({ uri: 'wamp.error.authentication_denied' });
    const nobody = connect({ url, realm: 'realm1', authid: 'nobody', auth: [auth] });
    expect(await failureOf(nobody)).toMatchObject({ uri: 'wamp.error.authentication_denied' });
  });
});

// Advanced Profile, "TLS Channel Binding"
describe('cryptosign with channel binding', () => {
  const privateKey = '11'.repeat(32);
  const users = { cryptosign: { joe: { authorizedKeys: [publicKeyOf(privateKey)], role: 'user' } } };
  const startTls = async (): Promise<readonly string[]> => {
    const { postmaster } = await startRouter({ roles: { user: everythingAndMeta }, authenticators: users });
    const { url, port } = await postmaster.listen({ port: 0, rawSocket: true, tls: { cert: certificate, key } });
    return [url.replace('127.0.0.1', 'localhost'), `rss://localhost:${port}`];
  };
  const login = (channelBinding: 'tls-exporter' | 'tls-unique', maxVersion: 'TLSv1.2' | 'TLSv1.3') => ({
    authid: 'joe',
    auth: [{ method: 'cryptosign', privateKey, channelBinding }] as const,
    tls: { ca: certificate, maxVersion },
  });

  test.each([
    ['tls-exporter', 'TLSv1.2'],
    ['tls-exporter', 'TLSv1.3'],
    ['tls-unique', 'TLSv1.2'],
  ] as const)('by %s lets in over %s', async (binding, version) => {
    for (const url of await startTls()) {
      const client = await join1(url, login(binding, version));
      expect(client.session).toMatchObject({ authid: 'joe', details: { authmethod: 'cryptosign' } });
    }
  });

  test('by tls-unique is refused over TLS 1.3', async () => {
    for (const url of await startTls()) {
      expect(await failureOf(connect({ url, realm: 'realm1', ...login('tls-unique', 'TLSv1.3') }))).toMatchObject({
        uri: 'wamp.error.authentication_denied',
        description: 'TLSv1.3 has no tls-unique; use tls-exporter',
      });
    }
  });

  test('is not done without where it cannot be had', async () => {
    const plain = (): string => 'channel binding needs TLS';
    const auth = [{ method: 'cryptosign', privateKey, channelBinding: 'tls-unique' }] as const;
    const attempt = await createAttempt(auth, { authid: 'joe', channelId: plain });
    expect(attempt.hello).toMatchObject({ authextra: { channel_binding: 'tls-unique' } });
    expect(
      await failureOf(attempt.answer('cryptosign', { challenge: '00'.repeat(32), channel_binding: 'tls-unique' })),
    ).toMatchObject({
      uri: 'wamp.error.authentication_failed',
      description: 'channel binding needs TLS',
    });
  });
});

describe('connecting', () => {
  test.each(['http://127.0.0.1/', 'nonsense'])('to %s is refused with the schemes that there are', async (url) => {
    expect(await failureOf(connect({ url, realm: 'realm1' }))).toMatchObject({
      message: expect.stringContaining('ws, wss, rs, rss or unix'),
    });
  });

  test('where nobody listens is rejected with the URL and the cause', async () => {
    for (const url of ['ws://127.0.0.1:1/ws', 'rs://127.0.0.1:1', 'unix:///nowhere/at.all']) {
      const failure = await failureOf(connect({ url, realm: 'realm1' }));
      expect(failure).toBeInstanceOf(LinkError);
      expect(failure.message).toContain(url);
    }
  });

  test('to a realm that does not exist is rejected with the reason of the router', async () => {
    const { url } = await startRouter();
    expect(await failureOf(connect({ url, realm: 'realm2' }))).toMatchObject({ uri: 'wamp.error.no_such_realm' });
  });

  test('again after the connection was lost brings subscriptions and registrations back', async () => {
    const { url, postmaster } = await startRouter();
    const opened = collect<unknown>();
    const ended = collect<{ willReconnect: boolean }>();
    const events = collect<ReceivedEvent>();
    const client = await join1(url, {
      reconnect: { initialDelay: 1 },
      onOpen: opened.add,
      onEnd: ended.add,
    });
    await client.subscribe('com.topic', events.add);
    await client.register('com.echo', ({ args }) => args[0]);
    const other = await join1(url);
    await other.call('wamp.session.kill', [client.session?.id]);
    await opened.has(2);
    expect(ended.items).toMatchObject([{ reason: 'wamp.close.killed', willReconnect: true }]);
    await other.publish('com.topic', [7], undefined, { acknowledge: true });
    await events.has(1);
    expect((await other.call('com.echo', [8])).args).toEqual([8]);
    expect(postmaster.stats().sessions).toBe(2);
  });

  test('again is no slower the second time: a session that was opened ends the growth of the pauses', async () => {
    const { url } = await startRouter();
    const opened = collect<unknown>();
    // A second pause in a row would be eleven days long.
    const reconnect = { initialDelay: 1, factor: 1e9, maxDelay: 1e9 };
    const client = await join1(url, { reconnect, onOpen: opened.add });
    const other = await join1(url);
    for (const sessions of [2, 3]) {
      await other.call('wamp.session.kill', [client.session?.id]);
      await opened.has(sessions);
    }
  });

  test('is tried as long as nobody is there, until a router is', async () => {
    const { postmaster, url, port } = await startRouter();
    const opened = collect<unknown>();
    await join1(url, { reconnect: { initialDelay: 1, factor: 1 }, onOpen: opened.add });
    await postmaster.close({ drain: 0 });
    const attempts = collect<unknown>();
    const nobody = createServer((socket) => {
      attempts.add(1);
      socket.destroy();
    });
    await new Promise<void>((resolve) => nobody.listen(port, '127.0.0.1', resolve));
    await attempts.has(3);
    await new Promise((resolve) => nobody.close(resolve));
    await startRouter({}, {}, port);
    await opened.has(2);
  });

  test('ends for good where the router refuses what another attempt would ask for as well', async () => {
    const { postmaster, url, port } = await startRouter();
    const ended = collect<{ willReconnect: boolean }>();
    const client = await join1(url, { reconnect: { initialDelay: 1, factor: 1 }, onEnd: ended.add });
    await postmaster.close({ drain: 0 });
    await startRouter({ name: 'realm2' }, {}, port);
    await ended.has(2);
    expect(ended.items).toMatchObject([
      { reason: 'wamp.close.system_shutdown', willReconnect: true },
      { reason: 'wamp.error.no_such_realm', willReconnect: false },
    ]);
    expect(client.session).toBeUndefined();
  });

  test('ends for good when it is closed', async () => {
    const { url, postmaster } = await startRouter();
    const client = await join1(url);
    await client.close();
    expect(await failureOf(client.call('com.x'))).toMatchObject({ uri: 'wamp.error.network_failure' });
    await vi.waitFor(() => expect(postmaster.stats().sessions).toBe(0));
  });
});
