import { connect } from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { connectRaw, frame, say } from '../support/raw-client.ts';
import { RawSocketClient, rawFrame, request } from '../support/rawsocket-client.ts';
import { expectNothingLeft, startOpenRouter, startRouter } from '../support/router.ts';
import { connectV1 } from '../support/v1-client.ts';
import { basicRoles, connectV2 } from '../support/v2-client.ts';
import { code } from '../support/v2-router.ts';
import { certificate, key } from './certificate.ts';

/** A promise and what settles it. */
const createGate = () => {
  let open: () => void = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { gate, open };
};

const pong = frame(10);

describe('a peer that answers no pings', () => {
  test('is gone after two of them, and what it had is free at once', async () => {
    const { port, url, postmaster } = await startOpenRouter({
      limits: { pingInterval: 64, maxMissedPings: 2, closeTimeout: 50 },
    });
    let aborted = false;
    postmaster.registerRPC('urn:never', ({ signal }) => {
      signal.addEventListener('abort', () => {
        aborted = true;
      });
      return new Promise(() => {});
    });
    const bystander = await connectV1(url);
    const silent = await connectRaw(port);
    silent.write(say([5, 'urn:t']), say([2, 'id', 'urn:never']));
    await vi.waitFor(() => expect(postmaster.stats()).toMatchObject({ subscriptions: 1, pendingCalls: 1 }));
    await vi.waitFor(() => expect(silent.closing).toBeDefined(), { interval: 5, timeout: 5_000 });
    expect(silent.frames.filter(({ opcode }) => opcode === 9)).toHaveLength(2);
    expect(postmaster.stats()).toMatchObject({ subscriptions: 0, pendingCalls: 0, sessions: 1 });
    expect(aborted).toBe(true);
    await silent.ended;
    await bystander.barrier();
    expect(postmaster.stats().counters.ping_timeout).toBe(1);
    await bystander.close();
    await expectNothingLeft(postmaster);
  });

  test.each(['WebSocket', 'RawSocket'])('has its registrations free after two of them: %s', async (kind) => {
    const limits = { pingInterval: 64, maxMissedPings: 2, closeTimeout: 50 };
    const { url, port, postmaster } = await startOpenRouter({ limits });
    const raw = await postmaster.listenRawSocket({ port: 0 });
    const other = await connectV2(url);
    await other.hello();
    const messages = [
      [code.HELLO, 'realm1', { roles: basicRoles }],
      [code.REGISTER, 1, {}, 'com.procedure'],
    ].map((message) => JSON.stringify(message));
    let pings = (): number => 0;
    if (kind === 'WebSocket') {
      const silent = await connectRaw(port, '/ws', 'wamp.2.json');
      onTestFinished(() => void silent.socket.destroy());
      pings = () => silent.frames.filter(({ opcode }) => opcode === 9).length;
      for (const message of messages) silent.write(frame(1, message));
    } else {
      const silent = new RawSocketClient(connect(raw.port as number, '127.0.0.1'));
      onTestFinished(() => void silent.socket.destroy());
      pings = () => silent.frames.filter(({ type }) => type === 1).length;
      silent.write(request(), ...messages.map((message) => rawFrame(0, message)));
    }
    await vi.waitFor(() => expect(postmaster.stats()).toMatchObject({ sessions: 2, registrations: 1 }), {
      interval: 2,
    });
    expect((await other.ask(code.REGISTER, {}, 'com.procedure'))[4]).toBe('wamp.error.procedure_already_exists');
    await vi.waitFor(() => expect(postmaster.stats()).toMatchObject({ sessions: 1, registrations: 0 }), {
      interval: 2,
    });
    expect(pings()).toBe(2);
    expect((await other.ask(code.REGISTER, {}, 'com.procedure'))[0]).toBe(code.REGISTERED);
    expect(postmaster.stats().counters.ping_timeout).toBe(1);
  });

  test('is kept as long as it sends anything, be it a lone pong or a part of a message', async () => {
    const { port, postmaster } = await startOpenRouter({ limits: { pingInterval: 64, maxMissedPings: 2 } });
    const [ponger, writer] = [await connectRaw(port), await connectRaw(port)];
    const long = say([7, 'urn:t', 'x'.repeat(1_000)]);
    let sent = 0;
    ponger.socket.on('data', () => ponger.socket.write(pong));
    writer.socket.on('data', () => writer.socket.write(long.subarray(sent, ++sent)));
    writer.socket.write(long.subarray(sent, ++sent));
    await vi.waitFor(() => expect(ponger.frames.filter(({ opcode }) => opcode === 9).length).toBeGreaterThan(8), {
      timeout: 10_000,
    });
    expect(postmaster.stats()).toMatchObject({ connections: 2, counters: { ping_timeout: 0 } });
    ponger.socket.destroy();
    writer.socket.destroy();
    await expectNothingLeft(postmaster);
  });

  test('is gone though it sends pings of its own: that shows nothing of whether it reads', async () => {
    const tls = { cert: certificate, key };
    const limits = { pingInterval: 64, maxMissedPings: 2, closeTimeout: 50 };
    const { port, postmaster } = await startOpenRouter({ limits });
    const secure = await postmaster.listen({ port: 0, tls });
    const raw = await postmaster.listenRawSocket({ port: 0 });
    const ping = frame(9, 'x'.repeat(100));
    const plain = await connectRaw(port);
    plain.socket.on('data', () => plain.socket.write(ping));
    const overTls = await connectRaw(secure.port, '/ws', 'wamp', { ca: certificate });
    overTls.socket.on('data', () => overTls.socket.write(ping));
    const rawSocket = new RawSocketClient(connect(raw.port as number, '127.0.0.1'));
    rawSocket.write(request());
    await vi.waitFor(() => expect(rawSocket.reply).toHaveLength(4));
    rawSocket.write(rawFrame(0, JSON.stringify([1, 'realm1', { roles: { caller: {} } }])));
    rawSocket.socket.on('data', () => rawSocket.write(rawFrame(1, 'x'.repeat(100))));
    await vi.waitFor(
      () => expect(postmaster.stats()).toMatchObject({ connections: 0, counters: { ping_timeout: 3 } }),
      {
        timeout: 10_000,
      },
    );
  });

  test('because the router itself does not read from it is not given up', { timeout: 15_000 }, async () => {
    const { gate, open } = createGate();
    const pingInterval = 64;
    const { port, url, postmaster } = await startOpenRouter({
      limits: { pingInterval, maxMissedPings: 2, closeTimeout: 50 },
      messageToPublish: (_, { args }) => args[0] !== 'first' || gate,
    });
    const witness = await connectRaw(port);
    const heard: unknown[] = [];
    const subscription = postmaster.topic('urn:t').subscribe(({ args }) => heard.push(args[0]));
    const publisher = await connectV1(url);
    publisher.publish('urn:t', 'first');
    for (let at = 0; at < 200; at += 1) publisher.publish('urn:t', at);
    // The witness answers its pings; when it has had many, the publisher has had as many.
    let pings = 0;
    witness.socket.on('data', () => {
      pings = witness.frames.filter(({ opcode }) => opcode === 9).length;
      witness.socket.write(pong);
    });
    await vi.waitFor(() => expect(pings).toBeGreaterThan(8), { timeout: 10_000 });
    open();
    await vi.waitFor(() => expect(heard).toHaveLength(201));
    await publisher.barrier();
    expect(postmaster.stats().counters.ping_timeout).toBe(0);
    await publisher.close();
    witness.socket.destroy();
    subscription.unsubscribe();
    await expectNothingLeft(postmaster);
  });
});

