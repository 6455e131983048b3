/** The end of the router over real sockets: for RawSocket peers, and for peers that read slowly. */

import { connect } from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Postmaster } from '../../src/index.ts';
import { connectRaw, frame, say } from '../support/raw-client.ts';
import { RawSocketClient, rawFrame, request } from '../support/rawsocket-client.ts';
import { startOpenRouter } from '../support/router.ts';
import { basicRoles } from '../support/v2-client.ts';
import { code } from '../support/v2-router.ts';

const shutdown = 'wamp.close.system_shutdown';

/** A session over RawSocket, in JSON, with a call that nobody answers. */
const joinRawSocket = async (postmaster: Postmaster) => {
  const { port } = await postmaster.listenRawSocket({ port: 0 });
  const client = new RawSocketClient(connect(port as number, '127.0.0.1'));
  onTestFinished(() => void client.socket.destroy());
  const send = (...message: readonly unknown[]): void => client.write(rawFrame(0, JSON.stringify(message)));
  const messages = () => client.frames.map(({ payload }) => JSON.parse(payload.toString()) as unknown[]);
  const heard = (type: number) => vi.waitFor(() => expect(messages().at(-1)?.[0]).toBe(type));
  client.write(request());
  send(code.HELLO, 'realm1', { roles: basicRoles });
  await heard(code.WELCOME);
  send(code.CALL, 1, {}, 'urn:never');
  send(code.CALL, 2, {}, 'urn:echo', [1]);
  await heard(code.RESULT);
  return { client, send, messages, heard };
};

const startRawSocketRouter = async (closeTimeout: number): Promise<Postmaster> => {
  const { postmaster } = await startOpenRouter({ limits: { closeTimeout } });
  postmaster.registerRPC('urn:never', () => new Promise(() => {}));
  postmaster.registerRPC('urn:echo', ({ args }) => args[0]);
  return postmaster;
};

// Advanced Profile, "RawSocket Transport", has no close frame.
describe('a session over RawSocket, when the router ends', () => {
  test('has its call canceled, is told by GOODBYE, and its wire is closed once it has taken leave', async () => {
    const postmaster = await startRawSocketRouter(60_000);
    const { client, send, messages, heard } = await joinRawSocket(postmaster);
    const closed = postmaster.close({ drain: 20 });
    await heard(code.GOODBYE);
    expect(
      messages()
        .slice(-2)
        .map((message) => message.slice(0, 5)),
    ).toMatchObject([
      [code.ERROR, code.CALL, 1, {}, 'wamp.error.canceled'],
      [code.GOODBYE, {}, shutdown],
    ]);
    expect(client.socket.readableEnded).toBe(false);
    send(code.GOODBYE, {}, 'wamp.close.goodbye_and_out');
    await client.ended;
    await closed;
    expect(messages().at(-1)?.[0]).toBe(code.GOODBYE);
    expect(postmaster.stats()).toMatchObject({ connections: 0, sessions: 0, pendingCalls: 0, timers: 0 });
  });

  test('that takes no leave is cut after closeTimeout', async () => {
    const postmaster = await startRawSocketRouter(100);
    const { client, messages } = await joinRawSocket(postmaster);
    await postmaster.close({ drain: 0 });
    await client.ended;
    expect(messages().at(-1)?.slice(0, 3)).toMatchObject([code.GOODBYE, {}, shutdown]);
  });
});

/** Publishes until `connection` has much that waits to be written; how many events. */
const fill = async (postmaster: Postmaster, topic: string): Promise<number> => {
  const [connection] = [...postmaster.connections()];
  let count = 0;
  while ((connection?.pendingBytes ?? 0) < 1_000_000) {
    for (let more = 0; more < 10; more += 1) {
      postmaster.publishEvent(topic, [count, 'x'.repeat(10_000)]);
      count += 1;
    }
    await new Promise(setImmediate);
  }
  return count;
};

describe('a slow reader that reads again in time, when the router ends', () => {
  const options = { limits: { closeTimeout: 60_000, outboxSize: 16 * 1024 * 1024 } };
  const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, at) => at);

  test('over WAMP v1 gets everything, and then the close frame', async () => {
    const { port, postmaster } = await startOpenRouter(options);
    const reader = await connectRaw(port);
    reader.write(say([5, 'urn:t']), say([2, 'ready', 'urn:none']));
    await vi.waitFor(() => expect(reader.messages.at(-1)?.[1]).toBe('ready'));
    reader.socket.pause();
    const count = await fill(postmaster, 'urn:t');
    const closed = postmaster.close({ drain: 0 });
    await vi.waitFor(() => expect(postmaster.stats().subscriptions).toBe(0));
    expect(reader.closing).toBeUndefined();
    reader.socket.resume();
    await vi.waitFor(() => expect(reader.closing).toEqual({ code: 1001, reason: shutdown }), { timeout: 10_000 });
    const events = reader.messages.filter(([type]) => type === 8);
    expect(events.map(([, , event]) => (event as number[])[0])).toEqual(numbers(count));
    reader.write(frame(8, Buffer.from([0x03, 0xe9])));
    await reader.ended;
    await closed;
  });

  test('over WAMP v2 gets everything, and GOODBYE behind it', async () => {
    const { port, postmaster } = await startOpenRouter(options);
    const reader = await connectRaw(port, '/ws', 'wamp.2.json');
    reader.write(say([code.HELLO, 'realm1', { roles: basicRoles }]), say([code.SUBSCRIBE, 1, {}, 'urn:t']));
    await vi.waitFor(() => expect(reader.messages.at(-1)?.[0]).toBe(code.SUBSCRIBED));
    reader.socket.pause();
    const count = await fill(postmaster, 'urn:t');
    const closed = postmaster.close({ drain: 0 });
    await vi.waitFor(() => expect(postmaster.stats().subscriptions).toBe(0));
    reader.socket.resume();
    await vi.waitFor(() => expect(reader.messages.at(-1)?.[0]).toBe(code.GOODBYE), { timeout: 10_000 });
    const events = reader.messages.filter(([type]) => type === code.EVENT);
    expect(events.map(([, , , , args]) => (args as number[][])[0]?.[0])).toEqual(numbers(count));
    expect(reader.closing).toBeUndefined();
    reader.write(say([code.GOODBYE, {}, 'wamp.close.goodbye_and_out']));
    await vi.waitFor(() => expect(reader.closing?.code).toBe(1000));
    reader.write(frame(8, Buffer.from([0x03, 0xe8])));
    await reader.ended;
    await closed;
  });
});
