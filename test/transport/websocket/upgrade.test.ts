import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { ConfigError, LinkError, Postmaster } from '../../../src/index.ts';
import { createAddressBook } from '../../../src/transport/address-limits.ts';
import { askRaw } from '../../support/raw-client.ts';
import { everything, startOpenRouter, startRouter } from '../../support/router.ts';
import type { Headers } from '../../support/upgrade.ts';
import { askUpgrade } from '../../support/upgrade.ts';
import { connectV1 } from '../../support/v1-client.ts';

/** How an upgrade is answered whose subprotocols stand in these header lines: the status, the one that was chosen, or why none. */
const statusOf = async (url: string, lines: readonly string[] = ['wamp'], headers: Headers = {}) => {
  const { status, headers: answered, body } = await askUpgrade(url, { 'Sec-WebSocket-Protocol': lines, ...headers });
  return { status, protocol: answered['sec-websocket-protocol'], body };
};

describe('an upgrade', () => {
  test('chooses the subprotocol wamp, whatever else is offered, and echoes exactly it', async () => {
    const { url } = await startRouter();
    expect(await statusOf(url, ['wamp'])).toMatchObject({ status: 101, protocol: 'wamp' });
    expect(await statusOf(url, ['soap, wamp, mqtt'])).toMatchObject({ status: 101, protocol: 'wamp' });
  });

  test.each([
    [['wamp', 'wamp.2.json']],
    [['wamp.2.json', 'wamp']],
    [['wamp.2.cbor', 'wamp.2.msgpack', 'wamp.2.json', 'wamp']],
    [['wamp.2.msgpack', 'wamp.2.cbor']],
  ])('takes the subprotocol that the client names first: %j', async (offered) => {
    const { url } = await startRouter();
    expect(await statusOf(url, [offered.join()])).toEqual({ status: 101, protocol: offered[0], body: '' });
    const withUnknown = ['soap', 'wamp.2.flatbuffers', ...offered];
    expect(await statusOf(url, [withUnknown.join()])).toEqual({ status: 101, protocol: offered[0], body: '' });
  });

  test.each([
    [['wamp.2.cbor', 'wamp.2.json'], 'wamp.2.cbor'],
    [['wamp, wamp.2.cbor', 'wamp.2.json'], 'wamp'],
    [['soap', 'wamp.2.msgpack,  wamp.2.json'], 'wamp.2.msgpack'],
  ])('reads the subprotocols of several header lines as one list: %j', async (lines, chosen) => {
    const { url } = await startRouter();
    expect(await statusOf(url, lines)).toMatchObject({ status: 101, protocol: chosen });
  });

  test.each([[['wamp, wamp.2.json, wamp']], [['wamp', 'wamp']]])(
    'with a subprotocol named twice is refused: %j',
    async (lines) => {
      const { url } = await startRouter();
      expect(await statusOf(url, lines)).toMatchObject({ status: 400, protocol: undefined });
    },
  );

  test('is refused without a subprotocol, or with unknown ones only, and says what is spoken', async () => {
    const { url, postmaster } = await startRouter();
    expect(await statusOf(url, [])).toMatchObject({
      status: 400,
      body: 'Sec-WebSocket-Protocol is missing; this router speaks wamp.2.json, wamp.2.msgpack, wamp.2.cbor, wamp.\n',
    });
    expect(await statusOf(url, ['wamp.2.flatbuffers,WAMP'])).toMatchObject({
      status: 400,
      body: 'No subprotocol in common; this router speaks wamp.2.json, wamp.2.msgpack, wamp.2.cbor, wamp.\n',
    });
    expect(postmaster.stats()).toMatchObject({ connections: 0, counters: { upgrade_refused: 2 } });
  });

  test('without a subprotocol is WAMP v1 where that is allowed', async () => {
    const { url } = await startRouter({ v1: { allowMissingSubprotocol: true } });
    expect(await statusOf(url, [])).toMatchObject({ status: 101, protocol: undefined });
    expect(await statusOf(url, ['soap'])).toMatchObject({ status: 400 });
  });

  test('from a page of another origin is refused; from its own, and from those listed, it is taken', async () => {
    const { url, port } = await startRouter({ origins: ['https://app.example.com'] });
    const from = async (origin: string) => (await statusOf(url, ['wamp'], { Origin: origin })).status;
    expect(await from('https://evil.example.com')).toBe(403);
    expect(await from('null')).toBe(403);
    expect(await from('nonsense')).toBe(403);
    expect(await from(`http://127.0.0.1:${port}`)).toBe(101);
    expect(await from('https://app.example.com')).toBe(101);
    expect(await from('http://localhost:3000')).toBe(403);
  });

  test('from any page of this machine, or of the world, is taken where that is asked for', async () => {
    const local = await startRouter({ origins: ['loopback'] });
    for (const origin of ['http://localhost:3000', 'http://127.0.0.1', 'http://[::1]:8080']) {
      expect(await statusOf(local.url, ['wamp'], { Origin: origin })).toMatchObject({ status: 101 });
    }
    expect(await statusOf(local.url, ['wamp'], { Origin: 'http://localhost.evil.com' })).toMatchObject({ status: 403 });
    const world = await startRouter({ origins: ['*'] });
    expect(await statusOf(world.url, ['wamp'], { Origin: 'https://evil.example.com' })).toMatchObject({ status: 101 });
  });

  test('of another path is 404, a plain GET of the path 426, of another 404', async () => {
    const { url, port } = await startRouter();
    expect(await statusOf(url.replace('/ws', '/other'))).toMatchObject({
      status: 404,
      body: 'There is no WebSocket here, only at /ws.\n',
    });
    expect((await fetch(`http://127.0.0.1:${port}/ws`)).status).toBe(426);
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(404);
    expect(await statusOf(`${url}?token=1`)).toMatchObject({ status: 101 });
  });

  test.each([
    ['a GET', 'GET /ws HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a POST whose body never comes', 'POST /ws HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n'],
    ['two of one connection', 'GET /ws HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(2)],
  ])('that is none is answered 426 and its connection closed at once: %s', async (_, text) => {
    const { port, postmaster } = await startRouter();
    const before = performance.now();
    const answer = await askRaw(port, text);
    // Node keeps an idle connection for 5 s.
    expect(performance.now() - before).toBeLessThan(4000);
    expect(answer.match(/^HTTP\/1\.1 \d{3}/gm)).toEqual(['HTTP/1.1 426']);
    expect(answer).toMatch(/^Connection: Upgrade, close\r$/m);
    expect(answer).toMatch(/^Upgrade: websocket\r$/m);
    expect(postmaster.stats()).toMatchObject({ connections: 0, sessions: 0, timers: 0 });
  });

  test('with absurd headers is answered at once, and the router lives', async () => {
    const { port, url } = await startRouter();
    const upgrade = `GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n`;
    const many = Array.from({ length: 2000 }, (_, at) => `X-${at}: ${'y'.repeat(20)}\r\n`).join('');
    expect(await askRaw(port, `${upgrade}${many}\r\n`)).toMatch(/^HTTP\/1\.1 4\d\d/);
    const before = performance.now();
    expect(await askRaw(port, `${upgrade}Sec-WebSocket-Protocol: ${' '.repeat(12_000)}x\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 400/,
    );
    expect(performance.now() - before).toBeLessThan(1000);
    expect(await statusOf(url)).toMatchObject({ status: 101 });
  });

  test('that never comes is not waited for', { timeout: 15_000 }, async () => {
    const { port } = await startRouter();
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    const before = performance.now();
    socket.write('GET /ws HTTP/1.1\r\n');
    socket.resume();
    await new Promise((closed) => socket.on('close', closed));
    expect(performance.now() - before).toBeGreaterThan(4000);
    expect(performance.now() - before).toBeLessThan(12_000);
  });

  test('is refused when the router is full', async () => {
    const { url } = await startOpenRouter({ limits: { maxConnections: 2 } });
    const first = await connectV1(url);
    // Who has said nothing would make room.
    for (const client of [first, await connectV1(url)]) await client.barrier();
    expect(await statusOf(url)).toMatchObject({ status: 503 });
    await first.close();
    await vi.waitFor(async () => expect(await statusOf(url)).toMatchObject({ status: 101 }));
  });

  test('is refused to an address that joins too often or fails to log in too often, loopback when asked', async () => {
    const joins = await startOpenRouter({ limitLoopback: true, limits: { maxJoinsPerSecond: 3 } });
    const statuses = await Promise.all(Array.from({ length: 12 }, () => statusOf(joins.url)));
    expect(statuses.filter(({ status }) => status === 429).length).toBeGreaterThan(0);
    expect(statuses.find(({ status }) => status === 429)?.body).toBe(
      'Refused: too many connections per second from this address.\n',
    );
    const logins = await startRouter({ limitLoopback: true, limits: { maxFailedAuthsPerMinute: 2 } });
    const client = await connectV1(logins.url);
    for (let at = 0; at < 2; at += 1) await client.authenticate('alice', 'wrong').catch(() => {});
    expect(await statusOf(logins.url)).toMatchObject({
      status: 429,
      body: 'Refused: too many failed authentications from this address.\n',
    });
  });
});

describe('the address book', () => {
  test('counts per second and minute, and forgets', () => {
    let time = 0;
    const book = createAddressBook(
      { maxJoinsPerSecond: 2, maxFailedAuthsPerMinute: 1, maxConnectionsPerAddress: 9, limitLoopback: false },
      () => time,
    );
    expect([book.admit('10.0.0.1'), book.admit('10.0.0.1')]).toEqual([undefined, undefined]);
    expect(book.admit('10.0.0.1')).toContain('per second');
    expect(book.admit('10.0.0.2')).toBeUndefined();
    time = 1000;
    expect(book.admit('10.0.0.1')).toBeUndefined();
    book.authFailed('10.0.0.1');
    expect(book.admit('10.0.0.1')).toContain('failed authentications');
    time = 61_000;
    expect(book.admit('10.0.0.1')).toBeUndefined();
    for (let at = 0; at < 10; at += 1)
      expect(book.admit('127.0.0.1') ?? book.admit('::1') ?? book.admit('::ffff:127.0.0.1')).toBeUndefined();
  });
});

describe('attach', () => {
  test('takes its path on a server of the application and leaves the rest alone', async () => {
    const postmaster = new Postmaster({ realms: [{ name: 'r', anonymous: everything }], v1: { open: true } });
    const server = createServer((_, response) => void response.end('application')).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await new Promise((listening) => server.once('listening', listening));
    const { port } = server.address() as AddressInfo;
    const detach = postmaster.attach(server, { path: '/wamp' });
    expect(postmaster.state).toBe('listening');
    const client = await connectV1(`ws://127.0.0.1:${port}/wamp`);
    expect(await (await fetch(`http://127.0.0.1:${port}/wamp`)).text()).toBe('application');
    expect(await statusOf(`ws://127.0.0.1:${port}/other`)).toMatchObject({ status: 404 });
    server.on('upgrade', (request, socket) => {
      if (request.url === '/mine') socket.end('HTTP/1.1 418 Mine\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
    });
    expect(await statusOf(`ws://127.0.0.1:${port}/mine`)).toMatchObject({ status: 418 });
    detach();
    await client.barrier();
    await postmaster.close();
    expect(server.listening).toBe(true);
  });

  test('refuses a path that is taken on the same server, by this router or another, and one that is none', async () => {
    const routers = [1, 2].map(() => new Postmaster({ realms: ['realm1'] }));
    const [first, second] = routers as [Postmaster, Postmaster];
    const server = createServer();
    const detach = first.attach(server);
    for (const router of routers) {
      expect(() => router.attach(server)).toThrow('there is a WebSocket at /ws of this server already');
    }
    for (const path of ['ws', '', '/ws?x=1', '/ws#x', '/w s', '/ü', 5 as never]) {
      expect(() => first.attach(server, { path })).toThrow(ConfigError);
    }
    second.attach(server, { path: '/other' });
    detach();
    second.attach(server);
    await Promise.all(routers.map((router) => router.close({ drain: 0 })));
    expect(server.listeners('upgrade')).toEqual([]);
  });

  test('is not needed by an application that routes upgrades itself', async () => {
    const postmaster = new Postmaster({ realms: [{ name: 'r', anonymous: everything }], v1: { open: true } });
    const server = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await new Promise((listening) => server.once('listening', listening));
    server.on('upgrade', (request, socket, head) => postmaster.handleUpgrade(request, socket, head));
    const client = await connectV1(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/any/path`);
    await client.barrier();
    await client.close();
    await postmaster.close();
  });
});

describe('listen', () => {
  test.each([{ port: 99_999 }, { port: -1 }, { port: 1.5 }, { port: '80' as never }, { port: 0, host: '' }])(
    'refuses %j before it listens',
    async (options) => {
      const postmaster = new Postmaster({ realms: ['realm1'] });
      await expect(postmaster.listen(options)).rejects.toBeInstanceOf(ConfigError);
      await expect(postmaster.listenRawSocket(options)).rejects.toBeInstanceOf(ConfigError);
      await postmaster.close({ drain: 0 });
    },
  );

  test('names a port in use, a path without a slash and an address that is not there', async () => {
    const { port } = await startRouter();
    const postmaster = new Postmaster({ realms: ['r'] });
    const refused = postmaster.listen({ port });
    await expect(refused).rejects.toBeInstanceOf(LinkError);
    await expect(refused).rejects.toThrow(`port ${port} on 127.0.0.1 is in use`);
    await expect(postmaster.listen({ port: 0, path: 'ws' })).rejects.toThrow(
      'path must begin with a slash and have no query, not "ws"',
    );
    await expect(postmaster.listen({ port: 0, host: '192.0.2.1' })).rejects.toThrow(
      'this machine has no address 192.0.2.1',
    );
    await expect(postmaster.listen({ port: 0, tls: { cert: 'x', key: 'y' } })).rejects.toBeInstanceOf(ConfigError);
    expect(postmaster.state).toBe('starting');
  });
});
