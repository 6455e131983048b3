/**
 * Foreign clients against a real router. Every client does everything that it can do, in every serializer and with every
 * authentication method that it has. Then every client answers the calls of every other.
 */

import { readFileSync } from 'node:fs';
import './silence.ts';
import { describe, expect, test, vi } from 'vitest';
import { connectV1 } from '../support/v1-client.ts';
import type { Feature, ForeignClient, ForeignSession, Heard, Payload } from './client.ts';
import { features, methods, nothing } from './client.ts';
import { startMatrixRouter } from './router.ts';
import { clients, renderTable } from './table.ts';

const payload: Payload = { args: [1, 'ü', { deep: [true, null] }, 2 ** 40], kwargs: { key: 'value' } };

/** Two sessions of one client. */
interface Pair {
  readonly one: ForeignSession;
  readonly other: ForeignSession;
  readonly router: Awaited<ReturnType<typeof startMatrixRouter>>;
}

const heardBy = async (
  { one, other }: Pair,
  pattern: string,
  topic: string,
  match: string,
): Promise<{ readonly heard: readonly Heard[]; readonly unsubscribe: () => Promise<unknown> }> => {
  const heard: Heard[] = [];
  const unsubscribe = await one.subscribe(pattern, (event) => heard.push(event), match);
  await other.publish(topic, payload);
  await vi.waitFor(() => expect(heard).toHaveLength(1), { interval: 2 });
  return { heard, unsubscribe };
};

const checks: Readonly<Record<Feature, (pair: Pair) => Promise<void>>> = {
  'publish and subscribe': async (pair) => {
    const { heard, unsubscribe } = await heardBy(pair, 'com.topic', 'com.topic', 'exact');
    expect(heard[0]).toMatchObject(payload);
    await unsubscribe();
    await pair.other.publish('com.topic', nothing);
    await pair.one.call('wamp.session.count', nothing);
    expect(heard).toHaveLength(1);
  },
  'prefix pattern': async (pair) => {
    const { heard } = await heardBy(pair, 'com.prefix', 'com.prefix.below', 'prefix');
    expect(heard[0]).toMatchObject({ ...payload, topic: 'com.prefix.below' });
  },
  'wildcard pattern': async (pair) => {
    const { heard } = await heardBy(pair, 'com..end', 'com.middle.end', 'wildcard');
    expect(heard[0]).toMatchObject({ ...payload, topic: 'com.middle.end' });
  },
  'call and register': async ({ one, other }) => {
    const unregister = await one.register('com.echo', async (given) => given);
    expect(await other.call('com.echo', payload)).toEqual(payload);
    await unregister();
    const failure = await other.call('com.echo', nothing).then(() => undefined, other.failureOf);
    expect(failure?.uri).toBe('wamp.error.no_such_procedure');
  },
  'progressive results': async ({ router, other }) => {
    router.postmaster.registerRPC('com.report', ({ progress }) => {
      progress([1]);
      progress([2]);
      return 3;
    });
    const parts: Payload[] = [];
    const result = await other.call('com.report', nothing, (part) => parts.push(part));
    expect(parts.map(({ args }) => args)).toEqual([[1], [2]]);
    expect(result.args).toEqual([3]);
  },
  'progressive results as callee': async ({ one, other }) => {
    await one.register('com.count', async (_, progress) => {
      progress?.({ args: [1], kwargs: {} });
      progress?.({ args: [2], kwargs: {} });
      return { args: [3], kwargs: {} };
    });
    const parts: Payload[] = [];
    const result = await other.call('com.count', nothing, (part) => parts.push(part));
    expect(parts.map(({ args }) => args)).toEqual([[1], [2]]);
    expect(result.args).toEqual([3]);
  },
  cancel: async ({ one, other }) => {
    let started = (): void => {};
    const isStarted = new Promise<void>((resolve) => {
      started = resolve;
    });
    let finish = (_: Payload): void => {};
    await one.register('com.sleep', () => {
      started();
      return new Promise<Payload>((resolve) => {
        finish = resolve;
      });
    });
    const { cancel, ended } = other.startCall('com.sleep');
    const outcome = ended.then(
      () => 'answered',
      () => 'canceled',
    );
    await isStarted;
    cancel();
    // The router has the CANCEL, and the callee the INTERRUPT, if it gets one.
    await other.call('wamp.session.count', nothing);
    await one.call('wamp.session.count', nothing);
    // In the mode `kill` a callee that takes no interrupt is left alone, and one that does may still answer.
    finish(nothing);
    expect(['answered', 'canceled']).toContain(await outcome);
    await one.register('com.after', async (given) => given);
    expect(await other.call('com.after', payload)).toEqual(payload);
  },
  'error of a procedure': async ({ one, other }) => {
    await one.register('com.fail', async () => {
      throw one.fail('com.error.empty', ['the cart', 7]);
    });
    const failure = await other.call('com.fail', nothing).then(() => undefined, other.failureOf);
    expect(failure?.uri).toBe('com.error.empty');
    if (failure?.args) expect(failure.args).toEqual(['the cart', 7]);
  },
};

