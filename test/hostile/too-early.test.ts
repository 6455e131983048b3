import { connect } from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { Postmaster, PostmasterOptions } from '../../src/index.ts';
import { connectRaw, frame, say } from '../support/raw-client.ts';
import { RawSocketClient, rawFrame, request } from '../support/rawsocket-client.ts';
import { expectNothingLeft, startOpenRouter, startRouter } from '../support/router.ts';
import { connectV1 } from '../support/v1-client.ts';
import { connectV2, V2Peer } from '../support/v2-client.ts';
import { connectV2RawSocket } from '../support/v2-rawsocket.ts';
import { code, createV2Router } from '../support/v2-router.ts';

const maxHelloSize = 4_096;
const limits = { maxHelloSize, closeTimeout: 100 };
const message = `a peer may send at most ${maxHelloSize} octets before it has a session`;
const abort = [code.ABORT, { message }, 'wamp.error.protocol_violation'];
const closing = { code: 1009, reason: 'wamp.error.protocol_violation' };

/** HELLO of `size` octets as JSON. */
const helloOf = (size: number, authextra: object = {}): string => {
  const build = (padding: string) => JSON.stringify([1, 'realm1', { roles: { caller: {} }, authextra, padding }]);
  return build('x'.repeat(size - build('').length));
};

const serve = async (options: Partial<PostmasterOptions> = {}, realm = {}) => {
  const router = createV2Router(realm, { ...options, limits: { ...limits, ...options.limits } });
  const { port, url } = await router.listen({ port: 0 });
  const raw = await router.listenRawSocket({ port: 0 });
  return { router, port, url, rawPort: raw.port as number };
};

const expectRefused = async (
  router: Postmaster,
  client: { readonly messages: unknown[][]; readonly closing: unknown; readonly ended: Promise<void> },
): Promise<void> => {
  await vi.waitFor(() => expect(client.closing).toEqual(closing));
  expect(client.messages).toEqual([abort]);
  await client.ended;
  expect(router.stats().counters.bad_message).toBe(1);
  await expectNothingLeft(router);
};

