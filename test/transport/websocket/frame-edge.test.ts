import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { Postmaster } from '../../../src/index.ts';
import { connectRaw, frame, say } from '../../support/raw-client.ts';
import { expectNothingLeft, startOpenRouter } from '../../support/router.ts';
import { connectV1 } from '../../support/v1-client.ts';
import { collectGarbage } from '../memory.ts';

const close = (code: number): Buffer => {
  const body = Buffer.alloc(2);
  body.writeUInt16BE(code);
  return frame(8, body);
};

/** The header of a masked text frame of `length` octets that never come. */
const headerOf = (length: number): Buffer => {
  const header = Buffer.alloc(14);
  header.set([0x81, 0xff]);
  header.writeBigUInt64BE(BigInt(length), 2);
  return header;
};

/** A router on a server of ours, so that its side of each socket can be looked at. */
const startWatchedRouter = async (postmaster: Postmaster) => {
  const sockets: Socket[] = [];
  const server = createServer().listen(0, '127.0.0.1');
  server.on('connection', (socket) => sockets.push(socket));
  onTestFinished(() => void server.close());
  await new Promise((listening) => server.once('listening', listening));
  postmaster.attach(server);
  return { sockets, port: (server.address() as AddressInfo).port };
};

describe('a close frame', () => {
  test.each([0, 1, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65_535])(
    'of code %i is answered with 1002',
    async (code) => {
      const { port, postmaster } = await startOpenRouter();
      const client = await connectRaw(port);
      client.write(close(code));
      await client.ended;
      expect(client.closing?.code).toBe(1002);
      await expectNothingLeft(postmaster);
    },
  );

  test.each([1000, 1001, 1011, 3000, 4999])('of code %i is echoed', async (code) => {
    const { port, postmaster } = await startOpenRouter();
    const client = await connectRaw(port);
    client.write(close(code));
    await client.ended;
    expect(client.closing?.code).toBe(code);
    await expectNothingLeft(postmaster);
  });

  test('with a reason in broken UTF-8 is answered with 1007', async () => {
    const { port } = await startOpenRouter();
    const client = await connectRaw(port);
    client.write(frame(8, Buffer.from([0x03, 0xe8, 0xc3, 0x28])));
    await client.ended;
    expect(client.closing?.code).toBe(1007);
  });

  // RFC 6455, 7.1.1: the server is the first to give the wire up.
  describe('that is never followed by the end of the socket does not hold the connection', () => {
    const startPatientRouter = async () => {
      const { port, postmaster } = await startOpenRouter({ limits: { closeTimeout: 600_000 } });
      const client = await connectRaw(port);
      client.socket.removeAllListeners('end');
      client.socket.allowHalfOpen = true;
      return { postmaster, client };
    };

    test('when the peer has closed', async () => {
      const { postmaster, client } = await startPatientRouter();
      client.write(say([5, 'urn:t']), close(1000));
      await vi.waitFor(() => expect(client.closing?.code).toBe(1000));
      await expectNothingLeft(postmaster);
    });

    test('when the router has closed', async () => {
      const { postmaster, client } = await startPatientRouter();
      client.write(...Array.from({ length: 200 }, () => say(['no message'])));
      await vi.waitFor(() => expect(client.closing?.code).toBe(1008));
      client.write(close(1008));
      await expectNothingLeft(postmaster);
    });
  });
});

