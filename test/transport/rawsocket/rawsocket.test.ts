import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import type { RequestListener, Server } from 'node:http';
import { createServer, request as httpRequest } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { SimulatedClock } from 'xstate';
import { createReport } from '../../../src/base/report.ts';
import { serializers, subprotocolOf } from '../../../src/codec/serializers.ts';
import { Postmaster } from '../../../src/index.ts';
import { createAddressBook } from '../../../src/transport/address-limits.ts';
import type { Handshake, HeldChunk, Link, LinkListener } from '../../../src/transport/link.ts';
import type { RawSocketListenOptions } from '../../../src/transport/rawsocket/listener.ts';
import { listenRawSocket as listenWith } from '../../../src/transport/rawsocket/listener.ts';
import type { RawSocketServerOptions } from '../../../src/transport/rawsocket/server.ts';
import { createRawSocketServer } from '../../../src/transport/rawsocket/server.ts';
import { shareWithRawSocket } from '../../../src/transport/same-port.ts';
import { askRaw } from '../../support/raw-client.ts';
import { RawSocketClient, rawFrame, request } from '../../support/rawsocket-client.ts';
import { certificate, key } from '../certificate.ts';

const mebibyte = 1024 * 1024;

const listenRawSocket = (options: RawSocketListenOptions, onSocket: (socket: Socket) => void) =>
  listenWith(options, onSocket, () => {});

/** The router's side of one link: what happened to it, in order. */
class Recorder implements LinkListener {
  readonly link: Link;
  readonly handshake: Handshake;
  readonly messages: Buffer[] = [];
  readonly kinds = new Set<boolean>();
  readonly log: string[] = [];
  /** What is written when the link asks for what waits. */
  waiting: Buffer[] = [];
  onMessage: (data: Buffer) => void = () => {};
  idleOctets = 0;

  constructor(link: Link, handshake: Handshake) {
    this.link = link;
    this.handshake = handshake;
  }

  received(data: Uint8Array, isBinary: boolean): void {
    expect(Buffer.isBuffer(data)).toBe(true);
    this.messages.push(Buffer.from(data));
    this.kinds.add(isBinary);
    this.onMessage(data as Buffer);
  }

  defers(_octets: number, _chunk: HeldChunk): boolean {
    return false;
  }

  inOrder(task: () => void): void {
    task();
  }

  idle(octets: number): void {
    this.idleOctets += octets;
  }

  drained(): void {
    this.log.push('drained');
  }

  flush(): void {
    for (const frame of this.waiting.splice(0)) this.link.write([frame], frame.length, Buffer.concat);
  }

  finish(): void {
    this.log.push('finish');
    this.flush();
  }

  unreadable(why: string): void {
    this.log.push(why);
  }

  unresponsive(): void {
    this.log.push('unresponsive');
    this.link.close(1000, '');
  }

  closed(): void {
    this.log.push('closed');
  }

  get texts(): readonly string[] {
    return this.messages.map(String);
  }
}

const serializersOf = (...leastLengths: readonly number[]): RawSocketServerOptions['serializers'] =>
  new Map(
    Object.values(serializers).map(({ name, rawSocketNumber, isBinary }, at) => [
      rawSocketNumber,
      { protocol: subprotocolOf(name), isBinary, leastLength: leastLengths[at] ?? 0 },
    ]),
  );

const createDoor = (overrides: Partial<RawSocketServerOptions> = {}) => {
  const recorders: Recorder[] = [];
  const clock = new SimulatedClock();
  const report = createReport({ logger: false, later: () => {} });
  const server = createRawSocketServer({
    maxMessageSize: mebibyte,
    maxHelloSize: Number.POSITIVE_INFINITY,
    handshakeTimeout: 1000,
    closeTimeout: 500,
    pingInterval: 0,
    maxMissedPings: 2,
    addresses: createAddressBook(
      { maxJoinsPerSecond: 1000, maxFailedAuthsPerMinute: 10, maxConnectionsPerAddress: 1000, limitLoopback: true },
      () => 0,
    ),
    clock,
    report,
    serializers: serializersOf(0, 0, 0),
    refusal: () => undefined,
    connect: (link, handshake) => {
      const recorder = new Recorder(link, handshake);
      recorders.push(recorder);
      return { listener: recorder, start: () => void recorder.log.push('start') };
    },
    ...overrides,
  });
  onTestFinished(() => server.close());
  return { server, recorders, clock, report };
};

/** A door that listens. */
const start = async (overrides: Partial<RawSocketServerOptions> = {}, where: RawSocketListenOptions = { port: 0 }) => {
  const door = createDoor(overrides);
  const sockets: Socket[] = [];
  const listening = await listenRawSocket(where, (socket) => {
    sockets.push(socket);
    door.server.take(socket);
  });
  onTestFinished(() => listening.close());
  return { ...door, ...listening, port: listening.port ?? 0, sockets };
};

const open = (socket: Socket): RawSocketClient => {
  onTestFinished(() => void socket.destroy());
  return new RawSocketClient(socket);
};

