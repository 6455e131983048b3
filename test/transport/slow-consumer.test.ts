import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { PostmasterOptions } from '../../src/index.ts';
import type { RawClient } from '../support/raw-client.ts';
import { connectRaw, frame, say } from '../support/raw-client.ts';
import { expectNothingLeft, startOpenRouter } from '../support/router.ts';
import { connectV1 } from '../support/v1-client.ts';
import { collectGarbage } from './memory.ts';

const kilobyte = 'x'.repeat(992);

/** A peer that subscribes and then reads nothing any more. */
const connectSleeper = async (port: number): Promise<RawClient> => {
  const sleeper = await connectRaw(port);
  onTestFinished(() => void sleeper.socket.destroy());
  sleeper.write(say([5, 'urn:t']), say([2, 'ready', 'urn:none']));
  await vi.waitFor(() => expect(sleeper.messages.at(-1)?.[1]).toBe('ready'));
  sleeper.socket.pause();
  return sleeper;
};

describe('a peer that sleeps under a policy that drops events', () => {
  test.each(['drop-oldest', 'drop-newest'] as const)(
    'gets every reply, in order among the events that are left, under %s',
    { timeout: 30_000 },
    async (outboxPolicy) => {
      const options: Partial<PostmasterOptions> = {
        outboxPolicy,
        limits: { outboxSize: 200_000, maxPendingCalls: 10 },
      };
      const { port, postmaster } = await startOpenRouter(options);
      postmaster.registerRPC('urn:echo', ({ args }) => args[0]);
      const sleeper = await connectSleeper(port);
      let count = 0;
      const publish = (events: number): void => {
        for (let at = 0; at < events; at += 1) {
          postmaster.publishEvent('urn:t', [count, kilobyte]);
          count += 1;
        }
      };
      await vi.waitFor(
        () => {
          publish(500);
          expect(postmaster.stats().counters.event_dropped).toBeGreaterThan(1000);
        },
        { interval: 1, timeout: 20_000 },
      );
      // The outbox is full. What it answers now must find room all the same.
      const other = await connectRaw(port);
      const ids = Array.from({ length: 200 }, (_, at) => `c${at}`);
      for (const id of ids) {
        publish(10);
        sleeper.write(say([2, id, 'urn:echo', id]));
        // Whoever is answered now was heard after the sleeper's call, give or take a turn.
        const answers = other.messages.length;
        other.write(say([2, 'turn', 'urn:none']));
        await vi.waitFor(() => expect(other.messages.length).toBeGreaterThan(answers), { interval: 1 });
      }
      sleeper.socket.resume();
      sleeper.write(say([2, 'end', 'urn:none']));
      await vi.waitFor(() => expect(sleeper.closing ?? sleeper.messages.at(-1)?.[1]).toBe('end'), { timeout: 10_000 });
      const replies = sleeper.messages.filter(([code]) => code === 3).map(([, id]) => id);
      expect(replies).toEqual(ids);
      const events = sleeper.messages.filter(([code]) => code === 8);
      const numbers = events.map(([, , event]) => (event as [number, string])[0]);
      expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
      expect(numbers.length + postmaster.stats().counters.event_dropped).toBe(count);
      expect(postmaster.stats().counters.outbox_overflow).toBe(0);
      other.socket.destroy();
    },
  );
});

describe('a caller that reads no replies', () => {
  test('is closed at the cap, and its other calls are over', { timeout: 30_000 }, async () => {
    const { port, url, postmaster } = await startOpenRouter({ limits: { outboxSize: 500_000, closeTimeout: 100 } });
    let aborted = 0;
    postmaster.registerRPC('urn:big', () => 'x'.repeat(10_000));
    postmaster.registerRPC('urn:never', ({ signal }) => {
      signal.addEventListener('abort', () => {
        aborted += 1;
      });
      return new Promise(() => {});
    });
    const caller = await connectSleeper(port);
    const bystander = await connectV1(url);
    caller.write(say([2, 'never', 'urn:never']));
    const calls = Buffer.concat(Array.from({ length: 50 }, (_, at) => say([2, String(at), 'urn:big'])));
    await vi.waitFor(
      () => {
        caller.write(calls);
        expect(postmaster.stats().counters.outbox_overflow).toBe(1);
      },
      { interval: 2, timeout: 20_000 },
    );
    expect(aborted).toBe(1);
    expect(postmaster.stats()).toMatchObject({ pendingCalls: 0, subscriptions: 0 });
    await bystander.barrier();
    await bystander.close();
    // It does not read the close frame either: the wire is cut.
    await expectNothingLeft(postmaster);
  });
});

