import { describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { connectRaw } from '../support/raw-client.ts';
import { startOpenRouter } from '../support/router.ts';
import { connectV1 } from '../support/v1-client.ts';

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
    const { port, url, postmaster } = await startOpenRouter({ limits: { closeTimeout: 60_000 } });
    postmaster.registerRPC('urn:never', () => new Promise(() => {}));
    const stuck = await connectRaw(port);
    const caller = await connectV1(url);
    const answer = caller.call('urn:never').catch((error: Error) => error.message);
    await caller.barrier();
    const before = performance.now();
    await postmaster.close({ drain: 100 });
    expect(performance.now() - before).toBeLessThan(5000);
    await stuck.ended;
    expect(await answer).toMatch(/^closed/);
    expect(postmaster.stats()).toMatchObject({ connections: 0, pendingCalls: 0, timers: 0 });
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