const openPort = (port: number): RawSocketClient => open(connect(port, '127.0.0.1'));

/** Shakes hands; resolves to both sides. */
const shake = async (
  { port, recorders }: { readonly port: number; readonly recorders: readonly Recorder[] },
  octets: Buffer = request(),
): Promise<{ readonly client: RawSocketClient; readonly peer: Recorder }> => {
  const client = openPort(port);
  const count = recorders.length;
  client.write(octets);
  await vi.waitFor(() => expect(client.reply).toHaveLength(4), { interval: 2 });
  return { client, peer: recorders[count]! };
};

/** Waits until the router takes nothing more from its first socket, while it serves another one. */
const expectStuck = async (router: Awaited<ReturnType<typeof start>>): Promise<void> => {
  const [socket] = router.sockets;
  const { client: witness } = await shake(router);
  await vi.waitFor(
    async () => {
      const before = socket!.bytesRead;
      for (let rounds = 0; rounds < 20; rounds += 1) {
        const count = witness.frames.length;
        witness.write(rawFrame(1));
        await vi.waitFor(() => expect(witness.frames.length).toBe(count + 1), { interval: 1 });
      }
      expect(before).toBeGreaterThan(4);
      expect(socket!.bytesRead).toBe(before);
    },
    { interval: 5, timeout: 10_000 },
  );
};

const soon = { interval: 2, timeout: 5000 } as const;

describe('a handshake', () => {
  test.each([
    [1, 'wamp.2.json', false],
    [2, 'wamp.2.msgpack', true],
    [3, 'wamp.2.cbor', true],
  ])(
    'for serializer %i is echoed with the limit of the router, and speaks %s',
    async (serializer, protocol, isBinary) => {
      const router = await start({ maxMessageSize: 1_000_000 });
      const { client, peer } = await shake(router, request(serializer, 2));
      expect(client.reply).toEqual([0x7f, (10 << 4) | serializer, 0, 0]);
      expect(peer.handshake).toEqual({ protocol, remoteAddress: '127.0.0.1', headers: {} });
      expect(peer.link.maxFrame).toBe(2048 + 4);
      client.write(rawFrame(0, 'x'));
      await vi.waitFor(() => expect(peer.texts).toEqual(['x']), soon);
      expect([...peer.kinds]).toEqual([isBinary]);
      expect(peer.log).toEqual(['start']);
    },
  );

  test('may come octet by octet, or at once with the first messages', async () => {
    const router = await start();
    const hasty = await shake(
      router,
      Buffer.concat([request(), rawFrame(0, 'one'), rawFrame(0, 'two').subarray(0, 5)]),
    );
    expect(hasty.peer.texts).toEqual(['one']);
    hasty.client.write(rawFrame(0, 'two').subarray(5));
    await vi.waitFor(() => expect(hasty.peer.texts).toEqual(['one', 'two']), soon);
    const slow = openPort(router.port);
    slow.socket.setNoDelay();
    for (const octet of Buffer.concat([request(), rawFrame(0, 'x')])) {
      await new Promise((written) => slow.socket.write(Buffer.of(octet), written));
    }
    await vi.waitFor(() => expect(slow.reply).toEqual([0x7f, 0xb1, 0, 0]), soon);
    await vi.waitFor(() => expect(router.recorders[1]!.texts).toEqual(['x']), soon);
  });

  test.each([['a first octet that is not 0x7F', [0x47]]])(
    'with %s is cut off at once, without an answer',
    async (_, octets) => {
      const router = await start();
      const client = openPort(router.port);
      client.write(Buffer.from(octets));
      await client.ended;
      expect(client.reply).toEqual([]);
      expect(router.recorders).toEqual([]);
      expect(router.report.counters().upgrade_refused).toBe(1);
    },
  );

  test.each([0, 4, 5, 15])('for serializer %i is answered with error 1 and closed', async (serializer) => {
    const router = await start();
    const client = openPort(router.port);
    client.write(request(serializer), Buffer.alloc(100_000));
    await client.ended;
    expect(client.reply).toEqual([0x7f, 0x10, 0, 0]);
    expect(router.recorders).toEqual([]);
  });

  test.each([
    ['third', [0x7f, 0xf1, 1, 0]],
    ['fourth', [0x7f, 0xf1, 0, 1]],
  ])('with a %s octet that is not zero is answered with error 3 and closed', async (_, octets) => {
    const router = await start();
    const client = openPort(router.port);
    client.write(Buffer.from(octets));
    await client.ended;
    expect(client.reply).toEqual([0x7f, 0x30, 0, 0]);
    expect(router.recorders).toEqual([]);
  });

  test('with a limit that no WELCOME fits into is answered with error 2 and closed', async () => {
    const router = await start({ serializers: serializersOf(1025, 1024, 1024) });
    const client = openPort(router.port);
    client.write(request(1, 1));
    await client.ended;
    expect(client.reply).toEqual([0x7f, 0x20, 0, 0]);
    expect(router.recorders).toEqual([]);
    await shake(router, request(2, 1));
  });

  test.each([1, 2, 3])(
    'for serializer %i is refused with a limit of 512 octets, which no WELCOME fits into, and taken with 1024',
    async (serializer) => {
      const postmaster = new Postmaster({ realms: ['r'] });
      onTestFinished(() => postmaster.close());
      const { port = 0 } = await postmaster.listenRawSocket({ port: 0 });
      const replies = [];
      for (const limit of [0, 1]) {
        const client = openPort(port);
        client.write(request(serializer, limit));
        await vi.waitFor(() => expect(client.reply).toHaveLength(4), soon);
        replies.push(client.reply[1]! & 0x0f);
      }
      expect(replies).toEqual([0, serializer]);
    },
  );

  test('with a router that is full is answered with error 4 and closed', async () => {
    const router = await start({ refusal: () => ({ message: 'The router is full.' }) });
    const client = openPort(router.port);
    client.write(request());
    await client.ended;
    expect(client.reply).toEqual([0x7f, 0x40, 0, 0]);
    expect(router.recorders).toEqual([]);
  });

  test('from an address that comes too often is answered with error 4', async () => {
    const limits = {
      maxJoinsPerSecond: 1,
      maxFailedAuthsPerMinute: 10,
      maxConnectionsPerAddress: 1000,
      limitLoopback: true,
    };
    const router = await start({ addresses: createAddressBook(limits, () => 0) });
    await shake(router);
    const client = openPort(router.port);
    client.write(request());
    await client.ended;
    expect(client.reply).toEqual([0x7f, 0x40, 0, 0]);
    expect(router.recorders).toHaveLength(1);
  });

  test('that is refused is cut when the peer does not close', async () => {
    const router = await start();
    const socket = connect({ port: router.port, host: '127.0.0.1', allowHalfOpen: true });
    const client = open(socket);
    client.write(request(9));
    await new Promise((ended) => socket.once('end', ended));
    router.clock.increment(500);
    await vi.waitFor(() => {
      socket.write('x');
      expect(socket.destroyed).toBe(true);
    }, soon);
  });

  test('that is not done in time is cut off, one that is has all the time', async () => {
    const router = await start();
    const { client: member, peer } = await shake(router);
    const client = openPort(router.port);
    client.write(Buffer.from([0x7f, 0xf1]));
    await new Promise((connected) => client.socket.once('connect', connected));
    await vi.waitFor(() => {
      router.clock.increment(1000);
      expect(client.socket.destroyed).toBe(true);
    }, soon);
    expect(client.reply).toEqual([]);
    member.write(rawFrame(0, 'still here'));
    await vi.waitFor(() => expect(peer.texts).toEqual(['still here']), soon);
  });

  test('is no longer taken by a server that is closed, and one that waits is cut off', async () => {
    const router = await start();
    const waiting = openPort(router.port);
    await vi.waitFor(() => expect(waiting.socket.readyState).toBe('open'), soon);
    const { peer } = await shake(router);
    router.server.close();
    await waiting.ended;
    const late = openPort(router.port);
    await late.ended;
    expect(peer.log).toEqual(['start']);
  });
});