describe('a message', () => {
  test('over the limit is refused at its header, one at the limit is taken', async () => {
    const { port, postmaster } = await startOpenRouter();
    const client = await connectRaw(port);
    client.write(headerOf(1024 * 1024 + 1));
    await client.ended;
    expect(client.closing?.code).toBe(1009);
    const other = await connectRaw(port);
    const room = 1024 * 1024 - '[7,"urn:t",""]'.length;
    other.write(say([5, 'urn:t']), frame(1, `[7,"urn:t","${'x'.repeat(room)}"]`));
    await vi.waitFor(() => expect(other.messages.at(-1)).toEqual([8, 'urn:t', 'x'.repeat(room)]));
    other.socket.destroy();
    await expectNothingLeft(postmaster);
  });

  test('over the limit in parts is refused at the header of the part that is too much', async () => {
    const { port } = await startOpenRouter({ limits: { maxMessageSize: 1000 } });
    const client = await connectRaw(port);
    client.write(frame(1, ' '.repeat(600), { fin: false }), frame(0, ' '.repeat(600)).subarray(0, 8));
    await client.ended;
    expect(client.closing?.code).toBe(1009);
  });

  test('of more than 2^53 octets is refused at its header', async () => {
    const { port } = await startOpenRouter();
    const client = await connectRaw(port);
    client.write(Buffer.from([0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]));
    await client.ended;
    expect(client.closing?.code).toBe(1009);
  });

  test.each([
    ['of one octet', ' '],
    ['without content', ''],
  ])('of 200,000 fragments %s ends the connection with 1008, and memory stays flat', async (_, content) => {
    const { port, url, postmaster } = await startOpenRouter();
    const client = await connectRaw(port);
    const bystander = await connectV1(url);
    const fragments = Buffer.concat(Array.from({ length: 200_000 }, () => frame(0, content, { fin: false })));
    const before = collectGarbage();
    client.write(frame(1, '[', { fin: false }), fragments);
    await client.ended;
    expect(collectGarbage() - before).toBeLessThan(30);
    expect(client.closing?.code).toBe(1008);
    await bystander.barrier();
    // The client may see the end of the wire before the router does.
    await vi.waitFor(() => expect(postmaster.stats()).toMatchObject({ connections: 1, sessions: 1 }));
  });

  test('in fragments, with pings between them, is one message', async () => {
    const { port } = await startOpenRouter();
    const client = await connectRaw(port);
    client.write(
      say([5, 'urn:t']),
      frame(1, '[7,"urn', { fin: false }),
      frame(9, 'p'),
      frame(0, Buffer.from(':t","\xe2', 'latin1'), { fin: false }),
      frame(0, '', { fin: false }),
      frame(0, Buffer.from('\x82\xac"]', 'latin1')),
    );
    await vi.waitFor(() => expect(client.messages.at(-1)).toEqual([8, 'urn:t', '€']));
    await vi.waitFor(() => expect(client.frames.filter(({ opcode }) => opcode === 10)).toHaveLength(1));
    client.socket.destroy();
  });

  test('of 0, 125, 126, 65,535, 65,536 and a million octets goes both ways whole', async () => {
    const { port, url, postmaster } = await startOpenRouter();
    const raw = await connectRaw(port);
    const strict = await connectV1(url);
    raw.write(say([5, 'urn:t']));
    strict.subscribe('urn:t');
    await strict.barrier();
    raw.write(frame(1, ''), frame(2, ''));
    const shell = '[8,"urn:t",""]'.length;
    const lengths = [125, 126, 65_535, 65_536, 1_000_000];
    for (const length of lengths) raw.write(frame(1, `[7,"urn:t","${'€'.repeat(3).padEnd(length - shell - 6, 'x')}"]`));
    await vi.waitFor(() => expect(strict.events).toHaveLength(lengths.length));
    await vi.waitFor(() => expect(raw.messages).toHaveLength(1 + lengths.length));
    expect(raw.frames.slice(1).map(({ payload }) => payload.length)).toEqual(lengths);
    expect(strict.events).toEqual(raw.messages.slice(1).map(([, topic, event]) => [topic, event]));
    expect(postmaster.stats().counters.bad_message).toBe(2);
    raw.socket.destroy();
  });

  test('that comes octet by octet, each in a packet of its own, is read right on 16 connections', async () => {
    const { port, postmaster } = await startOpenRouter();
    const { sockets, port: watched } = await startWatchedRouter(postmaster);
    expect(watched).not.toBe(port);
    const clients = await Promise.all(Array.from({ length: 16 }, () => connectRaw(watched)));
    let packets = 0;
    for (const socket of sockets) {
      socket.on('data', () => {
        packets += 1;
      });
    }
    const long = `[7,"urn:t","${'x'.repeat(200)}"]`;
    const octets = Buffer.concat([say([5, 'urn:t']), frame(1, long), say([2, 'id', 'urn:none'])]);
    for (const client of clients) client.socket.setNoDelay(true);
    for (const octet of octets) {
      for (const client of clients) client.socket.write(Buffer.of(octet));
      await new Promise(setImmediate);
    }
    await vi.waitFor(() => {
      for (const client of clients) expect(client.messages.at(-1)?.[1]).toBe('id');
    });
    expect(packets).toBeGreaterThan(octets.length);
    for (const client of clients) {
      expect(client.messages.filter(([code]) => code === 8)).toHaveLength(16);
      client.socket.destroy();
    }
    await expectNothingLeft(postmaster);
  });

  test('that breaks the framing harms nobody else, and what came before it counts', async () => {
    const { port, url, postmaster } = await startOpenRouter();
    const bystander = await connectV1(url);
    bystander.subscribe('urn:t');
    await bystander.barrier();
    for (const bad of [frame(1, '[]', { masked: false }), frame(7, ''), frame(1, Buffer.of(0xff)), close(1006)]) {
      const client = await connectRaw(port);
      const heard = bystander.nextEvent();
      client.write(say([7, 'urn:t', 'before']), bad, say([7, 'urn:t', 'after']));
      expect(await heard).toEqual(['urn:t', 'before']);
      await client.ended;
    }
    await bystander.barrier();
    expect(bystander.events).toHaveLength(4);
    await bystander.close();
    await expectNothingLeft(postmaster);
  });
});

