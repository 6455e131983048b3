import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { connectRaw } from '../support/raw-client.ts';
import { RawSocketClient, request } from '../support/rawsocket-client.ts';
import { startOpenRouter } from '../support/router.ts';
import { connectV1 } from '../support/v1-client.ts';
import { everythingAndMeta } from '../support/v2-router.ts';

describe('close', () => {
  test('closes idle connections with a reason, and leaves no timer, connection or handle', async () => {
    const before = process.getActiveResourcesInfo().filter((name) => /TCP/.test(name)).length;
    const { url, postmaster } = await startOpenRouter();
    const clients = await Promise.all([connectV1(url), connectV1(url), connectV1(url)]);
    expect(postmaster.state).toBe('listening');
    await postmaster.close();
    expect(postmaster.state).toBe('stopped');
    for (const client of clients)
      expect(await client.closed).toEqual({ code: 1001, reason: 'wamp.close.system_shutdown' });
    expect(postmaster.stats()).toMatchObject({ connections: 0, sessions: 0, timers: 0 });
    await vi.waitFor(() =>
      expect(process.getActiveResourcesInfo().filter((name) => /TCP/.test(name)).length).toBeLessThanOrEqual(before),
    );
    await expect(connectV1(url)).rejects.toThrow('ECONNREFUSED');
  });

  test('cuts the reason for which a v1 session is killed to what a close frame holds, and no character in two', async () => {
    const { url, postmaster } = await startOpenRouter();
    const client = await connectV1(url);
    await client.barrier();
    const session = postmaster.session({ permissions: everythingAndMeta });
    const [ids] = (await session.call('wamp.session.list')).args as [number[]];
    const id = ids.find((one) => one !== session.id);
    await session.call('wamp.session.kill', [id], { reason: `com.${'ä'.repeat(200)}` });
    expect(await client.closed).toEqual({ code: 1008, reason: `com.${'ä'.repeat(59)}` });
    expect(postmaster.stats().counters.internal_error).toBe(0);
  });

  test('lets a pending call finish, refuses new calls and newcomers meanwhile', async () => {
    const { url, postmaster } = await startOpenRouter();
    let finish: (value: unknown) => void = () => {};
    postmaster.registerRPC(
      'urn:slow',
      () =>
        new Promise((resolve) => {
          finish = resolve;
        }),
    );
    const [busy, idle] = [await connectV1(url), await connectV1(url)];
    const answer = busy.call('urn:slow');
    await busy.barrier();
    const closed = postmaster.close({ drain: 10_000 });
    expect(postmaster.state).toBe('draining');
    expect(await idle.closed).toMatchObject({ code: 1001 });
    await expect(busy.call('urn:slow')).rejects.toMatchObject({ uri: 'wamp.error.unavailable' });
    const refused = await new Promise((resolve, reject) => {
      const socket = new WebSocket(url, 'wamp');
      socket.on('unexpected-response', (_, response) => resolve(response.statusCode));
      socket.on('error', reject);
    });
    expect(refused).toBe(503);
    finish('done');
    expect(await answer).toBe('done');
    expect(await busy.closed).toEqual({ code: 1001, reason: 'wamp.close.system_shutdown' });
    await closed;
  });

  test('cuts at the deadline what does not leave', async () => {
    const { port, url, postmaster } = await startOpenRouter({ limits: { closeTimeout: 200 } });
    postmaster.registerRPC('urn:never', () => new Promise(() => {}));
    const stuck = await connectRaw(port);
    const caller = await connectV1(url);
    const answer = caller.call('urn:never').catch((error: Error) => error.message);
    await caller.barrier();
    const before = performance.now();
    await postmaster.close({ drain: 100 });
    expect(performance.now() - before).toBeLessThan(5000);
    await stuck.ended;
    expect(await answer).toBe('wamp.error.canceled: the call was canceled');
    expect(postmaster.stats()).toMatchObject({ connections: 0, pendingCalls: 0, timers: 0 });
  });

  test('tells newcomers meanwhile when to come back, over HTTP and in the way of RawSocket', async () => {
    const { port, postmaster } = await startOpenRouter();
    const raw = await postmaster.listenRawSocket({ port: 0 });
    postmaster.registerRPC('urn:never', () => new Promise(() => {}));
    const { url } = await postmaster.listen({ port: 0 });
    const caller = await connectV1(url);
    caller.call('urn:never').catch(() => {});
    await caller.barrier();
    const closed = postmaster.close({ drain: 1_500 });
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, 'wamp.2.json');
    socket.on('error', () => {});
    const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
    expect([response.statusCode, response.headers['retry-after']]).toEqual([503, '2']);
    const client = new RawSocketClient(connect(raw.port as number, '127.0.0.1'));
    client.write(request());
    await client.ended;
    // 0x40: no more connections.
    expect(client.reply).toEqual([0x7f, 0x40, 0, 0]);
    await closed;
  });

  test('lets go of a server of the application, and leaves it open', async () => {
    const server = createServer((_, response) => void response.end('application')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { postmaster } = await startOpenRouter();
    postmaster.attach(server);
    expect(server.listenerCount('upgrade')).toBe(1);
    await postmaster.close();
    expect([server.listenerCount('upgrade'), server.listening]).toEqual([0, true]);
    server.close();
  });

  test('asked for twice happens once', async () => {
    const { url, postmaster } = await startOpenRouter();
    const client = await connectV1(url);
    await Promise.all([postmaster.close(), postmaster.close({ drain: 0 })]);
    expect(await client.closed).toMatchObject({ code: 1001 });
    await postmaster.close();
    expect(postmaster.state).toBe('stopped');
  });

  test('makes in-process sessions leave', async () => {
    const { postmaster } = await startOpenRouter();
    const session = postmaster.session();
    await session.subscribe('urn:t', () => {});
    await postmaster.close();
    await expect(session.publish('urn:t')).rejects.toMatchObject({ uri: 'wamp.error.canceled' });
    expect(postmaster.stats()).toMatchObject({ sessions: 0, subscriptions: 0 });
  });
});