describe('a compressed subscriber that stops reading', () => {
  test('is closed at the cap like any other, beside one that reads', { timeout: 40_000 }, async () => {
    const limit = 1024 * 1024;
    const options = { compression: true, limits: { outboxSize: limit, closeTimeout: 200 } };
    const { url, postmaster } = await startOpenRouter(options);
    const open = async (): Promise<{ readonly socket: WebSocket; readonly heard: number[] }> => {
      const socket = new WebSocket(url, 'wamp', { perMessageDeflate: { threshold: 0 } });
      onTestFinished(() => socket.terminate());
      const heard: number[] = [];
      socket.on('message', (data) => {
        const [code, , event] = JSON.parse(data.toString()) as [number, string, [number, string]];
        if (code === 8) heard.push(event[0]);
      });
      await new Promise((opened) => socket.once('open', opened));
      expect(socket.extensions).toContain('permessage-deflate');
      socket.send('[5,"urn:t"]');
      return { socket, heard };
    };
    const [sleeper, healthy] = [await open(), await open()];
    await vi.waitFor(() => expect(postmaster.stats().subscriptions).toBe(2));
    const [connection] = [...postmaster.connections()];
    sleeper.socket.pause();
    // Texts that do not get smaller, so that the wire fills up.
    const noise = Array.from({ length: 64 }, () =>
      Array.from({ length: 4_000 }, () => Math.random().toString(36).slice(2, 12)).join(''),
    );
    let count = 0;
    let most = 0;
    while (postmaster.stats().counters.outbox_overflow === 0) {
      for (let at = 0; at < 4; at += 1) {
        postmaster.publishEvent('urn:t', [count, noise[count % noise.length]]);
        count += 1;
      }
      most = Math.max(most, connection?.pendingBytes ?? 0);
      await vi.waitFor(() => expect(healthy.heard).toHaveLength(count), { interval: 1, timeout: 10_000 });
      expect(count).toBeLessThan(4_000);
    }
    expect(most).toBeLessThanOrEqual(limit);
    expect(connection?.state).toBe('closed');
    expect(healthy.heard).toEqual(Array.from({ length: count }, (_, at) => at));
    await vi.waitFor(() => expect(postmaster.stats().connections).toBe(1));
    healthy.socket.close();
    await expectNothingLeft(postmaster);
  });

  test('cannot be made to hold a bomb: a thousand to one is cut at the limit', async () => {
    const { url, postmaster } = await startOpenRouter({ compression: true });
    const bystander = await connectV1(url);
    const socket = new WebSocket(url, 'wamp', { perMessageDeflate: { threshold: 0 } });
    onTestFinished(() => socket.terminate());
    await new Promise((opened) => socket.once('open', opened));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    const before = collectGarbage();
    const bomb = Buffer.alloc(200 * 1024 * 1024, 0x20);
    const held = collectGarbage();
    socket.send(bomb, { binary: false });
    expect(await closed).toBe(1009);
    expect(held - before).toBeGreaterThan(100);
    expect(collectGarbage() - held).toBeLessThan(60);
    await bystander.barrier();
    await bystander.close();
    await expectNothingLeft(postmaster);
  });
});

test('frames that are sent to a connection closed for overflow are not kept', async () => {
  const { port, postmaster } = await startOpenRouter({ limits: { outboxSize: 100_000, closeTimeout: 5_000 } });
  const sleeper = await connectSleeper(port);
  const [connection] = [...postmaster.connections()];
  await vi.waitFor(
    () => {
      for (let at = 0; at < 200; at += 1) postmaster.publishEvent('urn:t', kilobyte);
      expect(postmaster.stats().counters.outbox_overflow).toBe(1);
    },
    { interval: 1, timeout: 20_000 },
  );
  sleeper.write(say([5, 'urn:t']), say([2, 'id', 'urn:none']), frame(9, 'ping'));
  for (let at = 0; at < 1_000; at += 1) postmaster.publishEvent('urn:t', kilobyte);
  expect(connection?.pendingBytes).toBeLessThanOrEqual(100_000);
  sleeper.socket.resume();
  await vi.waitFor(() => expect(sleeper.closing).toEqual({ code: 1008, reason: 'postmaster.close.outbox_overflow' }));
  expect(sleeper.frames.at(-1)?.opcode).toBe(8);
  sleeper.socket.destroy();
  await expectNothingLeft(postmaster);
});

describe('a subscriber that sleeps through 100 MB of events', () => {
  /** MiB that a router that has just been busy has in its hands: up to 2.5 on Node 26, beside other work. */
  const inHand = 4;
  /** And what may wait. */
  const most = 4 + inHand;
  const run = async (policy: string, second: string): Promise<{ held: number; dropped: number; closed: number }> => {
    const args = ['--import', import.meta.resolve('tsx'), resolve('test/transport/sleeper.ts'), policy, second];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    return JSON.parse(stdout) as Awaited<ReturnType<typeof run>>;
  };

  test.each([
    ['close', 'sleeps', { dropped: 0, closed: 1 }],
    ['drop-oldest', 'sleeps', { dropped: expect.any(Number), closed: 0 }],
    ['drop-newest', 'sleeps', { dropped: expect.any(Number), closed: 0 }],
    ['close', 'reads', { dropped: 0, closed: 0 }],
  ])('leaves no more than its outbox under %s where it %s', { timeout: 60_000 }, async (policy, second, counters) => {
    const { held, ...others } = await run(policy, second);
    expect(others).toEqual(counters);
    expect(held).toBeLessThan(second === 'reads' ? inHand : most);
  });
});