describe('messages', () => {
  test.each([
    [512, 512],
    [1000, 512],
    [1500, 1024],
  ])('where maxMessageSize is %i are taken up to the %i octets that are announced', async (maxMessageSize, most) => {
    const router = new Postmaster({ realms: [{ name: 'realm1', anonymous: [] }], limits: { maxMessageSize } });
    onTestFinished(() => router.close({ drain: 0 }));
    const { port = 0 } = await router.listenRawSocket({ port: 0 });
    const answerTo = async (length: number): Promise<unknown> => {
      const client = openPort(port);
      client.write(request(), rawFrame(0, '[1,"realm1",{"roles":{"caller":{}}}]'.padEnd(length)));
      await vi.waitFor(() => expect(client.frames).toHaveLength(1), soon);
      expect(512 << ((client.reply[1] ?? 0) >> 4)).toBe(most);
      return (JSON.parse(String(client.frames[0]?.payload)) as unknown[])[0];
    };
    expect(await answerTo(most)).toBe(2);
    expect(await answerTo(most + 1)).toBe(3);
  });

  test('arrive whole and in order when they are cut at every octet', async () => {
    const router = await start();
    const { client, peer } = await shake(router);
    const texts = ['[1,"realm",{}]', '', 'é'.repeat(300), 'end'];
    client.socket.setNoDelay();
    for (const octet of Buffer.concat(texts.map((text) => rawFrame(0, text)))) client.socket.write(Buffer.of(octet));
    await vi.waitFor(() => expect(peer.texts).toEqual(texts), soon);
  });

  test('go out framed, in batches', async () => {
    const router = await start();
    const { client, peer } = await shake(router);
    const { link } = peer;
    const frames = [link.framing.text('"a"'), link.framing.binary(Buffer.from([1, 2])), link.framing.text('')];
    expect(link.write(frames, 7 + 6 + 4, Buffer.concat)).toBe(true);
    await vi.waitFor(() => expect(client.frames).toHaveLength(3), soon);
    expect(client.frames.map(({ type, payload }) => [type, ...payload])).toEqual([[0, 34, 97, 34], [0, 1, 2], [0]]);
  });

  test.each([
    ['of a message', 0x00],
    ['of a PING', 0x01],
    ['of 16 MiB', 0x08],
  ])('longer than allowed: the listener is told at the header %s, and the link ends', async (_, first) => {
    const router = await start({ maxMessageSize: 1000 });
    const { client, peer } = await shake(router);
    client.write(rawFrame(0, 'x'.repeat(512)), Buffer.from([first, 0, first === 8 ? 0 : 0x02, first === 8 ? 0 : 0x01]));
    await client.ended;
    expect(peer.messages).toHaveLength(1);
    const told = expect.stringMatching(/^a frame of (513|16777216) octets is longer than the limit of 512 octets$/);
    await vi.waitFor(() => expect(peer.log).toEqual(['start', told, 'finish', 'closed']), soon);
  });

  test('that follow a broken frame or the end of the link are not heard', async () => {
    const router = await start();
    const { client, peer } = await shake(router);
    peer.onMessage = () => peer.link.close(1000, '');
    client.write(rawFrame(0, 'last'), rawFrame(0, 'too late'), rawFrame(1, 'ping'), rawFrame(0x20));
    await client.ended;
    expect(peer.texts).toEqual(['last']);
    expect(client.frames).toEqual([]);
    await vi.waitFor(() => expect(peer.log).toEqual(['start', 'finish', 'closed']), soon);
  });
});

