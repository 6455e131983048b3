import { connect } from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { SerializerName } from '../../src/codec/serializers.ts';
import { serializerNames, serializers } from '../../src/codec/serializers.ts';
import type { PostmasterOptions } from '../../src/index.ts';
import { connectRaw, frame } from '../support/raw-client.ts';
import { RawSocketClient, rawFrame, request } from '../support/rawsocket-client.ts';
import { expectNothingLeft } from '../support/router.ts';
import { basicRoles, connectV2, joinV2 } from '../support/v2-client.ts';
import { code, createV2Router } from '../support/v2-router.ts';

const limits = { maxMessageSize: 65_536, maxDepth: 64, closeTimeout: 1000 };

const listen = async (options: Partial<PostmasterOptions> = {}) => {
  const router = createV2Router({}, { limits, ...options });
  const { port, url } = await router.listen({ port: 0, rawSocket: true });
  return { router, port, url };
};
const abort = (message: unknown) => [code.ABORT, { message }, 'wamp.error.protocol_violation'];
const hello = [code.HELLO, 'realm1', { roles: basicRoles }];

const notText = 'a message is not valid UTF-8, or cannot be decompressed';

/** What WebSocket itself cannot read: the frames, the close code, and the words of the ABORT. */
const broken: readonly (readonly [string, readonly Buffer[], number, string])[] = [
  ['text that is no UTF-8', [frame(1, Buffer.of(0x5b, 0xc3, 0x28))], 1007, notText],
  [
    'text whose last octet is missing, over fragments',
    [frame(1, Buffer.of(0x5b, 0xe2), { fin: false }), frame(0, Buffer.of(0x82))],
    1007,
    notText,
  ],
  ['a message over the limit', [frame(1, Buffer.alloc(65_537, 0x20))], 1009, 'a message is too large'],
  [
    'fragments over the limit',
    [frame(1, Buffer.alloc(65_000, 0x20), { fin: false }), frame(0, Buffer.alloc(1000))],
    1009,
    'a message is too large',
  ],
  ['a frame without a mask', [frame(1, '[]', { masked: false })], 1002, 'the data is not a valid WebSocket frame'],
  ['a reserved opcode', [frame(3, 'x')], 1002, 'the data is not a valid WebSocket frame'],
  [
    'a message in too many fragments',
    [Buffer.concat([frame(1, '[', { fin: false }), ...Array(70_000).fill(frame(0, '', { fin: false }))])],
    1008,
    'a message has too many fragments',
  ],
];

// Basic Profile, "Protocol Violations": the router MUST abort the session by ABORT.
describe('over WebSocket', () => {
  describe.each(serializerNames)('in %s', (name) => {
    test.each(broken)('%s is told by ABORT before the close frame', async (_, frames, closeCode, message) => {
      const { router, port } = await listen();
      const client = await connectRaw(port, '/ws', `wamp.2.${name}`);
      const { decode, encode, isBinary } = serializers[name];
      client.write(frame(isBinary ? 2 : 1, encode(hello)));
      await vi.waitFor(() => expect(client.frames).toHaveLength(1));
      client.write(...frames);
      await client.ended;
      expect(client.frames.map(({ opcode }) => opcode)).toEqual([isBinary ? 2 : 1, isBinary ? 2 : 1, 8]);
      expect(decode(client.frames[1]!.payload, 8)).toEqual(abort(message));
      expect(client.closing).toEqual({ code: closeCode, reason: 'wamp.error.protocol_violation' });
      expect(router.stats().counters.bad_message).toBe(1);
      await expectNothingLeft(router);
    });
  });

  test('it is told by ABORT where no session has begun', async () => {
    const { port } = await listen();
    const client = await connectRaw(port, '/ws', 'wamp.2.json');
    client.write(frame(1, Buffer.of(0xff)));
    await client.ended;
    expect(client.messages).toEqual([abort(notText)]);
  });

  test('nothing is said after a GOODBYE', async () => {
    const { router, port } = await listen();
    const client = await connectRaw(port, '/ws', 'wamp.2.json');
    client.write(frame(1, JSON.stringify(hello)));
    await vi.waitFor(() => expect(client.messages).toHaveLength(1));
    const killer = await joinV2(router);
    await killer.call('wamp.session.kill', [client.messages[0]?.[1]]);
    client.write(frame(1, Buffer.of(0xff)));
    await client.ended;
    expect(client.frames.map(({ opcode }) => opcode)).toEqual([1, 1, 8]);
    expect(client.messages[1]).toEqual([code.GOODBYE, {}, 'wamp.close.killed']);
    expect(client.closing?.code).toBe(1007);
  });

  test('with compression it is told by ABORT as well', async () => {
    const { url } = await listen({ compression: true });
    const socket = new WebSocket(url, 'wamp.2.json', { perMessageDeflate: { threshold: 0 } });
    onTestFinished(() => socket.terminate());
    const heard: unknown[] = [];
    socket.on('message', (data) => heard.push(JSON.parse(data.toString())));
    await new Promise((opened) => socket.once('open', opened));
    expect(socket.extensions).toContain('permessage-deflate');
    socket.send(' '.repeat(1_000_000));
    const closed = await new Promise((ended) => socket.once('close', ended));
    expect(heard).toEqual([abort('a message is too large')]);
    expect(closed).toBe(1009);
  });

  test('text that is no UTF-8 is told when its message ends, not with the fragment it stands in', async () => {
    const { port } = await listen();
    const client = await connectRaw(port, '/ws', 'wamp.2.json');
    client.write(frame(1, JSON.stringify(hello)), frame(1, Buffer.of(0x5b, 0xff), { fin: false }), frame(9, 'p'));
    await vi.waitFor(() => expect(client.frames.map(({ opcode }) => opcode)).toEqual([1, 10]));
    client.write(frame(0, ']'));
    await client.ended;
    expect(client.messages[1]).toEqual(abort(notText));
    expect(client.closing?.code).toBe(1007);
  });

  test('a client that is in the middle of a message hears it', async () => {
    const { url } = await listen();
    const peer = await connectV2(url);
    await peer.hello();
    peer.wire.send(' '.repeat(8 * 1024 * 1024));
    expect(await peer.take(code.ABORT)).toEqual(abort('a message is too large'));
    expect(await peer.closed).toEqual({ code: 1009, reason: 'wamp.error.protocol_violation' });
  });

  test('what was published before is published', async () => {
    const { router, port } = await listen();
    const heard: unknown[] = [];
    router.topic('com.t').subscribe(({ args }) => heard.push(args[0]));
    const client = await connectRaw(port, '/ws', 'wamp.2.json');
    client.write(frame(1, JSON.stringify(hello)));
    await vi.waitFor(() => expect(client.messages).toHaveLength(1));
    client.write(frame(1, JSON.stringify([code.PUBLISH, 1, {}, 'com.t', ['before']])), frame(1, Buffer.of(0xff)));
    await client.ended;
    expect(heard).toEqual(['before']);
  });
});

