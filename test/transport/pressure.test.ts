import { describe, expect, test, vi } from 'vitest';
import type { PostmasterOptions } from '../../src/index.ts';
import { connectRaw, frame, say } from '../support/raw-client.ts';
import { expectNothingLeft, startOpenRouter } from '../support/router.ts';
import { connectV1 } from '../support/v1-client.ts';

const payload = 'x'.repeat(1000);

/** A peer that subscribes and then reads nothing any more. */
const connectSleeper = async (port: number) => {
  const sleeper = await connectRaw(port);
  sleeper.write(say([5, 'urn:t']), say([2, 'ready', 'urn:none']));
  await vi.waitFor(() => expect(sleeper.messages.at(-1)?.[1]).toBe('ready'));
  sleeper.socket.pause();
  return sleeper;
};

/** Publishes as fast as the healthy subscriber keeps up; resolves to what it heard. */
const flood = async (url: string, events: number): Promise<readonly number[]> => {
  const [publisher, healthy] = [await connectV1(url), await connectV1(url)];
  healthy.subscribe('urn:t');
  await healthy.barrier();
  const batch = 500;
  for (let from = 0; from < events; from += batch) {
    for (let at = from; at < Math.min(from + batch, events); at += 1) publisher.publish('urn:t', [at, payload]);
    await publisher.barrier();
    await healthy.barrier();
  }
  const heard = healthy.events.map(([, event]) => (event as [number, string])[0]);
  await Promise.all([publisher.close(), healthy.close()]);
  return heard;
};

describe('a subscriber that stops reading', () => {
  test('delays nobody, stays under the cap, and is closed with a reason', { timeout: 60_000 }, async () => {
    const limit = 1024 * 1024;
    const { url, port, postmaster } = await startOpenRouter({ limits: { outboxSize: limit } });
    const sleeper = await connectSleeper(port);
    const [connection] = [...postmaster.connections()];
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, connection?.pendingBytes ?? 0);
    }, 1);
    const events = 30_000;
    const heard = await flood(url, events);
    clearInterval(watch);
    expect(heard).toEqual(Array.from({ length: events }, (_, at) => at));
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(limit);
    expect(postmaster.stats().counters).toMatchObject({ outbox_overflow: 1, event_dropped: 0 });
    sleeper.socket.resume();
    await sleeper.ended;
    await expectNothingLeft(postmaster);
  });

  test('hears why it was closed, when it reads again', async () => {
    const { port, postmaster } = await startOpenRouter({ limits: { outboxSize: 100_000, closeTimeout: 30_000 } });
    const sleeper = await connectSleeper(port);
    await vi.waitFor(
      () => {
        for (let at = 0; at < 200; at += 1) postmaster.publishEvent('urn:t', payload);
        expect(postmaster.stats().counters.outbox_overflow).toBe(1);
      },
      { interval: 1, timeout: 20_000 },
    );
    expect([...postmaster.connections()]).toEqual([]);
    sleeper.socket.resume();
    await vi.waitFor(() => expect(sleeper.closing).toEqual({ code: 1008, reason: 'postmaster.close.outbox_overflow' }));
    sleeper.write(frame(8, Buffer.from([0x03, 0xe8])));
    await sleeper.ended;
    await expectNothingLeft(postmaster);
  });

  test.each(['drop-oldest', 'drop-newest'] as const)(
    'loses events and nothing else under %s',
    { timeout: 30_000 },
    async (outboxPolicy) => {
      const options: Partial<PostmasterOptions> = { outboxPolicy, limits: { outboxSize: 200_000 } };
      const { port, postmaster } = await startOpenRouter(options);
      const sleeper = await connectSleeper(port);
      let count = 0;
      await vi.waitFor(
        () => {
          for (let at = 0; at < 500; at += 1) {
            postmaster.publishEvent('urn:t', [count, payload]);
            count += 1;
          }
          expect(postmaster.stats().counters.event_dropped).toBeGreaterThan(1000);
        },
        { interval: 1, timeout: 20_000 },
      );
      sleeper.socket.resume();
      sleeper.write(say([2, 'last', 'urn:none']));
      await vi.waitFor(() => expect(sleeper.messages.at(-1)?.[1]).toBe('last'), { timeout: 10_000 });
      const heard = sleeper.messages
        .filter(([code]) => code === 8)
        .map(([, , event]) => (event as [number, string])[0]);
      expect(heard).toEqual([...heard].sort((a, b) => a - b));
      expect(heard.length + postmaster.stats().counters.event_dropped).toBe(count);
      const [connection] = [...postmaster.connections()];
      expect(heard.length + connection!.droppedEvents).toBe(count);
      expect(heard.at(-1) === count - 1).toBe(outboxPolicy === 'drop-oldest');
      expect(postmaster.stats()).toMatchObject({ connections: 1, counters: { outbox_overflow: 0 } });
      sleeper.socket.destroy();
    },
  );

  test('of replies is closed at the cap: a reply is never dropped', { timeout: 30_000 }, async () => {
    const { port, postmaster } = await startOpenRouter({
      limits: { outboxSize: 200_000 },
      outboxPolicy: 'drop-newest',
    });
    postmaster.registerRPC('urn:big', () => payload);
    const caller = await connectSleeper(port);
    const calls = Buffer.concat(Array.from({ length: 500 }, () => say([2, 'id', 'urn:big'])));
    await vi.waitFor(
      () => {
        caller.socket.write(calls);
        expect(postmaster.stats().counters.outbox_overflow).toBe(1);
      },
      { interval: 5, timeout: 20_000 },
    );
    caller.socket.destroy();
    await expectNothingLeft(postmaster);
  });
});