describe('a PING', () => {
  test.each([0, 1, 125, 70_000])('of %i octets is answered by one PONG with the same octets', async (length) => {
    const router = await start();
    const { client, peer } = await shake(router);
    const payload = Buffer.from(Array.from({ length }, (_, at) => (at * 7) % 256));
    client.write(rawFrame(1, payload), rawFrame(2, 'unasked'), rawFrame(0, 'x'));
    await vi.waitFor(() => expect(client.frames).toEqual([{ type: 2, payload }]), soon);
    expect(peer.texts).toEqual(['x']);
  });

  test('among many has its own PONG, after what waits, and all go out in one write', async () => {
    const router = await start();
    const { client, peer } = await shake(router);
    peer.waiting = [Buffer.from(peer.link.framing.text('first'))];
    client.write(...['a', 'b', 'c'].map((text) => rawFrame(1, text)));
    await vi.waitFor(() => expect(client.frames).toHaveLength(4), soon);
    expect(client.frames.map(({ type, payload }) => `${type}${payload}`)).toEqual(['0first', '2a', '2b', '2c']);
  });

  test('longer than what its sender takes ends the link', async () => {
    const router = await start();
    const { client, peer } = await shake(router, request(1, 0));
    client.write(rawFrame(1, 'x'.repeat(513)));
    await client.ended;
    const told = 'a PING is longer than its sender accepts';
    await vi.waitFor(() => expect(peer.log).toEqual(['start', told, 'finish', 'closed']), soon);
  });

  test('by the thousand from a peer that does not read stops the reading, until it does', async () => {
    const router = await start();
    const { client, peer } = await shake(router);
    client.socket.pause();
    const ping = rawFrame(1, Buffer.alloc(60_000));
    const count = 1000;
    for (let at = 0; at < count; at += 1) client.write(ping);
    client.write(rawFrame(0, 'behind'));
    await expectStuck(router);
    expect(router.sockets[0]!.writableLength).toBeLessThan(mebibyte);
    expect(peer.texts).toEqual([]);
    let octets = 0;
    client.socket.removeAllListeners('data');
    client.socket.on('data', (data) => {
      octets += data.length;
    });
    client.socket.resume();
    await vi.waitFor(() => expect(octets).toBe(count * ping.length), { interval: 10, timeout: 10_000 });
    expect(peer.texts).toEqual(['behind']);
  });
});

describe('the heartbeat', () => {
  test('closes a peer that answers nothing, and keeps one that answers', async () => {
    const router = await start({ pingInterval: 1600, maxMissedPings: 2 });
    const dead = await shake(router);
    const alive = await shake(router);
    const pings = ({ frames }: RawSocketClient): number => frames.filter(({ type }) => type === 1).length;
    const round = async (): Promise<void> => {
      const before = pings(alive.client);
      for (let slot = 0; slot < 16; slot += 1) router.clock.increment(100);
      await vi.waitFor(() => expect(pings(alive.client)).toBe(before + 1), soon);
      alive.client.write(rawFrame(2), rawFrame(0, String(before)));
      await vi.waitFor(() => expect(alive.peer.texts).toHaveLength(before + 1), soon);
    };
    for (let rounds = 0; rounds < 2; rounds += 1) await round();
    expect(dead.client.frames).toEqual([
      { type: 1, payload: Buffer.alloc(0) },
      { type: 1, payload: Buffer.alloc(0) },
    ]);
    expect(dead.peer.log).toEqual(['start']);
    await round();
    await dead.client.ended;
    await vi.waitFor(() => expect(dead.peer.log).toEqual(['start', 'unresponsive', 'finish', 'closed']), soon);
    await round();
    expect(alive.peer.log).toEqual(['start']);
    expect(alive.peer.idleOctets).toBeGreaterThan(0);
    alive.client.socket.destroy();
    await vi.waitFor(() => expect(alive.peer.log).toEqual(['start', 'finish', 'closed']), soon);
  });

  test('gives nobody up because the router does not read', async () => {
    const router = await start({ pingInterval: 1600, maxMissedPings: 2 });
    const { peer } = await shake(router);
    peer.link.pause();
    for (let slot = 0; slot < 160; slot += 1) router.clock.increment(100);
    expect(peer.log).toEqual(['start']);
  });
});

