import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect as connectSocket } from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { Postmaster } from '../../src/index.ts';
import { ChunkGate } from '../../src/transport/chunk-gate.ts';
import { ignoringListener } from '../../src/transport/link.ts';
import { connectRaw, frame, say } from '../support/raw-client.ts';
import { rawFrame } from '../support/rawsocket-client.ts';
import { openRawSocketPeer } from '../support/rawsocket-peer.ts';
import { expectNothingLeft, everything as open, startOpenRouter } from '../support/router.ts';

const gateOf = (isBusy: boolean) => {
  const taken: string[] = [];
  const gate = new ChunkGate((chunk) => taken.push(`${chunk}`));
  const receive = (text: string) => gate.receive({ ...ignoringListener, defers: () => isBusy }, Buffer.from(text));
  return { taken, gate, receive };
};

describe('a chunk', () => {
  test('is taken apart at once while there is time', () => {
    const { taken, receive } = gateOf(false);
    receive('a');
    expect(taken).toEqual(['a']);
  });

  test('is held while there is none, and taken apart once', () => {
    const { taken, gate, receive } = gateOf(true);
    receive('a');
    expect(taken).toEqual([]);
    gate.release();
    gate.release();
    expect(taken).toEqual(['a']);
  });

  test('that follows one that is held is taken apart behind it', () => {
    const { taken, receive } = gateOf(true);
    receive('a');
    receive('b');
    expect(taken).toEqual(['a', 'b']);
  });
});

/** A ms passes whenever somebody looks at the clock, so that turns are over soon. */
const hurry = (): void => {
  let time = performance.now();
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => {
    time += 1;
    return time;
  });
  onTestFinished(() => void clock.mockRestore());
};

const count = 1_500;
const peers = 12;

/** What the router heard of each of the peers, in its order. */
const observe = (postmaster: Postmaster) => {
  const heard = new Map<unknown, unknown[]>();
  const watching = postmaster.topic('com.topic').subscribe(({ args }) => {
    const [who, at] = args.flat();
    heard.set(who, [...(heard.get(who) ?? []), at]);
  });
  return { heard, stop: () => watching.unsubscribe() };
};
const everything = new Map(
  Array.from({ length: peers }, (_, who) => [who, Array.from({ length: count }, (__, at) => at)]),
);
const numbers = (who: number, build: (arg: readonly [number, number]) => Buffer): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, at) => build([who, at])));
const sorted = (heard: ReadonlyMap<unknown, unknown>) => new Map([...heard].sort(([a], [b]) => Number(a) - Number(b)));

describe('of what many peers say at once nothing is lost and nothing changes places', () => {
  test('over WebSocket: each is closed with its code behind its last message', async () => {
    const { postmaster, port } = await startOpenRouter();
    const { heard, stop } = observe(postmaster);
    const clients = await Promise.all(Array.from({ length: peers }, () => connectRaw(port)));
    hurry();
    clients.forEach((client, who) => {
      const said = numbers(who, (event) => say([7, 'com.topic', event]));
      // Behind its close frame nobody says anything, not even in another chunk.
      const behind = numbers(who, () => say([7, 'com.topic', ['nobody', who]]));
      client.write(said, frame(9, 'ping'), frame(8, Buffer.from([0x03, 0xe8])), behind);
    });
    await Promise.all(clients.map(({ ended }) => ended));
    expect(clients.map(({ closing }) => closing?.code)).toEqual(clients.map(() => 1000));
    for (const { frames } of clients) expect(frames.map(({ opcode }) => opcode).slice(-2)).toEqual([10, 8]);
    await vi.waitFor(() => expect(sorted(heard)).toEqual(everything));
    stop();
    await expectNothingLeft(postmaster);
  });

  test('over WebSocket that is cut behind the last message', async () => {
    const { postmaster, port } = await startOpenRouter();
    const { heard, stop } = observe(postmaster);
    const clients = await Promise.all(Array.from({ length: peers }, () => connectRaw(port)));
    hurry();
    clients.forEach(({ socket }, who) => {
      socket.end(numbers(who, (event) => say([7, 'com.topic', event])));
    });
    await vi.waitFor(() => expect(sorted(heard)).toEqual(everything), { timeout: 5_000 });
    stop();
    await expectNothingLeft(postmaster);
  });

  test('over RawSocket that ends behind the last message', async () => {
    const { postmaster } = await startOpenRouter();
    const { port } = await postmaster.listen({ port: 0, rawSocket: true });
    const { heard, stop } = observe(postmaster);
    const clients = await Promise.all(
      Array.from({ length: peers }, async () => {
        const socket = connectSocket(port, '127.0.0.1');
        const peer = await openRawSocketPeer(socket, 'connect');
        await peer.hello();
        return socket;
      }),
    );
    hurry();
    clients.forEach((socket, who) => {
      socket.end(numbers(who, (event) => rawFrame(0, JSON.stringify([16, event[1] + 1, {}, 'com.topic', event]))));
    });
    await vi.waitFor(() => expect(sorted(heard)).toEqual(everything), { timeout: 5_000 });
    stop();
    await expectNothingLeft(postmaster);
  });
});

test('what comes with HELLO and has to wait is none of what may come before it', async () => {
  const { postmaster, port } = await startOpenRouter({ limits: { maxHelloSize: 1_024 } });
  const { heard, stop } = observe(postmaster);
  const [flood, peer] = [await connectRaw(port, '/ws', 'wamp.2.json'), await connectRaw(port, '/ws', 'wamp.2.json')];
  hurry();
  const hello = say([1, 'realm1', { roles: { publisher: {} } }]);
  for (const [who, client] of [flood, peer].entries()) {
    client.write(
      hello,
      numbers(who, (event) => say([16, event[1] + 1, {}, 'com.topic', event])),
    );
  }
  await vi.waitFor(() => expect([heard.get(0)?.length, heard.get(1)?.length]).toEqual([count, count]), {
    timeout: 5_000,
  });
  for (const { socket } of [flood, peer]) socket.destroy();
  stop();
  await expectNothingLeft(postmaster);
});

test('a program that listens to the octets of a socket hears them, and the router does, too', async () => {
  const postmaster = new Postmaster({ realms: [{ name: 'r', anonymous: open }], v1: { open: true } });
  const server = createServer().listen(0, '127.0.0.1');
  onTestFinished(async () => {
    await postmaster.close({ drain: 0 });
    server.close();
  });
  let octets = 0;
  server.on('connection', (socket) => {
    socket.on('data', (chunk: Buffer) => {
      octets += chunk.length;
    });
  });
  await once(server, 'listening');
  postmaster.attach(server);
  const { heard } = observe(postmaster);
  const client = await connectRaw((server.address() as AddressInfo).port);
  const said = numbers(0, (event) => say([7, 'com.topic', event]));
  client.write(said);
  await vi.waitFor(() => expect(heard.get(0)).toHaveLength(count));
  expect(octets).toBeGreaterThan(said.length);
  client.socket.destroy();
});