describe('a publisher that waits for messageToPublish', () => {
  test('is not read any further when too much piles up, and goes on in order', { timeout: 30_000 }, async () => {
    let release: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { port, postmaster } = await startOpenRouter({ messageToPublish: (_, { args }) => args[0] !== 0 || gate });
    const heard: unknown[] = [];
    postmaster.topic('urn:t').subscribe(({ args }) => heard.push(args[0]));
    const publisher = await connectRaw(port);
    const total = 40_000;
    const messages = Array.from({ length: total }, (_, at) => frame(1, `[7,"urn:t",${at}${' '.repeat(300)}]`));
    publisher.write(...messages);
    // The kernel takes what it can hold; the rest stays with the publisher, because nobody reads.
    let before = -1;
    await vi.waitFor(
      () => {
        const now = publisher.socket.writableLength;
        const isStuck = now > 0 && now === before;
        before = now;
        expect(isStuck).toBe(true);
      },
      { interval: 100, timeout: 10_000 },
    );
    expect(heard).toEqual([]);
    release();
    await vi.waitFor(() => expect(heard).toHaveLength(total), { timeout: 20_000 });
    expect(heard).toEqual(Array.from({ length: total }, (_, at) => at));
    publisher.socket.destroy();
  });
});

describe('a peer that is gone without a word', () => {
  test('is given up after unanswered pings', async () => {
    const { port, postmaster } = await startOpenRouter({
      limits: { pingInterval: 32, maxMissedPings: 2, closeTimeout: 50 },
    });
    const silent = await connectRaw(port);
    await silent.ended;
    expect(silent.frames.filter(({ opcode }) => opcode === 9).length).toBe(2);
    expect(silent.closing).toEqual({ code: 1008, reason: 'postmaster.close.ping_timeout' });
    expect(postmaster.stats().counters.ping_timeout).toBe(1);
    await expectNothingLeft(postmaster);
  });

  test('is kept as long as it answers, or says anything', async () => {
    const { url, postmaster } = await startOpenRouter({ limits: { pingInterval: 32, maxMissedPings: 2 } });
    const client = await connectV1(url);
    const start = Date.now();
    await vi.waitFor(() => expect(Date.now() - start).toBeGreaterThan(400), { interval: 20 });
    await client.barrier();
    expect(postmaster.stats().counters.ping_timeout).toBe(0);
  });

  test('in the middle of a message leaves nothing behind', async () => {
    const { port, postmaster } = await startOpenRouter();
    const client = await connectRaw(port);
    client.write(say([5, 'urn:t']), say([7, 'urn:t', 'x']).subarray(0, 9));
    await vi.waitFor(() => expect(postmaster.stats().subscriptions).toBe(1));
    client.socket.resetAndDestroy();
    await expectNothingLeft(postmaster);
  });
});
