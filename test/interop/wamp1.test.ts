/**
 * The npm client `wamp1`, which others wrote in 2013 for other servers. It has no WAMP-CRA, so the realm is open. It offers
 * no subprotocol, which the option `allowMissingSubprotocol` is for.
 */

import { createRequire } from 'node:module';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { WampError } from '../../src/index.ts';
import { expectNothingLeft, startOpenRouter } from '../support/router.ts';
import { connectV1 } from '../support/v1-client.ts';

interface Wamp1 {
  readonly socket: WebSocket;
  readonly sessionId: string | undefined;
  prefix(prefix: string, uri: string): void;
  subscribe(uri: string, listener: (event: unknown) => void): void;
  unsubscribe(uri: string, listener?: (event: unknown) => void): void;
  publish(uri: string, event: unknown, ...options: unknown[]): void;
  call(uri: string, ...args: unknown[]): void;
}

const Wamp = createRequire(import.meta.url)('wamp1') as new (
  socket: WebSocket,
  welcome: (facts: object) => void,
) => Wamp1;

const sockets: WebSocket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.terminate();
});

const connect = async (
  url: string,
  protocols: string[] = ['wamp'],
): Promise<{ readonly wamp: Wamp1; readonly welcome: object }> => {
  const socket = new WebSocket(url, protocols);
  sockets.push(socket);
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    const wamp: Wamp1 = new Wamp(socket, (welcome) => resolve({ wamp, welcome }));
  });
};

const call = (wamp: Wamp1, uri: string, ...args: unknown[]): Promise<unknown> =>
  new Promise((resolve, reject) => {
    wamp.call(uri, ...args, (error: unknown, result: unknown) => (error ? reject(error) : resolve(result)));
  });

describe('wamp1', () => {
  test('is welcomed, calls, and gets results and errors', async () => {
    const { postmaster, url } = await startOpenRouter();
    postmaster.registerRPC('http://example.com/add', async ({ args }) => (args[0] as number) + (args[1] as number));
    postmaster.registerRPC('http://example.com/fail', () => {
      throw new WampError('urn:e', { description: 'no', details: { a: 1 } });
    });
    const { wamp, welcome } = await connect(url);
    expect(welcome).toMatchObject({ version: 1, server: expect.stringContaining('Postmaster/') });
    expect(await call(wamp, 'http://example.com/add', 1, 2)).toBe(3);
    await expect(call(wamp, 'http://example.com/fail')).rejects.toMatchObject({
      uri: 'urn:e',
      message: 'no',
      details: { a: 1 },
    });
    wamp.prefix('ex', 'http://example.com/');
    expect(await call(wamp, 'ex:add', 20, 22)).toBe(42);
  });

  test('publishes and subscribes beside other clients', async () => {
    const { postmaster, url } = await startOpenRouter();
    const [{ wamp: a }, { wamp: b }, other] = [await connect(url), await connect(url), await connectV1(url)];
    const heard: string[] = [];
    b.prefix('ex', 'http://example.com/');
    b.subscribe('ex:t', (event) => heard.push(`b ${event}`));
    a.subscribe('http://example.com/t', (event) => heard.push(`a ${event}`));
    other.subscribe('http://example.com/t');
    await Promise.all([call(a, 'urn:none').catch(() => {}), call(b, 'urn:none').catch(() => {}), other.barrier()]);
    a.publish('http://example.com/t', 'one');
    a.publish('http://example.com/t', 'two', true);
    a.publish('http://example.com/t', 'three', [b.sessionId]);
    a.publish('http://example.com/t', 'four', [], [b.sessionId]);
    await call(a, 'urn:none').catch(() => {});
    await call(b, 'urn:none').catch(() => {});
    await other.barrier();
    await vi.waitFor(() => expect(heard).toHaveLength(5));
    expect(heard.filter((line) => line.startsWith('a')).map((line) => line.slice(2))).toEqual(['one', 'three']);
    expect(heard.filter((line) => line.startsWith('b')).map((line) => line.slice(2))).toEqual(['one', 'two', 'four']);
    expect(other.events.map(([, event]) => event)).toEqual(['one', 'two', 'three']);
    b.unsubscribe('ex:t');
    await call(b, 'urn:none').catch(() => {});
    expect(postmaster.stats().subscriptions).toBe(2);
  });

  test('connects without a subprotocol where that is allowed, and is refused where it is not', async () => {
    const lenient = await startOpenRouter({ v1: { allowMissingSubprotocol: true } });
    expect((await connect(lenient.url, [])).welcome).toMatchObject({ version: 1 });
    const { url } = await startOpenRouter();
    await expect(connect(url, [])).rejects.toThrow('Unexpected server response: 400');
  });

  test('leaves nothing behind', async () => {
    const { postmaster, url } = await startOpenRouter();
    const { wamp } = await connect(url);
    wamp.subscribe('urn:t', () => {});
    await call(wamp, 'urn:none').catch(() => {});
    wamp.socket.close();
    await expectNothingLeft(postmaster);
  });
});