/** A list that holds a string of the octets C3 28. */
const notUtf8: Readonly<Record<SerializerName, Buffer>> = {
  json: Buffer.from([0x5b, 0x22, 0xc3, 0x28, 0x22, 0x5d]),
  msgpack: Buffer.from([0x91, 0xa2, 0xc3, 0x28]),
  cbor: Buffer.from([0x81, 0x62, 0xc3, 0x28]),
};
const numbers = { json: 1, msgpack: 2, cbor: 3 } as const;

// Advanced Profile, "RawSocket Transport": a peer MUST fail the connection over a message that is too long.
describe('over RawSocket', () => {
  describe.each(serializerNames)('in %s', (name) => {
    test.each([
      ['a message over the limit', rawFrame(0, Buffer.alloc(65_537)), /^a frame of 65537 octets is longer than/],
      ['the header of a message of 16 MiB', Buffer.of(8, 0, 0, 0), /^a frame of 16777216 octets is longer than/],
      ['reserved bits', rawFrame(0x10, 'x'), /^a frame uses reserved bits$/],
      ['a frame of no known type', rawFrame(3, 'x'), /^unknown frame type 3$/],
      ['a message that is not of the serializer', rawFrame(0, Buffer.of(0xc1)), /^the message cannot be read as /],
      ['text that is no UTF-8', rawFrame(0, notUtf8[name]), /^the message cannot be read as .*UTF-8/],
    ])('%s is told by ABORT before the end', async (_, octets, message) => {
      const { router, port } = await listen();
      const client = new RawSocketClient(connect(port, '127.0.0.1'));
      onTestFinished(() => void client.socket.destroy());
      const { decode, encode } = serializers[name];
      client.write(request(numbers[name]), rawFrame(0, encode(hello)));
      await vi.waitFor(() => expect(client.frames).toHaveLength(1));
      client.write(octets);
      await client.ended;
      expect(client.frames).toHaveLength(2);
      expect(decode(client.frames[1]!.payload, 8)).toEqual(abort(expect.stringMatching(message)));
      expect(router.stats().counters.bad_message).toBe(1);
      await expectNothingLeft(router);
    });
  });

  test('a client that is in the middle of a message hears it', async () => {
    const { port } = await listen();
    const client = new RawSocketClient(connect(port, '127.0.0.1'));
    onTestFinished(() => void client.socket.destroy());
    client.write(request(), rawFrame(0, Buffer.alloc(8 * 1024 * 1024)));
    await client.ended;
    expect(client.frames.map(({ payload }) => JSON.parse(payload.toString()))).toEqual([
      abort(expect.stringMatching(/^a frame of 8388608 octets/)),
    ]);
  });
});