describe('a WAMP v2 peer that sends more than maxHelloSize before WELCOME', () => {
  test.each<[string, (send: (octets: Uint8Array) => void) => void]>([
    ['in a HELLO', (send) => send(frame(1, helloOf(maxHelloSize + 1)))],
    ['in a HELLO that it does not finish', (send) => send(frame(1, helloOf(maxHelloSize + 100)).subarray(0, -50))],
    ['in a fragment that another may follow', (send) => send(frame(1, helloOf(maxHelloSize + 20), { fin: false }))],
    [
      'in many fragments',
      (send) => {
        send(frame(1, '[1', { fin: false }));
        for (let at = 0; at < 50; at += 1) send(frame(0, ' '.repeat(100), { fin: false }));
      },
    ],
    [
      'in a HELLO octet by octet',
      (send) => {
        for (const octet of frame(1, helloOf(maxHelloSize + 20))) send(Buffer.from([octet]));
      },
    ],
  ])('%s is told so, and closed with 1009', async (_, speak) => {
    const { router, port } = await serve();
    const client = await connectRaw(port, '/ws', 'wamp.2.json');
    client.socket.setNoDelay(true);
    speak((octets) => client.socket.write(octets));
    await expectRefused(router, client);
  });

  test('in HELLO and AUTHENTICATE together is told so', async () => {
    const { router, port } = await serve(
      {},
      { anonymous: undefined, authenticators: { ticket: { joe: { ticket: 't', role: 'user' } } }, roles: { user: [] } },
    );
    const client = await connectRaw(port, '/ws', 'wamp.2.json');
    const details = { roles: { caller: {} }, authmethods: ['ticket'], authid: 'joe', padding: 'x'.repeat(3_000) };
    client.write(say([1, 'realm1', details]));
    await vi.waitFor(() => expect(client.messages).toHaveLength(1));
    expect(client.messages[0]?.[0]).toBe(code.CHALLENGE);
    client.write(say([5, 't', { padding: 'x'.repeat(3_000) }]));
    await vi.waitFor(() => expect(client.closing).toEqual(closing));
    expect(client.messages[1]).toEqual(abort);
    await client.ended;
    expect(router.stats().counters).toMatchObject({ bad_message: 1, auth_failed: 0 });
  });

  test('in what it has compressed is told so', async () => {
    const { router, url } = await serve({ compression: { threshold: 0 } });
    const peer = new V2Peer('json');
    const socket = new WebSocket(url, 'wamp.2.json', { perMessageDeflate: { threshold: 0 } });
    onTestFinished(() => socket.terminate());
    socket.on('message', (data) => peer.accept(data.toString()));
    socket.on('close', (closed, reason) => peer.end(closed, reason.toString()));
    socket.on('open', () => socket.send(helloOf(100_000)));
    expect(await peer.closed).toEqual(closing);
    expect(peer.received).toEqual([abort]);
    await expectNothingLeft(router);
  });

  test.each<[string, Buffer[]]>([
    ['by the header of a frame', [rawFrame(0, helloOf(maxHelloSize + 1)).subarray(0, 4)]],
    ['by the header of a PING', [rawFrame(1, 'x'.repeat(maxHelloSize + 1)).subarray(0, 4)]],
    ['by the sum of its frames', Array.from({ length: 5 }, () => rawFrame(1, 'x'.repeat(1_000)))],
  ])('%s, over RawSocket, is told so', async (_, frames) => {
    const { router, rawPort } = await serve();
    const client = new RawSocketClient(connect(rawPort, '127.0.0.1'));
    client.write(request(), ...frames);
    await client.ended;
    const [last] = client.frames.filter(({ type }) => type === 0);
    expect(JSON.parse(String(last?.payload))).toEqual(abort);
    expect(router.stats().counters.bad_message).toBe(1);
    await expectNothingLeft(router);
  });

  test('hears why though it goes on sending, and nothing of that is heard', async () => {
    const { router, port } = await serve();
    const client = await connectRaw(port, '/ws', 'wamp.2.json');
    client.write(frame(1, helloOf(1_000_000)), say([1, 'realm1', { roles: { caller: {} } }]), frame(8));
    await expectRefused(router, client);
  });
});

