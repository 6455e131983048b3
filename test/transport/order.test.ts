import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { PostmasterOptions } from '../../src/index.ts';
import { Postmaster } from '../../src/index.ts';
import { connectRaw, frame, say } from '../support/raw-client.ts';
import { everything, expectNothingLeft, startOpenRouter } from '../support/router.ts';

const goodbye = frame(8, Buffer.from([0x03, 0xe8]));

/** A router on a server of the application, which sees what is written to each socket. */
const startWatched = async (options: Partial<PostmasterOptions> = {}) => {
  const postmaster = new Postmaster({
    realms: [{ name: 'r', anonymous: everything }],
    v1: { open: true },
    ...options,
  });
  const server = createServer().listen(0, '127.0.0.1');
  const writes: Buffer[][] = [];
  server.on('connection', (socket: Socket) => {
    const own: Buffer[] = [];
    writes.push(own);
    const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
    socket.write = ((data: Buffer | string, ...rest: unknown[]) => {
      own.push(Buffer.from(data as string));
      return write(data, ...rest);
    }) as Socket['write'];
  });
  onTestFinished(async () => {
    await postmaster.close({ drain: 200 });
    server.close();
  });
  await new Promise((listening) => server.once('listening', listening));
  postmaster.attach(server);
  return { postmaster, writes, port: (server.address() as AddressInfo).port };
};

/** How many frames a piece of written data holds. Throws when it does not end with a frame. */
const countFrames = (data: Buffer): number => {
  let at = 0;
  let frames = 0;
  while (at < data.length) {
    const short = data[at + 1]! & 0x7f;
    const head = short < 126 ? 2 : short === 126 ? 4 : 10;
    const length =
      short < 126 ? short : short === 126 ? data.readUInt16BE(at + 2) : Number(data.readBigUInt64BE(at + 2));
    at += head + length;
    frames += 1;
  }
  expect(at).toBe(data.length);
  return frames;
};

describe('what leaves in one turn', () => {
  test('leaves in one write for each connection, replies and events in the order they arose', async () => {
    const { port, writes } = await startWatched();
    const [talker, listener] = [await connectRaw(port), await connectRaw(port)];
    listener.write(say([5, 'urn:t']), say([2, 'ready', 'urn:none']));
    await vi.waitFor(() => expect(listener.messages.at(-1)?.[1]).toBe('ready'));
    const before = writes.map((own) => own.length);
    const script = Array.from({ length: 40 }, (_, at) => [say([7, 'urn:t', at]), say([2, `c${at}`, 'urn:none'])]);
    talker.write(say([5, 'urn:t']), ...script.flat());
    await vi.waitFor(() => {
      expect(talker.messages).toHaveLength(1 + 80);
      expect(listener.messages).toHaveLength(2 + 40);
    });
    expect(talker.messages.slice(1).map(([code, id, event]) => (code === 8 ? event : id))).toEqual(
      Array.from({ length: 40 }, (_, at) => [at, `c${at}`]).flat(),
    );
    const [toTalker, toListener] = writes.map((own, at) => own.slice(before[at]));
    expect(toTalker?.map(countFrames)).toEqual([80]);
    expect(toListener?.map(countFrames)).toEqual([40]);
    talker.socket.destroy();
    listener.socket.destroy();
  });

  test('of a program that publishes in a loop is one write', async () => {
    const { port, writes, postmaster } = await startWatched();
    const listener = await connectRaw(port);
    listener.write(say([5, 'urn:t']));
    await vi.waitFor(() => expect(postmaster.stats().subscriptions).toBe(1));
    const before = writes[0]?.length ?? 0;
    for (let at = 0; at < 100; at += 1) postmaster.publishEvent('urn:t', at);
    await vi.waitFor(() => expect(listener.messages).toHaveLength(1 + 100));
    expect(writes[0]?.slice(before).map(countFrames)).toEqual([100]);
    listener.socket.destroy();
  });

  test('is whole frames only, whatever else is written: pings, pongs, the close', { timeout: 30_000 }, async () => {
    const { port, writes, postmaster } = await startWatched({ limits: { pingInterval: 16, maxMissedPings: 1000 } });
    const listener = await connectRaw(port);
    listener.write(say([5, 'urn:t']));
    await vi.waitFor(() => expect(postmaster.stats().subscriptions).toBe(1));
    const sizes = [10, 124, 5_000, 70_000];
    let count = 0;
    await vi.waitFor(
      () => {
        for (const size of sizes) {
          postmaster.publishEvent('urn:t', [count, 'x'.repeat(size)]);
          count += 1;
        }
        listener.write(frame(9, String(count)));
        const kinds = listener.frames.map(({ opcode }) => opcode);
        expect(kinds.filter((opcode) => opcode === 9).length).toBeGreaterThan(20);
        expect(kinds.filter((opcode) => opcode === 10).length).toBeGreaterThan(20);
      },
      { interval: 2, timeout: 20_000 },
    );
    postmaster.publishEvent('urn:t', [count, 'the last']);
    const closed = postmaster.close({ drain: 5_000 });
    await vi.waitFor(() => expect(listener.closing).toEqual({ code: 1001, reason: 'wamp.close.system_shutdown' }));
    listener.write(frame(8, Buffer.from([0x03, 0xe9])));
    await listener.ended;
    await closed;
    const events = listener.messages.slice(1).map(([, , event]) => (event as [number, string])[0]);
    expect(events).toEqual(Array.from({ length: count + 1 }, (_, at) => at));
    expect(listener.frames.at(-1)?.opcode).toBe(8);
    countFrames(Buffer.concat(writes[0]?.slice(1) ?? []));
  });
});