describe('a peer that resets its connection', () => {
  const faults: unknown[] = [];
  const note = (fault: unknown): void => {
    faults.push(fault);
  };

  test.each<[string, (port: number) => Promise<void>]>([
    [
      'in the middle of its handshake',
      async (port) => {
        const { connect } = await import('node:net');
        const socket = connect(port, '127.0.0.1');
        await new Promise((connected) => socket.once('connect', connected));
        socket.write('GET /ws HTTP/1.1\r\nUpgr', () => socket.resetAndDestroy());
        await new Promise((closed) => socket.once('close', closed));
      },
    ],
    [
      'in the middle of a header',
      async (port) => {
        const client = await connectRaw(port);
        client.socket.write(say([7, 'urn:t', 'x'.repeat(300)]).subarray(0, 3), () => client.socket.resetAndDestroy());
      },
    ],
    [
      'in the middle of a message',
      async (port) => {
        const client = await connectRaw(port);
        const message = say([7, 'urn:t', 'x'.repeat(70_000)]);
        client.socket.write(message.subarray(0, 40_000), () => client.socket.resetAndDestroy());
      },
    ],
    [
      'between two fragments',
      async (port) => {
        const client = await connectRaw(port);
        client.socket.write(frame(1, '[7,', { fin: false }), () => client.socket.resetAndDestroy());
      },
    ],
    [
      'with calls and events on their way to it',
      async (port) => {
        const client = await connectRaw(port);
        client.socket.pause();
        const calls = Array.from({ length: 200 }, (_, at) => say([2, String(at), 'urn:big']));
        client.socket.write(Buffer.concat([say([5, 'urn:t']), ...calls]), () => client.socket.resetAndDestroy());
      },
    ],
  ])('%s leaves nothing behind, and no fault unhandled', async (_, reset) => {
    process.on('uncaughtExceptionMonitor', note);
    onTestFinished(() => void process.off('uncaughtExceptionMonitor', note));
    const { port, url, postmaster } = await startOpenRouter();
    postmaster.registerRPC('urn:big', () => 'x'.repeat(20_000));
    const bystander = await connectV1(url);
    bystander.subscribe('urn:t');
    await bystander.barrier();
    await Promise.all(Array.from({ length: 20 }, () => reset(port)));
    await vi.waitFor(() => expect(postmaster.stats()).toMatchObject({ connections: 1, subscriptions: 1 }));
    postmaster.publishEvent('urn:t', 'still here');
    expect(await bystander.nextEvent()).toEqual(['urn:t', 'still here']);
    await bystander.close();
    await expectNothingLeft(postmaster);
    expect(faults).toEqual([]);
  });
});