describe('the end of a link', () => {
  test('that the router closes comes after all that waits', async () => {
    const router = await start();
    const { client, peer } = await shake(router);
    peer.link.pause();
    client.write(rawFrame(0, 'x'.repeat(500_000)));
    await expectStuck(router);
    peer.waiting = [Buffer.from(peer.link.framing.text('[6,{},"bye"]'))];
    peer.link.close(1000, 'bye');
    peer.link.close(1000, 'again');
    await client.ended;
    expect(client.frames).toEqual([{ type: 0, payload: Buffer.from('[6,{},"bye"]') }]);
    await vi.waitFor(() => expect(peer.log).toEqual(['start', 'finish', 'closed']), soon);
    expect(peer.link.write([Buffer.from('x')], 1, Buffer.concat)).toBe(true);
  });

  test('is forced on a peer that does not close its side in time', async () => {
    const router = await start();
    const socket = connect({ port: router.port, host: '127.0.0.1', allowHalfOpen: true });
    const client = open(socket);
    client.write(request());
    await vi.waitFor(() => expect(router.recorders).toHaveLength(1), soon);
    const [peer] = router.recorders;
    peer!.link.close(1000, '');
    await new Promise((ended) => socket.once('end', ended));
    router.clock.increment(499);
    socket.write(rawFrame(0, 'x'));
    expect(peer!.log).toEqual(['start', 'finish']);
    router.clock.increment(1);
    await vi.waitFor(() => expect(peer!.log).toEqual(['start', 'finish', 'closed']), soon);
    expect(peer!.texts).toEqual([]);
  });

  test('that the peer ends in an orderly way brings it what waits', async () => {
    const router = await start();
    const { client, peer } = await shake(router);
    peer.waiting = [Buffer.from(peer.link.framing.text('waits'))];
    client.socket.end();
    await client.ended;
    expect(client.frames.map(({ payload }) => payload.toString())).toEqual(['waits']);
    await vi.waitFor(() => expect(peer.log).toEqual(['start', 'finish', 'closed']), soon);
  });

  test('that is cut comes behind what was read and is still to be taken apart', async () => {
    const { server, recorders } = createDoor();
    const socket = new Duplex({ read: () => {}, write: (_chunk, _encoding, done) => done() });
    server.take(socket, request());
    const [peer] = recorders as [Recorder];
    const held: HeldChunk[] = [];
    peer.defers = (_octets, chunk) => held.push(chunk) > 0;
    const read = once(socket, 'data');
    socket.push(rawFrame(0, 'last'));
    await read;
    expect(peer.texts).toEqual([]);
    socket.destroy();
    await once(socket, 'close');
    for (const chunk of held) chunk.release();
    expect(peer.texts).toEqual(['last']);
  });

  test('that the peer ends comes behind what waits to be heard, also where both are read at once', async () => {
    const { server, recorders } = createDoor();
    const socket = new Duplex({ read: () => {}, write: (_chunk, _encoding, done) => done() });
    server.take(socket, request());
    const [peer] = recorders as [Recorder];
    const waiting: (() => void)[] = [];
    peer.inOrder = (task) => void waiting.push(task);
    peer.onMessage = () => peer.link.pause();
    peer.link.pause();
    socket.push(rawFrame(0, 'last'));
    socket.push(null);
    peer.link.resume();
    // A stream whose last octets are read ends, paused or not.
    await once(socket, 'end');
    expect([peer.texts, peer.log]).toEqual([['last'], ['start']]);
    for (const task of waiting) task();
    expect(peer.log).toEqual(['start', 'finish']);
  });

  test.each<[string, (client: RawSocketClient, peer: Recorder) => void]>([
    ['terminates', (_, { link }) => link.terminate()],
    ['sees the peer reset', ({ socket }) => socket.resetAndDestroy()],
  ])('is told once when it %s', async (_, end) => {
    const router = await start();
    const { client, peer } = await shake(router);
    end(client, peer);
    await client.ended;
    await vi.waitFor(() => expect(peer.log).toEqual(['start', 'closed']), soon);
    peer.link.terminate();
    peer.link.close(1000, '');
    peer.link.resume();
    expect(peer.log).toEqual(['start', 'closed']);
  });
});

