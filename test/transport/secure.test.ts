import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { ConfigError, Postmaster } from '../../src/index.ts';
import { everything, startOpenRouter } from '../support/router.ts';
import { connectV1, V1Client } from '../support/v1-client.ts';
import { certificate, key } from './certificate.ts';

const connectWith = async (
  url: string,
  options: object,
): Promise<{ readonly client: V1Client; readonly socket: WebSocket }> => {
  const socket = new WebSocket(url, 'wamp', options);
  onTestFinished(() => socket.terminate());
  const client = new V1Client();
  client.wire = { send: (data) => socket.send(data), close: () => socket.close() };
  socket.on('message', (data) => client.accept(data.toString()));
  socket.on('close', (code, reason) => client.end(code, reason.toString()));
  await Promise.race([client.welcome, new Promise((_, reject) => socket.on('error', reject))]);
  return { client, socket };
};

describe('TLS', () => {
  test('carries WAMP, and plain text on its port is turned away', async () => {
    const postmaster = new Postmaster({ realms: [{ name: 'r', anonymous: everything }], v1: { open: true } });
    const { url, port } = await postmaster.listen({ port: 0, tls: { cert: certificate, key } });
    onTestFinished(() => postmaster.close());
    expect(url).toMatch(/^wss:\/\/127\.0\.0\.1:\d+\/ws$/);
    const { client } = await connectWith(url, { ca: certificate });
    client.subscribe('urn:t');
    client.publish('urn:t', 'x'.repeat(100_000));
    await client.barrier();
    expect(client.events).toEqual([['urn:t', 'x'.repeat(100_000)]]);
    const plain = connect(port, '127.0.0.1');
    plain.on('error', () => {});
    plain.resume();
    plain.write('GET /ws HTTP/1.1\r\nHost: x\r\n\r\n');
    await new Promise((closed) => plain.on('close', closed));
    await client.barrier();
  });
});

describe('a router with TLS', () => {
  const start = async (
    tls: object,
  ): Promise<{ readonly postmaster: Postmaster; readonly ports: readonly number[] }> => {
    const postmaster = new Postmaster({ realms: ['realm1'] });
    onTestFinished(() => postmaster.close({ drain: 0 }));
    const settings = { port: 0, tls: { cert: certificate, key, ...tls } };
    const servers = [await postmaster.listen(settings), await postmaster.listenRawSocket(settings)];
    return { postmaster, ports: servers.map(({ port }) => port as number) };
  };

  test.each([
    'rubbish',
    '',
    Buffer.from('rubbish'),
    [certificate, 'rubbish'],
    '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----',
  ])('refuses %j as authorities of clients', async (ca) => {
    await expect(start({ ca })).rejects.toBeInstanceOf(ConfigError);
  });

  test('takes several authorities in one text', async () => {
    await start({ ca: `${certificate}\n${certificate}` });
    await start({ ca: [certificate] });
  });

  test('closes at once, whoever has not begun its TLS handshake', async () => {
    const { postmaster, ports } = await start({});
    const silent = await Promise.all(
      ports.map(async (port) => {
        const socket = connect(port, '127.0.0.1');
        await once(socket, 'connect');
        return socket.resume();
      }),
    );
    // The servers must have taken them.
    for (const port of ports)
      await once(
        connectTls({ port, host: '127.0.0.1', ca: certificate }).on('error', () => {}),
        'secureConnect',
      );
    const before = Date.now();
    await Promise.all([postmaster.close({ drain: 0 }), ...silent.map((socket) => once(socket, 'close'))]);
    expect(Date.now() - before).toBeLessThan(2_000);
  });
});