describe('the end of a connection', () => {
  test('comes after the results of everything called in the same packet', async () => {
    const { port, postmaster } = await startOpenRouter();
    postmaster.registerRPC('urn:double', ({ args }) => (args[0] as number) * 2);
    const client = await connectRaw(port);
    const calls = Array.from({ length: 100 }, (_, at) => say([2, String(at), 'urn:double', at]));
    client.write(say([5, 'urn:t']), ...calls, say([7, 'urn:t', 'last']), goodbye);
    await client.ended;
    expect(client.messages.slice(1)).toEqual([
      ...Array.from({ length: 100 }, (_, at) => [3, String(at), at * 2]),
      [8, 'urn:t', 'last'],
    ]);
    expect(client.frames.at(-1)?.opcode).toBe(8);
    await expectNothingLeft(postmaster);
  });

  test('comes after the results also when the framing is broken, and with compression', async () => {
    const { port, url, postmaster } = await startOpenRouter({ compression: true });
    postmaster.registerRPC('urn:p', () => 'x'.repeat(50_000));
    const client = await connectRaw(port);
    client.write(say([2, 'id', 'urn:p']), frame(3, ''));
    await client.ended;
    expect(client.messages.at(-1)).toEqual([3, 'id', 'x'.repeat(50_000)]);
    expect(client.closing?.code).toBe(1002);

    const squeezed = new WebSocket(url, 'wamp', { perMessageDeflate: { threshold: 0 } });
    onTestFinished(() => squeezed.terminate());
    const heard: unknown[] = [];
    squeezed.on('message', (data) => heard.push((JSON.parse(data.toString()) as unknown[])[1]));
    await new Promise((opened) => squeezed.once('open', opened));
    const ids = Array.from({ length: 20 }, (_, at) => String(at));
    for (const id of ids) squeezed.send(JSON.stringify([2, id, 'urn:p']));
    squeezed.close(1000);
    await new Promise((closed) => squeezed.once('close', closed));
    expect(heard.slice(1)).toEqual(ids);
    await expectNothingLeft(postmaster);
  });

  test('in the router’s own interest comes after the events before it', async () => {
    const { port, postmaster } = await startOpenRouter();
    const client = await connectRaw(port);
    client.write(say([5, 'urn:t']));
    await vi.waitFor(() => expect(postmaster.stats().subscriptions).toBe(1));
    for (let at = 0; at < 200; at += 1) postmaster.publishEvent('urn:t', [at, 'x'.repeat(5_000)]);
    const closed = postmaster.close({ drain: 5_000 });
    await vi.waitFor(() => expect(client.closing?.code).toBe(1001));
    expect(client.messages).toHaveLength(1 + 200);
    client.socket.destroy();
    await closed;
  });
});
