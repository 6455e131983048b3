import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { Postmaster } from '../../../src/index.ts';
import { websocketFraming } from '../../../src/transport/websocket/frame.ts';
import { connectRaw, frame, say } from '../../support/raw-client.ts';
import { everything, expectNothingLeft, startOpenRouter } from '../../support/router.ts';
import { connectV1 } from '../../support/v1-client.ts';

// Frames that are none stand in test/hostile/frames.test.ts.
describe('a message that cannot be read', () => {
  test.each<[string, readonly Buffer[], number]>([
    ['broken UTF-8', [frame(1, Buffer.from([0x5b, 0xc3, 0x28, 0x5d]))], 1007],
    [
      'broken UTF-8 over fragments',
      [frame(1, Buffer.from([0x5b, 0xe2]), { fin: false }), frame(0, Buffer.from([0x28, 0x5d]))],
      1007,
    ],
    ['a message over the limit', [frame(1, Buffer.alloc(70_000, 0x20))], 1009],
  ])('%s closes the connection', async (_, frames, code) => {
    const { port, postmaster } = await startOpenRouter({ limits: { maxMessageSize: 65_536 } });
    const client = await connectRaw(port);
    client.write(...frames);
    await client.ended;
    expect(client.closing?.code).toBe(code);
    await expectNothingLeft(postmaster);
  });

  test('a message over the limit is refused at its header, before its body has come', async () => {
    const { port } = await startOpenRouter();
    const client = await connectRaw(port);
    client.write(frame(1, Buffer.alloc(70_000)).subarray(0, 8).fill(0xff, 2, 8));
    client.write(Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff]));
    await client.ended;
    expect([1002, 1009]).toContain(client.closing?.code);
  });

  test('two hundred thousand fragments end the connection', async () => {
    const { port, postmaster } = await startOpenRouter();
    const client = await connectRaw(port);
    const fragments = Buffer.concat(Array.from({ length: 200_000 }, () => frame(0, ' ', { fin: false })));
    client.write(frame(1, '[', { fin: false }), fragments);
    await client.ended;
    await expectNothingLeft(postmaster);
  });
});

describe('messages', () => {
  test('of every length of header arrive and are sent whole', async () => {
    const { url } = await startOpenRouter();
    const client = await connectV1(url);
    client.subscribe('urn:t');
    const lengths = [0, 1, 100, 125, 126, 127, 65_000, 65_535, 65_536, 1_000_000];
    for (const length of lengths) client.publish('urn:t', 'x'.repeat(length));
    await client.barrier();
    expect(client.events.map(([, event]) => (event as string).length)).toEqual(lengths);
  });

  test('that come octet by octet on many connections are read right', async () => {
    const { port } = await startOpenRouter();
    const clients = await Promise.all(Array.from({ length: 16 }, () => connectRaw(port)));
    for (const client of clients) {
      client.socket.setNoDelay(true);
      for (const octet of Buffer.concat([say([5, 'urn:t']), say([2, 'id', 'urn:none'])]))
        client.socket.write(Buffer.of(octet));
    }
    await vi.waitFor(() => {
      for (const client of clients) expect(client.messages.at(-1)?.[1]).toBe('id');
    });
    for (const client of clients) client.socket.destroy();
  });

  test('of one turn leave in one write', async () => {
    const { port } = await startOpenRouter();
    const client = await connectRaw(port);
    await vi.waitFor(() => expect(client.frames).toHaveLength(1));
    const before = client.chunks;
    client.write(
      say([5, 'urn:t']),
      ...Array.from({ length: 50 }, (_, at) => say([7, 'urn:t', at])),
      say([2, 'id', 'urn:none']),
    );
    await vi.waitFor(() => expect(client.messages.at(-1)?.[1]).toBe('id'));
    expect(client.messages).toHaveLength(52);
    expect(client.chunks - before).toBe(1);
    client.socket.destroy();
  });

  test('in binary are no v1 messages', async () => {
    const lenient = await startOpenRouter();
    const client = await connectV1(lenient.url);
    client.send(Buffer.from('[5,"urn:t"]'));
    await client.barrier();
    expect(lenient.postmaster.stats()).toMatchObject({ subscriptions: 0, counters: { bad_message: 1 } });
    const strict = await startOpenRouter({ v1: { strict: true } });
    const other = await connectV1(strict.url);
    other.send(randomBytes(10));
    expect(await other.closed).toMatchObject({ code: 1003 });
  });

  test('are framed as the RFC says, for any length', () => {
    for (const length of [0, 1, 125, 126, 65_535, 65_536]) {
      const framed = Buffer.from(websocketFraming.text('€'.repeat(length)));
      const octets = length * 3;
      const head = octets < 126 ? 2 : octets < 65_536 ? 4 : 10;
      expect(framed.length).toBe(head + octets);
      expect(framed[0]).toBe(0x81);
      expect(framed.subarray(head).toString()).toBe('€'.repeat(length));
    }
  });
});

