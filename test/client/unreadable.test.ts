/**
 * A router that sends what no client can read: the client aborts the session, as the router would, and does not connect
 * again.
 */

import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { WebSocketServer } from 'ws';
import { connect } from '../../src/client.ts';
import { RawSocketClient, rawFrame, request } from '../support/rawsocket-client.ts';
import { code } from '../support/v2-router.ts';

const welcome = JSON.stringify([code.WELCOME, 1, { roles: { broker: {}, dealer: {} } }]);
const mebibyte = 1024 * 1024;

/** Who hears the client, and writes octets to it that are no frames of ours. */
interface FakeRouter {
  readonly url: string;
  readonly heard: unknown[][];
  readonly write: (octets: Uint8Array) => void;
  /** The close code of the client; undefined over RawSocket, which has none. */
  readonly closed: Promise<number | undefined>;
}

const serveWebSocket = async (): Promise<FakeRouter> => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => 'wamp.2.json' });
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const heard: unknown[][] = [];
  let raw: Socket | undefined;
  const closed = new Promise<number>((resolve) => {
    server.on('connection', (socket, { socket: beneath }) => {
      raw = beneath;
      socket.on('close', resolve);
      socket.on('message', (data) => {
        heard.push(JSON.parse(data.toString()) as unknown[]);
        if (heard.length === 1) socket.send(welcome);
      });
    });
  });
  const { port } = server.address() as AddressInfo;
  return { url: `ws://127.0.0.1:${port}`, heard, write: (octets) => void raw?.write(octets), closed };
};

const serveRawSocket = async (): Promise<FakeRouter> => {
  const server = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const heard: unknown[][] = [];
  let raw: Socket | undefined;
  const closed = new Promise<undefined>((resolve) => {
    server.on('connection', (socket) => {
      raw = socket;
      // What a router answers a handshake with looks like the request.
      const client = new RawSocketClient(socket);
      socket.once('data', () => client.write(request()));
      socket.on('data', () => {
        heard.splice(
          0,
          heard.length,
          ...client.frames.map(({ payload }) => JSON.parse(payload.toString()) as unknown[]),
        );
        if (heard.length === 1) client.write(rawFrame(0, welcome));
      });
      void client.ended.then(() => resolve(undefined));
    });
  });
  const { port } = server.address() as AddressInfo;
  return { url: `rs://127.0.0.1:${port}`, heard, write: (octets) => void raw?.write(octets), closed };
};

/** The header of a WebSocket frame of so many octets. */
const headerOf = (length: number): Buffer => {
  const header = Buffer.alloc(10);
  header.set([0x81, 127]);
  header.writeBigUInt64BE(BigInt(length), 2);
  return header;
};

test.each<[string, () => Promise<FakeRouter>, Buffer, string, number | undefined]>([
  ['a message that is too large', serveWebSocket, headerOf(16 * mebibyte + 1), 'a message is too large', 1009],
  [
    'a text that is no UTF-8',
    serveWebSocket,
    Buffer.of(0x81, 1, 0xff),
    'a message is not valid UTF-8, or cannot be decompressed',
    1007,
  ],
  ['what is no frame', serveWebSocket, Buffer.of(0x83, 0), 'the data is not a valid WebSocket frame', 1002],
  ['what is no frame of RawSocket', serveRawSocket, Buffer.of(3, 0, 0, 0), 'unknown frame type 3', undefined],
])(
  'a client that is sent %s answers ABORT, closes, and does not come back',
  async (_, serve, octets, message, closing) => {
    const { url, heard, write, closed } = await serve();
    const onEnd = vi.fn();
    const client = await connect({ url, realm: 'realm1', onEnd, reconnect: { initialDelay: 1 } });
    onTestFinished(() => client.close());
    const open = client.call('com.never');
    write(octets);
    await expect(open).rejects.toMatchObject({ uri: 'wamp.error.protocol_violation' });
    expect(await closed).toBe(closing);
    expect(heard.at(-1)).toEqual([code.ABORT, { message }, 'wamp.error.protocol_violation']);
    expect(onEnd.mock.calls).toEqual([
      [{ reason: 'wamp.error.protocol_violation', description: message, willReconnect: false }],
    ]);
  },
);