describe('back-pressure', () => {
  test('a link that is paused takes nothing from the wire, and all of it in order after that', async () => {
    const router = await start();
    const { client, peer } = await shake(router);
    peer.link.pause();
    const count = 400;
    const filling = 'x'.repeat(60_000);
    for (let at = 0; at < count; at += 1) client.write(rawFrame(0, `${at} ${filling}`));
    await expectStuck(router);
    expect(router.sockets[0]!.bytesRead).toBeLessThan(mebibyte);
    expect(peer.messages).toEqual([]);
    peer.link.resume();
    await vi.waitFor(() => expect(peer.messages).toHaveLength(count), { interval: 10, timeout: 10_000 });
    expect(peer.texts.map((text) => Number.parseInt(text, 10))).toEqual([...Array(count).keys()]);
  });

  test('a batch that the kernel takes whole does not fill the link', async () => {
    const { peer } = await shake(await start());
    const frame = peer.link.framing.binary(Buffer.alloc(100_000));
    expect(peer.link.write([frame], frame.length, Buffer.concat)).toBe(true);
  });

  test('a peer that does not read fills the link, and is heard of when it does', async () => {
    const router = await start();
    const { client, peer } = await shake(router);
    client.socket.pause();
    const frame = peer.link.framing.binary(Buffer.alloc(mebibyte));
    let written = 0;
    await vi.waitFor(
      () => {
        written += 1;
        expect(peer.link.write([frame], frame.length, Buffer.concat)).toBe(false);
      },
      { interval: 1, timeout: 5000 },
    );
    expect(peer.log).toEqual(['start']);
    client.socket.resume();
    await vi.waitFor(() => expect(peer.log).toEqual(['start', 'drained']), soon);
    await vi.waitFor(() => expect(client.frames).toHaveLength(written), soon);
  });
});

describe('a listener', () => {
  test('speaks TLS', async () => {
    const router = await start({}, { port: 0, tls: { cert: certificate, key } });
    expect(router.url).toBe(`rss://127.0.0.1:${router.port}`);
    const client = open(connectTls({ port: router.port, host: '127.0.0.1', ca: certificate }));
    client.write(request(3));
    await vi.waitFor(() => expect(client.reply).toEqual([0x7f, 0xb3, 0, 0]), soon);
    const [peer] = router.recorders;
    const large = Buffer.alloc(500_000, 'large');
    client.write(rawFrame(0, large), rawFrame(1, 'echo'));
    await vi.waitFor(() => expect(peer!.messages).toEqual([large]), soon);
    await vi.waitFor(() => expect(client.frames).toEqual([{ type: 2, payload: Buffer.from('echo') }]), soon);
    expect(peer!.handshake.remoteAddress).toBe('127.0.0.1');
    const plain = openPort(router.port);
    plain.write(request(), rawFrame(0, 'plain'));
    await plain.ended;
    expect(router.recorders).toHaveLength(1);
    peer!.waiting = [Buffer.from(peer!.link.framing.text('bye'))];
    peer!.link.close(1000, '');
    await client.ended;
    expect(client.frames.at(-1)).toEqual({ type: 0, payload: Buffer.from('bye') });
  });

  test('does not wait for a TLS handshake for ever', async () => {
    const router = await start({}, { port: 0, tls: { cert: certificate, key, handshakeTimeout: 50 } });
    const silent = openPort(router.port);
    await silent.ended;
    expect(router.recorders).toEqual([]);
  });

  test('says what is wrong', async () => {
    const { port } = await start();
    const nowhere = (): void => {};
    await expect(listenRawSocket({ port }, nowhere)).rejects.toMatchObject({
      code: 'LINK_ERROR',
      message: `port ${port} on 127.0.0.1 is in use`,
    });
    await expect(listenRawSocket({ port: 0, host: '192.0.2.1' }, nowhere)).rejects.toThrow('no address 192.0.2.1');
    await expect(listenRawSocket({}, nowhere)).rejects.toMatchObject({ code: 'CONFIG_ERROR' });
    await expect(listenRawSocket({ port: 0, path: '/tmp/x' }, nowhere)).rejects.toMatchObject({ code: 'CONFIG_ERROR' });
    await expect(listenRawSocket({ host: 'x', path: '/tmp/x' }, nowhere)).rejects.toThrow(
      'host cannot be given together with path',
    );
    const tls = { cert: 'none', key: 'none' };
    await expect(listenRawSocket({ port: 0, tls }, nowhere)).rejects.toThrow(/certificate or key/);
  });

  test('that is closed cuts what is left, be it in the middle of a TLS handshake', async () => {
    const router = await start({}, { port: 0, tls: { cert: certificate, key } });
    const silent = openPort(router.port);
    const member = open(connectTls({ port: router.port, host: '127.0.0.1', ca: certificate }));
    member.write(request());
    await vi.waitFor(() => expect(member.reply).toHaveLength(4), soon);
    await router.close();
    await Promise.all([silent.ended, member.ended]);
    await vi.waitFor(() => expect(router.recorders[0]!.log).toContain('closed'), soon);
  });
});

