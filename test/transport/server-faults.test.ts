import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { connect as connectTls } from 'node:tls';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createReport } from '../../src/base/report.ts';
import { Postmaster } from '../../src/index.ts';
import type { ListenOptions } from '../../src/transport/listen.ts';
import { reportFaults } from '../../src/transport/server-faults.ts';
import { askRaw } from '../support/raw-client.ts';
import { certificate, key } from './certificate.ts';

test('a connection that the system would not hand over ends nothing, and is told of', () => {
  const error = vi.fn();
  const report = createReport({ logger: { debug: error, info: error, warn: error, error }, later: () => {} });
  const server = createServer();
  reportFaults(server, report);
  // What Node emits when accept(2) fails; it cannot be had here by other means.
  const fault = Object.assign(new Error('accept ENFILE'), { code: 'ENFILE', syscall: 'accept' });
  server.emit('error', fault);
  expect(error.mock.calls).toEqual([
    [{ cause: 'internal_error', err: fault }, 'the system could not accept a connection'],
  ]);
});

test('a port that is taken is told to whoever listens, and to nobody else', async () => {
  const error = vi.fn();
  const logger = { debug: () => {}, info: error, warn: error, error };
  const router = new Postmaster({ realms: ['realm1'], logger });
  onTestFinished(() => router.close({ drain: 0 }));
  const { port } = await router.listen({ port: 0 });
  await expect(router.listen({ port })).rejects.toThrow('in use');
  await expect(router.listenRawSocket({ port })).rejects.toThrow('in use');
  expect(error).not.toHaveBeenCalled();
});

describe('a connection that brings no request', () => {
  const listen = async (options: Partial<ListenOptions> = {}) => {
    const warn = vi.fn<(facts: object, message: string) => void>();
    const logger = { debug: () => {}, info: () => {}, warn, error: () => {} };
    const router = new Postmaster({ realms: ['realm1'], logger });
    onTestFinished(() => router.close({ drain: 0 }));
    const { port } = await router.listen({ port: 0, ...options });
    return { router, port, warn };
  };
  const refused = (facts: object) => [
    { cause: 'upgrade_refused', remoteAddress: '127.0.0.1', ...facts },
    'a connection was refused',
  ];
  const unreadable = expect.stringContaining('Parse Error');

  test('is told of when its time is over', { timeout: 20_000 }, async () => {
    const [plain, shared] = await Promise.all([listen(), listen({ rawSocket: true })]);
    const answers = await Promise.all([askRaw(plain.port, ''), askRaw(plain.port, 'GET /ws'), askRaw(shared.port, '')]);
    expect(answers.map((answer) => answer.slice(0, 12))).toEqual(['HTTP/1.1 408', 'HTTP/1.1 408', '']);
    const late = refused({ status: 408, reason: 'Request timeout' });
    expect(plain.warn.mock.calls).toEqual([late, late]);
    expect(shared.warn.mock.calls).toEqual([refused({ reason: 'nothing was received in time' })]);
    expect(plain.router.stats().counters.upgrade_refused).toBe(2);
  });

  const overflow = `GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`;

  test.each([
    ['something else', 400, 'rubbish\r\n\r\n'],
    ['headers that are too large', 431, overflow],
    ['the handshake of TLS', 400, '\x16\x03\x01\x02\x00'],
  ])('but %s is answered with %i and why, and told of', async (_, status, said) => {
    const { router, port, warn } = await listen();
    const [head, body] = (await askRaw(port, said)).split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(body).toMatch(/^Parse Error: .*\.\n$/);
    expect(warn.mock.calls).toEqual([refused({ status, reason: unreadable })]);
    expect(router.stats().counters.upgrade_refused).toBe(1);
  });

  test('is told of over TLS as well', async () => {
    const { port, warn } = await listen({ tls: { key, cert: certificate } });
    const socket = connectTls({ port, host: '127.0.0.1', ca: certificate });
    socket.end('rubbish\r\n\r\n');
    expect(String(await text(socket))).toMatch(/^HTTP\/1\.1 400 [\s\S]*Parse Error/);
    expect(warn.mock.calls).toEqual([refused({ status: 400, reason: unreadable })]);
  });

  test('behind one that was answered hears nothing more', async () => {
    const { port, warn } = await listen();
    const socket = connect(port, '127.0.0.1');
    let heard = '';
    socket.on('error', () => {});
    socket.on('data', (data: Buffer) => {
      heard += data.toString('latin1');
    });
    socket.write('GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n');
    await vi.waitFor(() => expect(heard).toContain('Not found'));
    socket.write('rubbish\r\n\r\n');
    await once(socket, 'close');
    expect(heard.match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect(warn).toHaveBeenCalledTimes(1);
  });

  test('and goes by itself is nothing to tell of', async () => {
    const { port, warn } = await listen();
    for (const begun of ['', 'GET /ws']) {
      const [ending, breaking] = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
      await Promise.all([once(ending, 'connect'), once(breaking, 'connect')]);
      ending.end(begun);
      breaking.write(begun);
      breaking.resetAndDestroy();
      await once(ending.resume(), 'close');
    }
    expect(await askRaw(port, 'rubbish\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
    expect(warn).toHaveBeenCalledTimes(1);
  });

  test('to a server of the application is left to it', async () => {
    const { router, warn } = await listen();
    const server = createHttpServer().listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    router.attach(server);
    expect(server.listenerCount('clientError')).toBe(0);
    const answer = await askRaw((server.address() as AddressInfo).port, 'rubbish\r\n\r\n');
    expect(answer).toBe('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
    expect(warn).not.toHaveBeenCalled();
  });

  test('to a port of RawSocket is told of with its address', async () => {
    const { router, warn } = await listen();
    const { port } = await router.listenRawSocket({ port: 0 });
    await askRaw(Number(port), 'GET / HTTP/1.1\r\n\r\n').catch(() => {});
    expect(warn.mock.calls).toEqual([
      [
        {
          cause: 'upgrade_refused',
          remoteAddress: '127.0.0.1',
          reason: 'the first octets are not a RawSocket handshake',
        },
        'a RawSocket was refused',
      ],
    ]);
  });
});