describe('while messageToPublish is pending for one publisher', () => {
  test('its later messages wait in order, and everybody else goes on', async () => {
    const { gate, open } = createGate();
    const { url, postmaster } = await startOpenRouter({
      messageToPublish: (_, { args }) => (args[0] === 'wait' ? gate : args[0] !== 'veto'),
    });
    const order: unknown[] = [];
    postmaster.registerRPC('urn:note', ({ args }) => order.push(args[0]));
    const subscription = postmaster.topic('urn:t').subscribe(({ args }) => order.push(args[0]));
    const [waiting, other] = [await connectV1(url), await connectV1(url)];
    waiting.publish('urn:t', 'one');
    waiting.publish('urn:t', 'wait');
    const answer = waiting.call('urn:note', 'call');
    waiting.publish('urn:t', 'veto');
    waiting.subscribe('urn:t');
    waiting.publish('urn:t', 'two');
    await vi.waitFor(() => expect(order).toEqual(['one']));
    for (let at = 0; at < 10; at += 1) other.publish('urn:t', at);
    await other.barrier();
    expect(order).toEqual(['one', ...Array(10).keys()]);
    expect(waiting.received).toHaveLength(1);
    open();
    await answer;
    await waiting.barrier();
    expect(order.slice(11)).toEqual(['wait', 'call', 'two']);
    expect(waiting.events).toEqual([['urn:t', 'two']]);
    expect(postmaster.stats().counters.publish_vetoed).toBe(1);
    await Promise.all([waiting.close(), other.close()]);
    subscription.unsubscribe();
    await expectNothingLeft(postmaster);
  });

  test('its socket takes no more, and all of it arrives when the answer is there', { timeout: 30_000 }, async () => {
    const { gate, open } = createGate();
    let asked = 0;
    const { port, url, postmaster } = await startOpenRouter({
      messageToPublish: () => {
        asked += 1;
        return asked === 1 ? gate : true;
      },
    });
    let heard = 0;
    let disorders = 0;
    const subscription = postmaster.topic('urn:t').subscribe(({ args }) => {
      if ((args[0] as [number, string])[0] !== heard) disorders += 1;
      heard += 1;
    });
    const publisher = await connectRaw(port);
    const other = await connectV1(url);
    const count = 1_000;
    const filling = 'x'.repeat(64 * 1024);
    for (let at = 0; at < count; at += 1) publisher.write(say([7, 'urn:t', [at, filling]]));
    // Stuck: while somebody else is served a hundred times, not one octet more is taken.
    await vi.waitFor(
      async () => {
        const before = publisher.socket.writableLength;
        for (let at = 0; at < 100; at += 1) await other.barrier();
        expect(before).toBeGreaterThan(0);
        expect(publisher.socket.writableLength).toBe(before);
      },
      { timeout: 10_000, interval: 10 },
    );
    expect(asked).toBe(1);
    expect(publisher.socket.writableLength).toBeGreaterThan(16 * 1024 * 1024);
    open();
    await vi.waitFor(() => expect(heard).toBe(count), { timeout: 20_000 });
    expect(disorders).toBe(0);
    publisher.socket.destroy();
    await other.close();
    subscription.unsubscribe();
    await expectNothingLeft(postmaster);
  });

  test.each([10, 100, 1_000])('and it leaves, what it has published by then (%i) is delivered', async (count) => {
    const { gate, open } = createGate();
    let asked = 0;
    const { port, url, postmaster } = await startOpenRouter({
      messageToPublish: () => {
        asked += 1;
        return asked === 1 ? gate : Promise.resolve();
      },
    });
    const listener = await connectV1(url);
    listener.subscribe('urn:t');
    await listener.barrier();
    const publisher = await connectRaw(port);
    const messages = Array.from({ length: count }, (_, at) => say([7, 'urn:t', at]));
    publisher.write(...messages, say([5, 'urn:t']), frame(8, Buffer.from([0x03, 0xe8])));
    await vi.waitFor(() => expect(asked).toBe(1));
    open();
    await vi.waitFor(() => expect(listener.events).toHaveLength(count));
    expect(listener.events.map(([, event]) => event)).toEqual(Array.from({ length: count }, (_, at) => at));
    await publisher.ended;
    await listener.close();
    await expectNothingLeft(postmaster);
  });

  test('and it resets its connection, nothing of it is left when the answer comes or never does', async () => {
    const { gate, open } = createGate();
    const { port, postmaster } = await startOpenRouter({ messageToPublish: () => gate });
    const publisher = await connectRaw(port);
    publisher.write(...Array.from({ length: 10 }, (_, at) => say([7, 'urn:t', at])));
    await new Promise((flushed) => publisher.socket.write(say([5, 'urn:t']), flushed));
    publisher.socket.resetAndDestroy();
    await vi.waitFor(() => expect(postmaster.stats().connections).toBe(0));
    // But the deadline of the publication that is being decided on, if one came before the reset.
    expect(postmaster.stats()).toMatchObject({ sessions: 0, topics: 0, subscriptions: 0 });
    expect(postmaster.stats().timers).toBeLessThanOrEqual(1);
    const heard: unknown[] = [];
    postmaster.topic('urn:t').subscribe(({ args }) => heard.push(args[0]));
    open();
    await vi.waitFor(() => expect(postmaster.stats()).toMatchObject({ sessions: 0, subscriptions: 1, timers: 0 }));
    expect(heard.length).toBeLessThanOrEqual(10);
  });
});

describe('an address that fails to log in too often', () => {
  test('is refused at the door, and those who are in stay in', async () => {
    const { url, postmaster } = await startRouter({ limitLoopback: true, limits: { maxFailedAuthsPerMinute: 3 } });
    const inside = await connectV1(url);
    await inside.authenticate('alice', 'secret');
    const guesser = await connectV1(url);
    // The count begins anew with every minute of the clock, so more than three may be needed.
    await vi.waitFor(async () => {
      await guesser.authenticate('alice', 'wrong').catch(() => {});
      await expect(connectV1(url)).rejects.toThrow('429');
    });
    await inside.barrier();
    expect(postmaster.stats().counters.auth_failed).toBeGreaterThanOrEqual(3);
    expect(postmaster.stats().counters.upgrade_refused).toBe(1);
  });
});