describe('a Unix socket', () => {
  const folder = async (): Promise<string> => {
    const path = await mkdtemp(join(tmpdir(), 'rawsocket-'));
    onTestFinished(() => rm(path, { recursive: true }));
    return path;
  };

  test('carries a link, and its file goes with the listener', async () => {
    const path = join(await folder(), 'router.sock');
    const router = await start({}, { path });
    expect(router.url).toBe(`unix://${path}`);
    const client = open(connect(path));
    client.write(request(), rawFrame(0, 'x'));
    await vi.waitFor(() => expect(client.reply).toEqual([0x7f, 0xb1, 0, 0]), soon);
    await vi.waitFor(() => expect(router.recorders[0]!.texts).toEqual(['x']), soon);
    expect(router.recorders[0]!.handshake.remoteAddress).toBeUndefined();
    await router.close();
    expect(existsSync(path)).toBe(false);
  });

  test('that is in use is an error and stays in use', async () => {
    const path = join(await folder(), 'router.sock');
    const router = await start({}, { path });
    await expect(listenRawSocket({ path }, () => {})).rejects.toMatchObject({
      code: 'LINK_ERROR',
      message: `${path} is in use`,
    });
    const client = open(connect(path));
    client.write(request());
    await vi.waitFor(() => expect(client.reply).toHaveLength(4), soon);
    expect(router.recorders).toHaveLength(1);
  });

  test('has the permissions that are asked for from the beginning, and leaves nothing else in its folder', async () => {
    const place = await folder();
    const path = join(place, 'router.sock');
    const router = await start({}, { path, mode: 0o640 });
    expect((await stat(path)).mode & 0o777).toBe(0o640);
    expect(await readdir(place)).toEqual(['router.sock']);
    await router.close();
    expect(await readdir(place)).toEqual([]);
    for (const mode of [0o1777, -1, 1.5, '0660' as never]) {
      await expect(listenRawSocket({ path, mode }, () => {})).rejects.toMatchObject({ code: 'CONFIG_ERROR' });
    }
    await expect(listenRawSocket({ port: 0, mode: 0o600 }, () => {})).rejects.toThrow(
      'mode can only be given together with path',
    );
  });

  test('of a newer router stays when the older one closes', async () => {
    const path = join(await folder(), 'router.sock');
    const older = await start({}, { path });
    await rm(path);
    await start({}, { path });
    await older.close();
    const client = open(connect(path));
    client.write(request());
    await vi.waitFor(() => expect(client.reply).toHaveLength(4), soon);
  });

  test('with TLS says so in its URL', async () => {
    const path = join(await folder(), 'router.sock');
    const router = await start({}, { path, tls: { cert: certificate, key } });
    expect(router.url).toBe(`unix+tls://${path}`);
    const member = open(
      connectTls({ path, ca: certificate, servername: 'localhost', checkServerIdentity: () => undefined }),
    );
    member.write(request());
    await vi.waitFor(() => expect(member.reply).toHaveLength(4), soon);
  });

  test('is refused at a path that it cannot have, before anything is made', async () => {
    const place = await folder();
    const long = join(place, 'x'.repeat(108));
    for (const path of ['', '.', '..', '/', `${place}/`, `${place}/..`, `${place}/a\0b`, long, 5 as never]) {
      await expect(listenRawSocket({ path }, () => {})).rejects.toMatchObject({ code: 'CONFIG_ERROR' });
    }
    expect(await readdir(place)).toEqual([]);
    const longest = join(place, 'x'.repeat((process.platform === 'darwin' ? 103 : 107) - place.length - 1));
    await start({}, { path: longest });
    open(connect(longest)).write(request());
    expect(await readdir(place)).toHaveLength(1);
  });

  test('that nobody listens on is replaced, a file that is no socket is not', async () => {
    const path = join(await folder(), 'router.sock');
    const { execFileSync } = await import('node:child_process');
    const leave = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
    expect(() => execFileSync(process.execPath, ['-e', leave], { stdio: 'ignore' })).toThrow();
    expect(existsSync(path)).toBe(true);
    await start({}, { path });
    const client = open(connect(path));
    client.write(request());
    await vi.waitFor(() => expect(client.reply).toHaveLength(4), soon);
    const file = `${path}.txt`;
    await writeFile(file, 'precious');
    await expect(listenRawSocket({ path: file }, () => {})).rejects.toThrow('is in use');
    expect(existsSync(file)).toBe(true);
    await expect(listenRawSocket({ path: join(path, 'x') }, () => {})).rejects.toMatchObject({ code: 'LINK_ERROR' });
    await expect(listenRawSocket({ path: `${path}.d/x` }, () => {})).rejects.toThrow('there is no such folder');
  });
});