const label = ({ name, serializer }: ForeignClient): string => `${name}, ${serializer}`;

describe.each(clients.map((client) => [label(client), client] as const))('%s', (_, client) => {
  test.each(methods)('with %s does what it can', async (method) => {
    const lacking = client.lacks[method];
    if (lacking !== undefined) {
      process.stdout.write(`interop: ${label(client)}, ${method}: skipped, ${lacking}\n`);
      return;
    }
    const router = await startMatrixRouter();
    const [one, other] = [await client.open(router, method), await client.open(router, method)];
    const pair: Pair = { one, other, router };
    for (const feature of features) {
      if (client.lacks[feature] === undefined && !client.needs?.[feature]) await checks[feature](pair);
    }
    await Promise.all([pair.one.close(), pair.other.close()]);
    await vi.waitFor(() => expect(router.postmaster.stats().sessions).toBe(0), { interval: 5 });
    expect(router.postmaster.stats().counters).toMatchObject({ bad_message: 0, internal_error: 0 });
  });

  test.each(features.filter((feature) => client.needs?.[feature]))(
    '%s, with the realm option for it',
    async (feature) => {
      const router = await startMatrixRouter(client.needs?.[feature]?.realm);
      const pair: Pair = {
        one: await client.open(router, 'anonymous'),
        other: await client.open(router, 'anonymous'),
        router,
      };
      await checks[feature](pair);
      await Promise.all([pair.one.close(), pair.other.close()]);
    },
  );
});

describe('every client', () => {
  test('answers the calls of every other, in whatever serializers', async () => {
    const router = await startMatrixRouter();
    const sessions = await Promise.all(clients.map((client) => client.open(router, 'anonymous')));
    for (const [at, callee] of sessions.entries()) await callee.register(`com.echo.${at}`, async (given) => given);
    for (const caller of sessions) {
      for (const at of sessions.keys()) expect(await caller.call(`com.echo.${at}`, payload)).toEqual(payload);
    }
    await Promise.all(sessions.map((session) => session.close()));
  });

  test('talks to a WAMP v1 peer', async () => {
    const router = await startMatrixRouter();
    const old = await connectV1(router.url);
    await old.authreq(null);
    await old.auth(null);
    for (const client of clients) {
      const session = await client.open(router, 'anonymous');
      const heard: Heard[] = [];
      await session.subscribe('com.both', (event) => heard.push(event));
      old.publish('com.both', { from: 'v1' });
      await vi.waitFor(() => expect(heard).toHaveLength(1), { interval: 2 });
      expect(heard[0]?.args).toEqual([{ from: 'v1' }]);
      const unregister = await session.register('com.add', async ({ args }) => ({
        args: [Number(args[0]) + Number(args[1])],
        kwargs: {},
      }));
      expect(await old.call('com.add', 2, 3)).toBe(5);
      await unregister();
      old.subscribe('com.back');
      await old.barrier();
      const event = old.nextEvent();
      await session.publish('com.back', { args: ['from v2'], kwargs: {} });
      expect(await event).toEqual(['com.back', 'from v2']);
      await session.close();
    }
    await old.close();
  });

  test('keeps its session id, however large', async () => {
    const router = await startMatrixRouter();
    for (const client of clients) {
      const session = await client.open(router, 'anonymous');
      const { args } = await session.call('wamp.session.list', nothing);
      expect((args[0] as readonly unknown[]).map(String)).toContain(session.id);
      await session.close();
      await vi.waitFor(() => expect(router.postmaster.stats().sessions).toBe(0), { interval: 5 });
    }
  });
});

test('the README has this table', () => {
  const readme = readFileSync('README.md', 'utf8');
  const [, table] = readme.match(/<!-- interop -->\n([\s\S]*?)\n<!-- \/interop -->/) ?? [];
  expect(table).toBe(renderTable());
});