describe('control frames', () => {
  test('pings are answered in order and before later messages, of many in one turn the first 16 and the last', async () => {
    const { port, postmaster } = await startOpenRouter();
    postmaster.registerRPC('urn:p', () => 'answer');
    const client = await connectRaw(port);
    const pings = (count: number): Buffer[] => Array.from({ length: count }, (_, at) => frame(9, String(at)));
    const pongs = (): string[] =>
      client.frames.filter(({ opcode }) => opcode === 10).map(({ payload }) => payload.toString());
    client.write(...pings(3), say([2, 'id', 'urn:p']));
    await vi.waitFor(() => expect(client.messages).toHaveLength(2));
    expect(client.frames.map(({ opcode }) => opcode)).toEqual([1, 10, 10, 10, 1]);
    expect(pongs()).toEqual(['0', '1', '2']);
    client.frames.length = 0;
    client.write(...pings(1000));
    await vi.waitFor(() => expect(pongs().at(-1)).toBe('999'));
    const numbers = pongs().map(Number);
    expect(numbers.slice(0, 16)).toEqual([...Array(16).keys()]);
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    expect(numbers.length).toBeLessThan(200);
    client.socket.destroy();
  });

  test('pongs do not pile up for a peer that reads nothing; the last ping is answered when it reads', async () => {
    const limits = { outboxSize: 100_000_000 };
    const postmaster = new Postmaster({ realms: [{ name: 'r', anonymous: everything }], v1: { open: true }, limits });
    onTestFinished(() => postmaster.close({ drain: 0 }));
    const server = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    const sockets: Socket[] = [];
    server.on('connection', (socket) => sockets.push(socket));
    await once(server, 'listening');
    postmaster.attach(server);
    const client = await connectRaw((server.address() as AddressInfo).port);
    const [socket] = sockets as [Socket];
    client.write(say([5, 'urn:t']));
    await vi.waitFor(() => expect(postmaster.stats().subscriptions).toBe(1));
    client.socket.pause();
    for (let at = 0; at < 50 && !socket.writableNeedDrain; at += 1) {
      postmaster.publishEvent('urn:t', 'x'.repeat(1_000_000));
      await new Promise(setImmediate);
    }
    expect(socket.writableNeedDrain).toBe(true);
    const before = socket.writableLength;
    const flood = Buffer.concat(Array.from({ length: 100 }, () => frame(9, 'x'.repeat(125))));
    for (let at = 0; at < 100; at += 1) client.socket.write(flood);
    client.socket.write(frame(9, 'last'));
    await vi.waitFor(() => expect(socket.bytesRead).toBe(client.socket.bytesWritten));
    expect(socket.writableLength - before).toBeLessThan(1_000);
    client.socket.resume();
    await vi.waitFor(() => expect(client.frames.at(-1)?.payload.toString()).toBe('last'), { timeout: 10_000 });
    client.socket.destroy();
  });

  test('a call followed by a close in the same packet is answered before the close', async () => {
    const { port, postmaster } = await startOpenRouter();
    postmaster.registerRPC('urn:p', () => 'answer');
    const client = await connectRaw(port);
    client.write(say([2, 'id', 'urn:p']), frame(8, Buffer.from([0x03, 0xe8])));
    await client.ended;
    expect(client.frames.map(({ opcode }) => opcode)).toEqual([1, 1, 8]);
    expect(client.messages[1]).toEqual([3, 'id', 'answer']);
    await expectNothingLeft(postmaster);
  });

  test('nothing is done with what comes after a close', async () => {
    const { port, postmaster } = await startOpenRouter();
    const heard: unknown[] = [];
    postmaster.topic('urn:t').subscribe(({ args }) => heard.push(args[0]));
    const client = await connectRaw(port);
    client.write(say([7, 'urn:t', 'before']), frame(8, Buffer.from([0x03, 0xe8])), say([7, 'urn:t', 'after']));
    await client.ended;
    expect(heard).toEqual(['before']);
  });

  test('pings of the router come between frames, never inside one', async () => {
    const { port, postmaster } = await startOpenRouter({ limits: { pingInterval: 16, maxMissedPings: 1000 } });
    const client = await connectRaw(port);
    client.write(say([5, 'urn:t']));
    await vi.waitFor(() => expect(postmaster.stats().subscriptions).toBe(1));
    let count = 0;
    await vi.waitFor(
      () => {
        for (let at = 0; at < 20; at += 1) {
          postmaster.publishEvent('urn:t', 'x'.repeat(5000) + count);
          count += 1;
        }
        expect(client.frames.filter(({ opcode }) => opcode === 9).length).toBeGreaterThan(3);
      },
      { interval: 5, timeout: 5000 },
    );
    await vi.waitFor(() => expect(client.messages).toHaveLength(count + 1));
    client.socket.destroy();
  });
});