describe('one port', () => {
  const answer: RequestListener = (incoming, response) => {
    let octets = 0;
    incoming.on('data', (data: Buffer) => {
      octets += data.length;
    });
    incoming.on('end', () => response.end(`${incoming.url} ${octets}`));
  };

  const share = async (server: Server, deadline?: number) => {
    const door = createDoor();
    const sharing = deadline === undefined ? {} : { deadline };
    const letGo = shareWithRawSocket(server, (socket, head) => door.server.take(socket, head), sharing);
    const sockets = new WebSocketServer({ server });
    sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(data.toString())));
    onTestFinished(() => {
      letGo();
      for (const { link } of door.recorders) link.terminate();
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
      return new Promise((closed) => server.close(() => closed(undefined)));
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    return { ...door, letGo, port: (server.address() as AddressInfo).port };
  };

  const echo = async (url: string, text: string): Promise<string> => {
    const socket = new WebSocket(url, { ca: certificate });
    onTestFinished(() => socket.terminate());
    await new Promise((opened, reject) => socket.on('open', opened).on('error', reject));
    socket.send(text);
    return new Promise((heard) => socket.on('message', (data) => heard(data.toString())));
  };

  test('carries RawSocket, WebSocket and HTTP', async () => {
    const router = await share(createServer(answer));
    const { client, peer } = await shake(router, Buffer.concat([request(), rawFrame(0, 'raw')]));
    expect(await echo(`ws://127.0.0.1:${router.port}/ws`, 'x'.repeat(300_000))).toHaveLength(300_000);
    const get = await fetch(`http://127.0.0.1:${router.port}/page`);
    expect(await get.text()).toBe('/page 0');
    const body = 'x'.repeat(5_000_000);
    const post = await fetch(`http://127.0.0.1:${router.port}/post`, { method: 'POST', body });
    expect(await post.text()).toBe('/post 5000000');
    client.write(rawFrame(0, 'again'), rawFrame(1, 'ping'));
    await vi.waitFor(() => expect(peer.texts).toEqual(['raw', 'again']), soon);
    await vi.waitFor(() => expect(client.frames).toHaveLength(1), soon);
  });

  test('carries all of them over TLS', async () => {
    const router = await share(createHttpsServer({ cert: certificate, key }, answer));
    expect(await echo(`wss://127.0.0.1:${router.port}/ws`, 'x'.repeat(300_000))).toHaveLength(300_000);
    const client = open(connectTls({ port: router.port, host: '127.0.0.1', ca: certificate }));
    client.write(request(), rawFrame(0, 'x'.repeat(100_000)));
    await vi.waitFor(() => expect(router.recorders[0]?.texts).toEqual(['x'.repeat(100_000)]), soon);
    await vi.waitFor(() => expect(client.reply).toEqual([0x7f, 0xb1, 0, 0]), soon);
  });

  test('hands HTTP over octet for octet, however it is cut, on connections that are kept as well', async () => {
    const { port } = await share(createServer(answer));
    const socket = connect(port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    let heard = '';
    socket.on('data', (data) => {
      heard += data;
    });
    socket.setNoDelay();
    for (const url of ['/one', '/two']) {
      for (const octet of `POST ${url} HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc`) socket.write(octet);
      await vi.waitFor(() => expect(heard).toContain(`${url} 3`), soon);
    }
    const large = Buffer.alloc(3_000_000, 'x');
    socket.write(
      Buffer.concat([Buffer.from('POST /all HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n'), large]),
    );
    await vi.waitFor(() => expect(heard).toContain('/all 3000000'), soon);
    const first = connect(port, '127.0.0.1');
    onTestFinished(() => void first.destroy());
    first.on('data', (data) => {
      heard += data;
    });
    first.write(
      Buffer.concat([Buffer.from('POST /first HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n'), large]),
    );
    await vi.waitFor(() => expect(heard).toContain('/first 3000000'), soon);
  });

  test('closes a connection that says nothing, and HTTP headers that never end, at the deadline', async () => {
    const deadlines = { headersTimeout: 100, requestTimeout: 100, connectionsCheckingInterval: 10 };
    const { port, recorders } = await share(createServer(deadlines, answer));
    const silent = openPort(port);
    expect(await askRaw(port, 'GET / HTTP/1.1\r\nHost')).toMatch(/^HTTP\/1\.1 408 /);
    await silent.ended;
    const ended = openPort(port);
    ended.socket.end();
    await ended.ended;
    expect(recorders).toEqual([]);
  });

  test('is HTTP alone after that is over, and who said nothing yet is cut', async () => {
    const router = await share(createServer(answer));
    const silent = openPort(router.port);
    await vi.waitFor(() => expect(silent.socket.readyState).toBe('open'), soon);
    await (await fetch(`http://127.0.0.1:${router.port}/`)).text();
    router.letGo();
    await silent.ended;
    expect(await askRaw(router.port, '\x7f\xf1\0\0')).toMatch(/^HTTP\/1\.1 400 /);
    const status = await new Promise((answered) => {
      httpRequest({ port: router.port, host: '127.0.0.1', agent: false }, (response) => {
        response.resume();
        answered(response.statusCode);
      }).end();
    });
    expect(status).toBe(200);
  });
});