describe('pings of a peer', () => {
  test('are answered for as long as the connection lasts', async () => {
    const { url, postmaster } = await startOpenRouter();
    const socket = new WebSocket(url, 'wamp');
    onTestFinished(() => socket.terminate());
    await new Promise((opened) => socket.once('open', opened));
    for (let at = 0; at < 200; at += 1) {
      const answer = new Promise<string>((resolve, reject) => {
        socket.once('pong', (data) => resolve(data.toString()));
        socket.once('close', (code) => reject(new Error(`closed with ${code} at ping ${at}`)));
      });
      socket.ping(String(at));
      expect(await answer).toBe(String(at));
      socket.removeAllListeners('pong').removeAllListeners('close');
    }
    expect(postmaster.stats().connections).toBe(1);
  });

  test('that come together are answered the first 16 and the last, however many they are', async () => {
    const { port } = await startOpenRouter();
    const client = await connectRaw(port);
    // Few enough octets for one packet, so that they are one turn of the router.
    client.write(...Array.from({ length: 500 }, (_, at) => frame(9, String(at))), say([2, 'id', 'urn:none']));
    await vi.waitFor(() => expect(client.messages.at(-1)?.[1]).toBe('id'));
    const pongs = (): readonly string[] =>
      client.frames.filter(({ opcode }) => opcode === 10).map(({ payload }) => payload.toString());
    await vi.waitFor(() => expect(pongs().at(-1)).toBe('499'));
    expect(pongs()).toEqual([...Array.from({ length: 16 }, (_, at) => String(at)), '499']);
    client.socket.destroy();
  });

  test('get back what they carry, also nothing and 125 octets', async () => {
    const { port } = await startOpenRouter();
    const client = await connectRaw(port);
    for (const content of ['', 'x'.repeat(125)]) {
      const before = client.frames.length;
      client.write(frame(9, content));
      await vi.waitFor(() => expect(client.frames.length).toBe(before + 1));
      expect(client.frames.at(-1)).toMatchObject({ opcode: 10 });
      expect(client.frames.at(-1)?.payload.toString()).toBe(content);
    }
    client.socket.destroy();
  });
});