describe('a WAMP v2 peer', () => {
  test('with a HELLO of maxHelloSize gets WELCOME, in however many pieces it comes', async () => {
    const { port, rawPort } = await serve();
    const client = await connectRaw(port, '/ws', 'wamp.2.json');
    const hello = helloOf(maxHelloSize);
    // What is answered to the ping is that all before it has been read.
    client.write(frame(1, hello.slice(0, -1), { fin: false }), frame(9));
    await vi.waitFor(() => expect(client.frames.map(({ opcode }) => opcode)).toEqual([10]));
    client.write(frame(0, hello.slice(-1)));
    const raw = new RawSocketClient(connect(rawPort, '127.0.0.1'));
    raw.write(request(), rawFrame(0, helloOf(maxHelloSize)));
    await vi.waitFor(() => expect(client.messages[0]?.[0]).toBe(code.WELCOME));
    await vi.waitFor(() => expect(String(raw.frames[0]?.payload)).toMatch(/^\[2,/));
  });

  test.each(['WebSocket', 'RawSocket'])('may send messages of any size after WELCOME, over %s', async (transport) => {
    const { router, url, rawPort } = await serve();
    const peer = await (transport === 'WebSocket' ? connectV2(url) : connectV2RawSocket(rawPort));
    expect((await peer.hello())[0]).toBe(code.WELCOME);
    await peer.subscribe('com.topic');
    await peer.publish('com.topic', ['x'.repeat(100_000)], { exclude_me: false });
    expect(((await peer.take(code.EVENT))[4] as string[])[0]).toHaveLength(100_000);
    // A further session on the link is one of a peer that is known.
    peer.send(code.GOODBYE, {}, 'wamp.close.close_realm');
    await peer.take(code.GOODBYE);
    expect((await peer.hello('realm1', { padding: 'x'.repeat(maxHelloSize) }))[0]).toBe(code.WELCOME);
    expect(router.stats().counters.bad_message).toBe(0);
  });

  test('may send pings before its HELLO as many as it likes', async () => {
    const { router, port } = await serve();
    const client = await connectRaw(port, '/ws', 'wamp.2.json');
    for (let at = 0; at < 100; at += 1) client.write(frame(9, 'x'.repeat(100)));
    client.write(frame(9, 'last'));
    await vi.waitFor(() => expect(client.frames.at(-1)?.payload.toString()).toBe('last'));
    client.write(frame(1, helloOf(maxHelloSize)));
    await vi.waitFor(() => expect(client.messages[0]?.[0]).toBe(code.WELCOME));
    expect(router.stats().counters.bad_message).toBe(0);
  });
});

describe('a WAMP v1 peer', () => {
  test('that has said nothing yet is closed with 1009 for a message that is larger than maxHelloSize', async () => {
    const { port, postmaster } = await startRouter({ limits });
    const client = await connectRaw(port);
    client.write(say([2, 'id', 'urn:open', 'x'.repeat(maxHelloSize)]));
    await vi.waitFor(() => expect(client.closing).toEqual(closing));
    await client.ended;
    await expectNothingLeft(postmaster);
  });

  test('cannot buy a larger limit by what is no message', async () => {
    const { port, postmaster } = await startRouter({ limits });
    const client = await connectRaw(port);
    for (let at = 0; at < 5; at += 1) client.write(frame(1, 'x'.repeat(1_000)));
    await vi.waitFor(() => expect(client.closing).toEqual(closing));
    await client.ended;
    await expectNothingLeft(postmaster);
  });

  test('may send messages of any size behind its first, in the same octets', async () => {
    const { port, postmaster } = await startRouter({ limits });
    postmaster.registerUnauthRPC('urn:length', ({ args }) => String(args[0]).length);
    const client = await connectRaw(port);
    client.write(say([1, 'p', 'urn:']), say([2, 'id', 'p:length', 'x'.repeat(60_000)]));
    await vi.waitFor(() => expect(client.messages.at(-1)).toEqual([3, 'id', 60_000]));
    client.write(say([2, 'again', 'p:length', 'x'.repeat(60_000)]));
    await vi.waitFor(() => expect(client.messages.at(-1)).toEqual([3, 'again', 60_000]));
  });

  test('that says nothing may answer pings as long as it likes', async () => {
    const { port, postmaster } = await startRouter({ limits: { maxHelloSize: 64, pingInterval: 16 } });
    postmaster.registerUnauthRPC('urn:open', () => 'open');
    const client = await connectRaw(port);
    client.socket.on('data', () => client.write(frame(10)));
    await vi.waitFor(() => expect(client.frames.filter(({ opcode }) => opcode === 9).length).toBeGreaterThan(30), {
      timeout: 10_000,
    });
    client.write(say([2, 'id', 'urn:open']));
    await vi.waitFor(() => expect(client.messages.at(-1)).toEqual([3, 'id', 'open']));
  });

  test('of an open realm may send a message of any size at once', async () => {
    const { port, url, postmaster } = await startOpenRouter({ limits });
    const hearer = await connectV1(url);
    hearer.subscribe('urn:t');
    await hearer.barrier();
    const client = await connectRaw(port);
    client.write(say([7, 'urn:t', 'x'.repeat(100_000)]));
    expect(String((await hearer.nextEvent())[1])).toHaveLength(100_000);
    client.socket.destroy();
    await hearer.close();
    await expectNothingLeft(postmaster);
  });
});
