/**
 * Messages that a client cannot send because they are larger than the router accepts. Over RawSocket the router announces
 * that limit.
 */

import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { connect, WampError } from '../../src/client.ts';
import type { RealmSettings } from '../../src/index.ts';
import { createV2Router } from '../support/v2-router.ts';

const long = 'x'.repeat(5_000);

const start = async (realm: Partial<RealmSettings> = {}) => {
  const onError = vi.fn();
  const router = createV2Router({ requestIds: 'strict', ...realm }, { limits: { maxMessageSize: 2_048 } });
  const { port = 0 } = await router.listenRawSocket({ port: 0 });
  const join = async (options: object = {}) => {
    const client = await connect({ url: `rs://127.0.0.1:${port}`, realm: 'realm1', onError, ...options });
    onTestFinished(() => client.close());
    return client;
  };
  return { router, join, onError };
};

describe('a client whose message is too large', () => {
  test('for HELLO or AUTHENTICATE rejects, and leaves no connection', async () => {
    const { router, join } = await start({ authenticators: { ticket: { joe: { ticket: 'x', role: 'anonymous' } } } });
    await expect(join({ authid: long })).rejects.toThrow('larger than 2048 octets');
    await expect(join({ authid: 'joe', auth: [{ method: 'ticket', ticket: long }] })).rejects.toThrow(
      'larger than 2048 octets',
    );
    await vi.waitFor(() => expect(router.stats().connections).toBe(0));
  });

  test('for what its handler throws answers with the error alone, and goes on', async () => {
    const { join, onError } = await start();
    const [callee, caller] = [await join(), await join()];
    await callee.register('com.fails', () => {
      throw new WampError('com.example.error', { args: [long] });
    });
    await callee.register('com.returns', () => long);
    await expect(caller.call('com.fails')).rejects.toMatchObject({ uri: 'com.example.error', args: [] });
    expect(onError).toHaveBeenCalledTimes(1);
    await expect(caller.call('com.returns')).rejects.toBeInstanceOf(WampError);
    await callee.publish('com.topic', [1], undefined, { acknowledge: true });
  });

  test('for a publication rejects, and the next request has its id', async () => {
    const { router, join } = await start();
    const client = await join();
    await expect(client.publish('com.topic', [long])).rejects.toThrow('larger than 2048 octets');
    await client.publish('com.topic', [1], undefined, { acknowledge: true });
    expect(router.stats()).toMatchObject({ sessions: 1, counters: { request_id_gap: 0 } });
  });
});
