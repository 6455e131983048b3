import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { Postmaster } from '../../../src/index.ts';
import { createRequestReader } from '../../../src/net/request.ts';
import { startRouter } from '../../support/router.ts';
import { certificate, key } from '../certificate.ts';

/** The answer to an upgrade with these header lines, up to the end of it or of the connection. */
const answerOn = (socket: Socket, lines: readonly string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    onTestFinished(() => void socket.destroy());
    let answer = '';
    socket.on('data', (data: Buffer) => {
      answer += data.toString('latin1');
      if (answer.startsWith('HTTP/1.1 101')) resolve(answer);
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
    const good = [
      'GET /ws HTTP/1.1',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Protocol: wamp.2.json',
    ];
    socket.write(`${[...good, ...lines].join('\r\n')}\r\n\r\n`);
  });

const statusIn = (answer: string): number => Number(answer.split(' ')[1]);

/** How a page of `origin` that asks for `host` is answered. */
const ask = async (port: number, host: string, origin: string): Promise<number> =>
  statusIn(await answerOn(connect(port, '127.0.0.1'), [`Host: ${host}`, `Origin: ${origin}`]));

const startTls = async (): Promise<number> => {
  const postmaster = new Postmaster({ realms: ['realm1'] });
  onTestFinished(() => postmaster.close({ drain: 0 }));
  return (await postmaster.listen({ port: 0, tls: { cert: certificate, key } })).port;
};

describe('a page', () => {
  test.each([
    ['router.example', 'http://router.example'],
    ['router.example:80', 'http://router.example'],
    ['router.example', 'http://router.example:80'],
    ['ROUTER.example:8080', 'http://router.EXAMPLE:8080'],
    ['localhost:8080', 'HTTP://LocalHost:8080'],
    ['app.localhost', 'http://app.localhost'],
    ['127.0.0.1:8080', 'http://127.0.0.1:8080'],
    ['192.0.2.1', 'http://192.0.2.1'],
    ['[::1]:8080', 'http://[::1]:8080'],
  ])('of the site that it asks for is taken: Host %s, Origin %s', async (host, origin) => {
    const { port } = await startRouter({ hosts: ['Router.Example'] });
    expect(await ask(port, host, origin)).toBe(101);
  });

  test.each([
    ['another host', 'router.example', 'http://evil.example'],
    ['another port', 'router.example:8080', 'http://router.example:8081'],
    ['another port than the default', 'router.example', 'http://router.example:8080'],
    ['another scheme', 'router.example', 'https://router.example'],
    ['another scheme and the port of it', 'router.example:443', 'https://router.example'],
    ['a scheme that has no sites', 'router.example', 'chrome-extension://router.example'],
    ['no site', 'router.example', 'null'],
    ['no URL', 'router.example', 'router.example'],
    ['two sites', 'router.example', 'http://router.example, http://router.example'],
    ['a Host that is none', 'router.example/', 'http://router.example'],
    ['a Host with a name before it', 'x@router.example', 'http://router.example'],
  ])('of %s is refused', async (_, host, origin) => {
    const { port, postmaster } = await startRouter({ hosts: ['router.example'] });
    expect(await ask(port, host, origin)).toBe(403);
    expect(postmaster.stats()).toMatchObject({ connections: 0, counters: { upgrade_refused: 1 } });
  });

  test('over TLS is of an https site', async () => {
    const port = await startTls();
    const from = async (origin: string): Promise<number> => {
      const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
      return statusIn(await answerOn(socket, ['Host: localhost', `Origin: ${origin}`]));
    };
    expect(await from('https://localhost')).toBe(101);
    expect(await from('https://localhost:443')).toBe(101);
    expect(await from('http://localhost')).toBe(403);
    expect(await from('http://localhost:443')).toBe(403);
  });

  test('that gave its own name the address of the router is refused, and told the option', async () => {
    const { port } = await startRouter({ hosts: ['router.example'] });
    for (const host of [
      'evil.example',
      `rebound.router.example:${port}`,
      'localhost.evil.example',
      '127.0.0.1.nip.io',
    ]) {
      const answer = await answerOn(connect(port, '127.0.0.1'), [`Host: ${host}`, `Origin: http://${host}`]);
      expect(answer).toMatch(/^HTTP\/1\.1 403 /);
      expect(answer).toContain('the option "hosts" lists it');
    }
  });

  test('of a listed origin is taken under any Host, with a default port and in any case of letters', async () => {
    const { port } = await startRouter({ origins: ['https://App.example:443', 'app-scheme://Shell', 'null'] });
    for (const origin of ['https://app.example', 'HTTPS://APP.EXAMPLE:443', 'app-scheme://shell', 'null']) {
      expect([origin, await ask(port, 'router.example', origin)]).toEqual([origin, 101]);
    }
    expect(await ask(port, 'router.example', 'http://app.example')).toBe(403);
  });

  test('of WebSocket version 8 is known by its own header', async () => {
    const { port } = await startRouter();
    const from = (origin: string): Promise<string> =>
      answerOn(connect(port, '127.0.0.1'), ['Host: localhost', `Sec-WebSocket-Origin: ${origin}`]);
    expect(statusIn(await from('http://evil.example'))).toBe(403);
    expect(statusIn(await from('http://localhost'))).toBe(101);
  });

  test.each([
    ['of another site', 'localhost', 'http://evil.example', 'http://evil.example'],
    ['of another scheme', 'localhost', 'https://localhost', 'https://localhost'],
    ['of a name that is not listed', 'evil.example', 'http://evil.example', 'http://evil.example'],
    ['with an origin that no browser writes', 'localhost', 'evil\x9b2J\t\x80', 'evil?2J??'],
    ['with an origin of 10,000 octets', 'localhost', 'e'.repeat(10_000), 'e'.repeat(200)],
  ])('%s is told its origin, and so is the log', async (_, host, origin, shown) => {
    const warn = vi.fn<(facts: object, message: string) => void>();
    const { port } = await startRouter({ logger: { debug: () => {}, info: () => {}, warn, error: () => {} } });
    const socket = connect(port, '127.0.0.1').setDefaultEncoding('latin1');
    const answer = await answerOn(socket, [`Host: ${host}`, `Origin: ${origin}`]);
    expect(answer).toMatch(/^HTTP\/1\.1 403 /);
    expect(answer).toContain(`\nPages of ${shown} may not connect: `);
    const reason = answer.split('\r\n\r\n')[1]?.trim();
    expect(warn.mock.calls).toEqual([[expect.objectContaining({ status: 403, reason }), 'a connection was refused']]);
  });

  test('with two Hosts is refused, as somebody between may have gone by the other', async () => {
    const { port } = await startRouter();
    const hosts = ['Host: localhost', 'host: evil.example'];
    for (const lines of [hosts, hosts.toReversed()]) {
      for (const origin of ['http://localhost', 'http://evil.example']) {
        const answer = await answerOn(connect(port, '127.0.0.1'), [...lines, `Origin: ${origin}`]);
        expect(statusIn(answer)).toBe(403);
      }
    }
  });
});

describe('a peer that is no page', () => {
  test('is taken under any Host', async () => {
    const { port } = await startRouter();
    for (const host of ['evil.example', 'router.example:1', '127.0.0.1']) {
      expect(statusIn(await answerOn(connect(port, '127.0.0.1'), [`Host: ${host}`]))).toBe(101);
    }
  });

  test.each([
    ['1,000 of the default', null, 1000],
    ['the 32 of its server', 32, 40],
    ['the 10 of its server', 10, 10],
  ])('is not taken for one because its Origin is beyond %s headers', async (_, maxHeadersCount, count) => {
    const postmaster = new Postmaster({ realms: ['realm1'] });
    onTestFinished(() => postmaster.close({ drain: 0 }));
    const server = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    server.maxHeadersCount = maxHeadersCount;
    postmaster.attach(server);
    await new Promise((listening) => server.once('listening', listening));
    const { port } = server.address() as AddressInfo;
    const many = Array.from({ length: count }, () => 'a:');
    const lines = ['Host: localhost', ...many, 'Origin: http://evil.example'];
    const answer = await answerOn(connect(port, '127.0.0.1'), lines);
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
  });

  test('is not refused for its headers by a server that takes any number', async () => {
    const postmaster = new Postmaster({ realms: ['realm1'] });
    onTestFinished(() => postmaster.close({ drain: 0 }));
    const server = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    server.maxHeadersCount = 0;
    postmaster.attach(server);
    await new Promise((listening) => server.once('listening', listening));
    const { port } = server.address() as AddressInfo;
    const many = Array.from({ length: 1500 }, () => 'a:');
    expect(statusIn(await answerOn(connect(port, '127.0.0.1'), ['Host: localhost', ...many]))).toBe(101);
    const page = ['Host: localhost', ...many, 'Origin: http://evil.example'];
    expect(statusIn(await answerOn(connect(port, '127.0.0.1'), page))).toBe(403);
  });
});

describe('the name of a site', () => {
  // No machine of a test has a public address.
  test.each([
    ['203.0.113.5', true],
    ['2001:db8::5', true],
    ['::ffff:203.0.113.5', true],
    ['127.0.0.1', false],
    ['10.1.2.3', false],
    ['172.31.0.1', false],
    ['192.168.1.1', false],
    ['169.254.1.1', false],
    ['100.64.0.1', false],
    ['::1', false],
    ['fd12::1', false],
    ['fe80::1%eth0', false],
    ['::ffff:10.1.2.3', false],
    [undefined, false],
  ])('that is not listed is known at the socket of %s: %s', (localAddress, isKnown) => {
    const request = { socket: { localAddress } } as never;
    expect(createRequestReader({}).isKnown(request, new URL('http://any.example'))).toBe(isKnown);
  });
});