describe.each(['listen', 'listenRawSocket'] as const)('a peer that comes to no TLS, with %s,', (listen) => {
  const halfHello = Buffer.from([0x16, 3, 1, 1, 0, 1, 0]);
  const startWith = async (handshakeTimeout: number) => {
    const warn = vi.fn<(facts: object, message: string) => void>();
    const logger = { debug: () => {}, info: () => {}, warn, error: () => {} };
    const postmaster = new Postmaster({ realms: ['realm1'], logger });
    onTestFinished(() => postmaster.close({ drain: 0 }));
    const { port } = await postmaster[listen]({ port: 0, tls: { cert: certificate, key, handshakeTimeout } });
    return { postmaster, warn, port: port as number };
  };
  const comeWith = async (port: number, octets: Uint8Array | string): Promise<void> => {
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    socket.resume().write(octets);
    await once(socket, 'close');
  };

  test.each<[string, Uint8Array | string, string]>([
    ['as it never begins', '', 'ERR_TLS_HANDSHAKE_TIMEOUT'],
    ['as it never ends', halfHello, 'ERR_TLS_HANDSHAKE_TIMEOUT'],
    ['as it speaks HTTP', 'GET /ws HTTP/1.1\r\nHost: x\r\n\r\n', 'ERR_SSL_HTTP_REQUEST'],
    ['as it begins with RawSocket', Buffer.from([0x7f, 0xf1, 0, 0, 0, 0, 0]), 'ERR_SSL_WRONG_VERSION_NUMBER'],
  ])('%s, is closed, told of in one line, and counted', async (_, octets, code) => {
    const { postmaster, warn, port } = await startWith(100);
    await comeWith(port, octets);
    expect(warn.mock.calls).toEqual([
      [
        { cause: 'handshake_failed', remoteAddress: '127.0.0.1', code, reason: expect.any(String) },
        'a TLS handshake failed',
      ],
    ]);
    expect(postmaster.stats().counters.handshake_failed).toBe(1);
  });

  test('is one of at most five lines in a second, and each is counted', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const { postmaster, warn, port } = await startWith(10_000);
    await Promise.all(Array.from({ length: 20 }, () => comeWith(port, 'rubbish')));
    expect(postmaster.stats().counters.handshake_failed).toBe(20);
    expect(warn).toHaveBeenCalledTimes(5);
  });

  test('as it only looks whether the port is open, is nothing to tell of', async () => {
    const { postmaster, warn, port } = await startWith(10_000);
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.resetAndDestroy();
    await comeWith(port, 'rubbish');
    expect(postmaster.stats().counters.handshake_failed).toBe(1);
    expect(warn).toHaveBeenCalledTimes(1);
  });
});

describe('compression', () => {
  test('is not negotiated unless asked for', async () => {
    const { url } = await startOpenRouter();
    expect((await connectWith(url, { perMessageDeflate: true })).socket.extensions).toBe('');
  });

  test('works in both directions, beside peers without it', async () => {
    const { url } = await startOpenRouter({ compression: true });
    const { client: squeezed, socket } = await connectWith(url, { perMessageDeflate: { threshold: 0 } });
    const plain = await connectV1(url);
    expect(socket.extensions).toContain('permessage-deflate');
    for (const client of [squeezed, plain]) client.subscribe('urn:t');
    await plain.barrier();
    await squeezed.barrier();
    const texts = ['', 'a', 'x'.repeat(200_000), JSON.stringify([...Array(500).keys()])];
    for (const text of texts) squeezed.publish('urn:t', text);
    for (const text of texts) plain.publish('urn:t', text);
    await squeezed.barrier();
    await plain.barrier();
    await squeezed.barrier();
    for (const client of [squeezed, plain]) {
      expect(client.events.map(([, event]) => event).sort()).toEqual([...texts, ...texts].sort());
    }
  });

  test.each<[string, object, string]>([
    [
      'by default',
      {},
      'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=13',
    ],
    ['with takeover', { contextTakeover: true, windowBits: 15 }, 'permessage-deflate; server_max_window_bits=15'],
  ])('agrees %s on what the options say', async (_, compression, agreed) => {
    const { url } = await startOpenRouter({ compression });
    const socket = new WebSocket(url, 'wamp', { perMessageDeflate: true });
    onTestFinished(() => socket.terminate());
    const [{ headers }] = await once(socket, 'upgrade');
    expect(headers['sec-websocket-extensions']).toBe(agreed);
  });

  test('leaves messages below the threshold as they are, and compresses the others', async () => {
    const { url, postmaster } = await startOpenRouter({ compression: { threshold: 500, level: 9 } });
    const { client, socket } = await connectWith(url, { perMessageDeflate: true });
    client.subscribe('urn:t');
    await client.barrier();
    const octetsOf = async (text: string): Promise<number> => {
      const { bytesRead } = (socket as unknown as { readonly _socket: Socket })._socket;
      const { length } = client.events;
      postmaster.publishEvent('urn:t', text);
      await vi.waitFor(() => expect(client.events).toHaveLength(length + 1));
      return (socket as unknown as { readonly _socket: Socket })._socket.bytesRead - bytesRead;
    };
    expect(await octetsOf('x'.repeat(400))).toBeGreaterThan(400);
    expect(await octetsOf('x'.repeat(600))).toBeLessThan(100);
  });

  test('does not let a small message become a large one', async () => {
    const { url } = await startOpenRouter({ compression: true, limits: { maxMessageSize: 100_000 } });
    const { client } = await connectWith(url, { perMessageDeflate: { threshold: 0 } });
    client.send(`[7,"urn:t","${'x'.repeat(10_000_000)}"]`);
    expect(await client.closed).toMatchObject({ code: 1009 });
  });
});
